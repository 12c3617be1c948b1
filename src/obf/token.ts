import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { ClientId } from '../ids.js';
import { orAbort, pause } from './abort.js';
import { errorBeforeSending } from './certainty.js';
import { ObfNotSent, ObfThrottled } from './errors.js';
import type { Rate } from './rate.js';
import { refusedBefore, TOKEN_CALL, type AskToken } from './token-request.js';
import type { Bearer, Claim, TokenStore } from './token-store.js';
import type { Tuning } from './tuning.js';

/** The token of one client, shared by all processes. */
export interface Tokens {
  /** @throws ObfRefused, ObfThrottled, ObfNotSent: the call that needed it was not sent */
  current(signal?: AbortSignal): Promise<Bearer>;
  /** Another one than `denied`, with which OBF has just answered 403: it may have been renewed already. */
  insteadOf(denied: Bearer, signal?: AbortSignal): Promise<Bearer>;
}

export interface TokenParts {
  readonly clientId: ClientId;
  readonly store: TokenStore;
  readonly ask: AskToken;
  readonly rate: Rate;
  readonly tuning: Tuning;
  /** Aborted when the whole client closes. */
  readonly life: AbortSignal;
}

/** How often the token of another process is looked for. */
const POLL_MS = 50;
/** The ten seconds may have begun with a token that came just after we looked for it. */
const SPACED_POLL_MS = 100;
/** A request may reach OBF so much later than we said that we ask. */
const ON_ITS_WAY_MS = 1000;
/** A token stands in the line of its client's calls, but not for long: those wait for it. */
const MAX_LINE_MS = 10_000;

export function createTokens(parts: TokenParts): Tokens {
  // One claim at a time in this process. It belongs to no caller: when the one that began it gives up,
  // OBF has made the token all the same, and the next may only be asked for in ten seconds.
  let claiming: Promise<Claim> | null = null;
  const claim = (): Promise<Claim> =>
    (claiming ??= claimAndAsk(parts).finally(() => {
      claiming = null;
    }));

  const obtain = async (denied: string | null, signal?: AbortSignal): Promise<Bearer> => {
    const limit = performance.now() + parts.tuning.tokenWaitMs;
    for (;;) {
      const bearer = await orAbort(parts.store.read(), signal);
      if (bearer !== null && bearer.sealed !== denied) return bearer;
      const claimed = await orAbort(claim(), signal);
      if (claimed.kind !== 'go') await waitFor(claimed, parts, limit - performance.now(), signal);
    }
  };
  return {
    current: (signal) => typed(obtain(null, signal)),
    insteadOf: (denied, signal) => typed(obtain(denied.sealed, signal)),
  };
}

async function typed(bearer: Promise<Bearer>): Promise<Bearer> {
  try {
    return await bearer;
  } catch (error) {
    throw errorBeforeSending(TOKEN_CALL, error);
  }
}

async function waitFor(
  claim: Exclude<Claim, { kind: 'go' }>,
  { clientId, tuning }: TokenParts,
  leftMs: number,
  signal?: AbortSignal,
): Promise<void> {
  if (claim.kind === 'refused') throw refusedBefore(clientId);
  if (claim.kind === 'spaced' && claim.waitMs > leftMs) throw new ObfThrottled(TOKEN_CALL, claim.waitMs);
  if (leftMs <= 0)
    throw new ObfNotSent(
      TOKEN_CALL,
      `no token of client ${clientId} within ${tuning.tokenWaitMs} ms, another process is asking for it`,
    );
  await pause(claim.kind === 'held' ? POLL_MS : Math.min(claim.waitMs + 1, SPACED_POLL_MS), signal);
}

/** Asks OBF for a token if it is this process' turn. Resolves when the store has it. */
async function claimAndAsk(parts: TokenParts): Promise<Claim> {
  const { store, tuning, life } = parts;
  const owner = randomUUID();
  const claim = await store.claim(owner, MAX_LINE_MS + tuning.tokenTimeoutMs + ON_ITS_WAY_MS);
  if (claim.kind !== 'go') return claim;
  if (!(await mayAsk(parts, owner))) return { kind: 'held', waitMs: 0 };
  const { outcome, error } = await parts.ask(life);
  await store.finish(owner, outcome);
  if (error !== null) throw error;
  return claim;
}

/** Waits for its place in the line; the ten seconds are begun before OBF is asked, so that a crash keeps to them. */
async function mayAsk({ clientId, store, rate, tuning, life }: TokenParts, owner: string): Promise<boolean> {
  try {
    await rate.take(TOKEN_CALL, clientId, life, MAX_LINE_MS);
    return await store.asking(owner, tuning.tokenSpacingMs + ON_ITS_WAY_MS);
  } catch (error) {
    await store.finish(owner, { kind: 'not_asked' });
    throw error;
  }
}
