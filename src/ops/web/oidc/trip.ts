import { z } from 'zod';
import { VaultError, type Vault } from '../../../platform/vault.js';
import { cookieOf, dropCookie, setCookie, TRIP_COOKIE } from '../http/cookies.js';
import type { Visit } from '../http/visit.js';

/** What must come back from the provider, and what opens its answer. */
export interface Trip {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

/** Somebody may have to look for their second factor. */
const TRIP_MS = 10 * 60_000;
const CONTEXT = 'ops oidc';

const form = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  endsMs: z.number(),
});

/**
 * The browser keeps it, sealed: nothing is held here for whoever only knocks. The cookie is `Lax`, as it
 * must come along when the provider sends the browser back.
 */
export function keepTrip({ req, res, services }: Visit, trip: Trip): void {
  const record: z.input<typeof form> = { ...trip, endsMs: services.clock() + TRIP_MS };
  const sealed = services.vault.seal(JSON.stringify(record), CONTEXT);
  setCookie(req, res, TRIP_COOKIE, sealed, { sameSite: 'lax', maxAgeMs: TRIP_MS });
}

/** Once: the cookie is taken back. Null without one, or with one that is too old or not ours. */
export function takeTrip({ req, res, services }: Visit): Trip | null {
  const sealed = cookieOf(req, TRIP_COOKIE);
  if (sealed === null) return null;
  dropCookie(req, res, TRIP_COOKIE);
  const { data } = form.safeParse(openJson(services.vault, sealed));
  return data === undefined || data.endsMs <= services.clock() ? null : data;
}

function openJson(vault: Vault, sealed: string): unknown {
  try {
    return JSON.parse(vault.open(sealed, CONTEXT));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}
