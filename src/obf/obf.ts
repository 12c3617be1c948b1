import type { ClientId } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import { createAccount, type ObfAccount } from './account.js';
import { HostedCredentials } from './hosted.js';
import { createHttp, type OnCall } from './http.js';
import { createRateLimiter } from './rate-limiter.js';
import { createTokens, TUNING, type TokenParts, type Tuning } from './token.js';

export interface ObfOptions extends Pick<TokenParts, 'redis' | 'prefix' | 'vault'> {
  /** OBF or a compatible server, without a slash at its end. */
  readonly baseUrl: string;
  /** Calls per second and client, all processes together. */
  readonly maxRps: number;
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly timeoutMs?: number;
  readonly log?: Logger;
  /** Receives each call that was sent. */
  readonly report?: OnCall;
  readonly tuning?: Partial<Tuning>;
}

export type Obf = ReturnType<typeof createObf>;

const DEFAULT_TIMEOUT_MS = 20_000;

/** Creates the client of OBF. All processes share tokens and rate through Redis. Opens nothing before the first call. */
export function createObf({ timeoutMs = DEFAULT_TIMEOUT_MS, ...options }: ObfOptions) {
  const { redis, prefix, log, report = () => undefined } = options;
  const http = createHttp({ baseUrl: options.baseUrl, timeoutMs, report, log });
  const rate = createRateLimiter(redis, prefix, options.maxRps);
  const closing = new AbortController();
  const tuning = { ...TUNING, ...options.tuning };
  const shared = { ...options, http, rate, tuning, log, closeSignal: closing.signal };
  const accountsOf = (clientId: ClientId, secret: string) => {
    const parts = { ...shared, clientId, tokens: createTokens({ ...shared, clientId, secret }) };
    return { now: createAccount(parts, false), idle: createAccount(parts, true) };
  };
  const accounts = new Map([...options.secrets].map(([id, secret]) => [id, accountsOf(id, secret)] as const));
  return {
    /**
     * Returns the account of a client; null without its API key. All processes together keep to `maxRps`.
     * @param pace `idle`: its calls leave only while no other call of this client waits
     */
    account: (clientId: ClientId, pace: 'now' | 'idle' = 'now'): ObfAccount | null =>
      accounts.get(clientId)?.[pace] ?? null,
    hosted: new HostedCredentials(new URL(options.baseUrl), http, rate),
    /** Ends the calls in flight: a write then ends as `ObfOutcomeUnknown`. Redis stays open. */
    close(): void {
      closing.abort();
      http.close();
    },
  };
}
