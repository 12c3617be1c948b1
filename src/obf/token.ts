import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientId } from '../ids.js';
import { raceAbort, type RedisConnection } from '../platform/redis.js';
import { VaultError, type Vault } from '../platform/vault.js';
import {
  errorBeforeSending,
  errorOfStatus,
  isGood,
  jsonOrNull,
  ObfNotSent,
  ObfRefused,
  ObfThrottled,
} from './errors.js';
import type { Http } from './http.js';
import type { RateLimiter } from './rate-limiter.js';
import { tokenReply } from './wire.js';

/** Times that follow from OBF's rules. Tests shorten them; nothing else should. */
export const TUNING = {
  /** OBF makes one token per client in this time. */
  tokenSpacingMs: 10_000,
  /** How long a call waits for another process' token, or until OBF makes one again. */
  tokenWaitMs: 15_000,
  tokenTimeoutMs: 10_000,
};
export type Tuning = Readonly<typeof TUNING>;

export const TOKEN_CALL = 'POST token';

/** A token; `sealed` identifies it without showing it. */
export interface Bearer {
  readonly token: string;
  readonly sealed: string;
}

export interface TokenParts {
  readonly clientId: ClientId;
  readonly secret: string;
  readonly redis: RedisConnection;
  /** Begins all keys; a hash tag in it keeps them together in a cluster. */
  readonly prefix: string;
  readonly vault: Vault;
  readonly http: Http;
  readonly rate: RateLimiter;
  readonly tuning: Tuning;
  /** Aborted when the whole client closes. */
  readonly closeSignal: AbortSignal;
}

const POLL_MS = 50;
/** How much later than its mark in Redis a token request may reach OBF. */
const TRANSIT_MS = 1000;
/** Longest wait of a token request in the rate limiter: its client's calls wait for it. */
const MAX_QUEUE_MS = 10_000;
const MAX_BYTES = 64 * 1024;
/** A token expires here this much earlier than in OBF, or a fifth of its life if that is less. */
const MARGIN_MS = 60_000;
/**
 * Always 401, whatever OBF answered (RFC 6749 has 400, OBF 403). The API key is at fault, not the call that needed the
 * token.
 */
const KEY_REFUSED = 401;

const keyOf = ({ prefix, clientId }: TokenParts, name: string): string =>
  `${prefix}:obf:{${clientId}}:${name}`;

/** Identifies an API key without showing it. */
const apiKeyMark = ({ vault, secret }: TokenParts): string => vault.fingerprint(secret, 'obf secret');

/** A token serves one API key alone, so that a wrong key is refused at once. */
const tokenKeyOf = (parts: TokenParts): string => keyOf(parts, `token:${apiKeyMark(parts)}`);

export type Tokens = ReturnType<typeof createTokens>;

/**
 * Returns the token of one client's API key, which all processes share; never `denied`, which OBF has just refused.
 * Redis stores it, sealed. The process that sets the mark `asked` requests one. The mark expires after OBF's spacing, so
 * that others can take over from a process that dies. All spans of time are on Redis' clock.
 * @throws ObfRefused, ObfThrottled, ObfNotSent: the call that needed it was not sent
 */
export function createTokens(parts: TokenParts) {
  const { clientId, tuning } = parts;
  // One request at a time in this process. No caller can abort it: OBF makes the token all the same, and the next one
  // only ten seconds later.
  let requesting: ReturnType<typeof requestInTurn> | null = null;

  return async (signal?: AbortSignal, denied?: Bearer): Promise<Bearer> => {
    const untilMs = performance.now() + tuning.tokenWaitMs;
    try {
      for (;;) {
        const bearer = await raceAbort(readToken(parts), signal);
        if (bearer !== null && bearer.sealed !== denied?.sealed) return bearer;
        requesting ??= requestInTurn(parts).finally(() => {
          requesting = null;
        });
        const wait = await raceAbort(requesting, signal);
        const leftMs = untilMs - performance.now();
        if (typeof wait === 'number' && wait > leftMs) throw new ObfThrottled(TOKEN_CALL, wait);
        if (leftMs <= 0) {
          const why = `no token of client ${clientId} within ${tuning.tokenWaitMs} ms: ${wait}`;
          throw new ObfNotSent(TOKEN_CALL, why);
        }
        await sleep(typeof wait === 'number' ? Math.min(wait, POLL_MS) : POLL_MS, undefined, { signal });
      }
    } catch (error) {
      throw errorBeforeSending(TOKEN_CALL, error, signal);
    }
  };
}

/** Null: there is none, or it cannot be opened. */
async function readToken(parts: TokenParts): Promise<Bearer | null> {
  const sealed = await parts.redis.get(tokenKeyOf(parts));
  try {
    return sealed === null ? null : { token: parts.vault.open(sealed, parts.clientId), sealed };
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** Requests a token, unless a process is doing so or did lately. Resolves with how long to wait, milliseconds. */
async function requestInTurn(parts: TokenParts): Promise<number | 'another process asks'> {
  const { clientId, redis, vault, rate, tuning, closeSignal } = parts;
  const advice = `check the API key of client ${clientId}, its client id and its secret`;
  const askedKey = keyOf(parts, 'asked');
  // A refusal of one API key does not apply to another.
  const refusedMark = `refused:${apiKeyMark(parts)}`;
  const [mark, spacedMs] = await Promise.all([redis.get(askedKey), redis.pttl(askedKey)]);
  if (mark === refusedMark) throw new ObfRefused(TOKEN_CALL, KEY_REFUSED, `refused a moment ago: ${advice}`);
  if (mark === 'asking') return 'another process asks';
  if (spacedMs > 0) return spacedMs;
  await rate.acquire(TOKEN_CALL, clientId, { signal: closeSignal, maxWaitMs: MAX_QUEUE_MS });
  const longestMs = Math.max(tuning.tokenSpacingMs, tuning.tokenTimeoutMs) + TRANSIT_MS;
  if ((await redis.set(askedKey, 'asking', 'PX', longestMs, 'NX')) === null) return 'another process asks';
  let [outcome, spacingMs] = ['done', tuning.tokenSpacingMs];
  try {
    const { token, lifeMs } = await requestToken(parts, advice);
    await redis.set(tokenKeyOf(parts), vault.seal(token, clientId), 'PX', lifeMs);
    return 0;
  } catch (error) {
    if (error instanceof ObfThrottled) spacingMs = Math.max(spacingMs, error.retryAfterMs);
    if (error instanceof ObfRefused) outcome = refusedMark;
    throw error;
  } finally {
    await redis.set(askedKey, outcome, 'PX', spacingMs);
  }
}

/** Requests a token from OBF, once. Source: OBF API v2, `POST /v2/client/oauth2/token`. @throws ObfError */
async function requestToken({ http, clientId, secret, tuning, closeSignal }: TokenParts, advice: string) {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  const request = {
    name: TOKEN_CALL,
    clientId,
    method: 'POST',
    write: false,
    secrets: [secret],
    path: '/v2/client/oauth2/token',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    maxBytes: MAX_BYTES,
    timeoutMs: tuning.tokenTimeoutMs,
  } as const;
  const reply = await http.send(request, closeSignal);
  if (!isGood(reply)) {
    const error = errorOfStatus(request, reply);
    if (error instanceof ObfThrottled || reply.status > 499) throw error;
    const message = `${error.detail}: ${advice}`;
    // OBF's refusal of a key is not always JSON; a proxy in between answers 3xx, 403 or 404.
    const isRefusal = error instanceof ObfRefused || [400, 401].includes(reply.status);
    throw isRefusal ? new ObfRefused(TOKEN_CALL, KEY_REFUSED, message) : new ObfNotSent(TOKEN_CALL, message);
  }
  const { success, data } = tokenReply.safeParse(jsonOrNull(reply.body));
  if (!success) throw new ObfNotSent(TOKEN_CALL, 'the answer holds no token that could be read');
  const ms = data.expires_in * 1000;
  const lifeMs = Math.max(1, Math.floor(ms - Math.min(MARGIN_MS, ms / 5)));
  return { token: data.access_token, lifeMs };
}
