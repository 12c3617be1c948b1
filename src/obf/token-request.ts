import type { Clock } from '../platform/clock.js';
import type { ClientId } from '../ids.js';
import { errorOfFailure, errorOfStatus, type CallFacts } from './certainty.js';
import { ObfNotSent, ObfRefused, ObfThrottled, type ObfError } from './errors.js';
import { HttpFailure, type Http, type HttpReply } from './http.js';
import { reported, type Report } from './report.js';
import type { Outcome } from './token-store.js';
import type { Tuning } from './tuning.js';
import { tokenReply } from './wire.js';

export const TOKEN_CALL = 'POST token';
const MAX_BYTES = 64 * 1024;
/** A token is given up so much before OBF does, or a fifth of its life if that is less. */
const MARGIN_MS = 60_000;

export const tokenAdvice = (clientId: ClientId): string =>
  `check the API key of client ${clientId}, its client id and its secret`;

/**
 * Always 401, whatever OBF said (RFC 6749 has 400, OBF 403): it is about us, and must not pass for
 * something wrong with the call that needed the token.
 */
const KEY_REFUSED = 401;

/** For those who were not told by OBF itself. */
export const refusedBefore = (clientId: ClientId): ObfRefused =>
  new ObfRefused(TOKEN_CALL, KEY_REFUSED, `refused a moment ago: ${tokenAdvice(clientId)}`);

const keyRefused = ({ message }: ObfRefused): ObfRefused =>
  new ObfRefused(TOKEN_CALL, KEY_REFUSED, message.replace(`OBF ${TOKEN_CALL}: `, ''));

export interface Asked {
  readonly outcome: Outcome;
  /** What the callers that wait are told; null: there is a token. */
  readonly error: ObfError | null;
}

export type AskToken = (signal: AbortSignal) => Promise<Asked>;

interface Parts {
  readonly http: Http;
  /** Of the API, without a slash at its end. */
  readonly apiPath: string;
  readonly clientId: ClientId;
  readonly secret: string;
  readonly clock: Clock;
  readonly tuning: Tuning;
  readonly report: Report;
}

/** Asks OBF for a token, once. Source: OBF API v2, `POST /v2/client/oauth2/token`. */
export function createAskToken(parts: Parts): AskToken {
  const { http, apiPath, clientId, secret, tuning, report } = parts;
  const hidden = [secret];
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
  }).toString();
  const request = {
    method: 'POST',
    path: `${apiPath}/v2/client/oauth2/token`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body,
    maxBytes: MAX_BYTES,
    timeoutMs: tuning.tokenTimeoutMs,
    hidden,
  } as const;
  const facts: CallFacts = { name: TOKEN_CALL, write: false, hidden, advice: tokenAdvice(clientId) };
  return async (signal) => {
    try {
      const send = (): Promise<HttpReply> => http.send(request, signal);
      return asked(facts, await reported(report, { clientId, route: TOKEN_CALL }, send), parts);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const outcome = { kind: 'failed', spacingMs: tuning.tokenSpacingMs } as const;
      return { outcome, error: errorOfFailure(facts, error) };
    }
  };
}

function asked(facts: CallFacts, reply: HttpReply, { clock, tuning }: Parts): Asked {
  const spacingMs = tuning.tokenSpacingMs;
  if (reply.status >= 200 && reply.status < 300) {
    const outcome = tokenOf(reply.body, spacingMs);
    if (outcome !== null) return { outcome, error: null };
    const error = new ObfNotSent(TOKEN_CALL, 'the answer holds no token that could be read');
    return { outcome: { kind: 'failed', spacingMs }, error };
  }
  const error = errorOfStatus(facts, reply, clock());
  if (error instanceof ObfRefused)
    return { outcome: { kind: 'refused', spacingMs }, error: keyRefused(error) };
  const wait = error instanceof ObfThrottled ? Math.max(spacingMs, error.retryAfterMs) : spacingMs;
  return { outcome: { kind: 'failed', spacingMs: wait }, error };
}

function tokenOf(body: string, spacingMs: number): Outcome | null {
  const read = tokenReply.safeParse(jsonOrNull(body));
  if (!read.success) return null;
  const lifeMs = read.data.expires_in * 1000;
  const ttlMs = Math.max(1, Math.floor(lifeMs - Math.min(MARGIN_MS, lifeMs / 5)));
  return { kind: 'token', token: read.data.access_token, ttlMs, spacingMs };
}

function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
