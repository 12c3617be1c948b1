import type { ClientId } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import { createAccount, type ObfAccount } from './account.js';
import { HostedCredentials } from './hosted.js';
import { createHttp, type OnCall } from './http.js';
import { createRateLimiter } from './rate-limiter.js';
import { createTokens, TUNING, type TokenParts, type Tuning } from './token.js';

export interface ObfOptions extends Pick<TokenParts, 'redis' | 'prefix' | 'vault'> {
  /** Of OBF or a compatible server, without a slash at its end. */
  readonly baseUrl: string;
  /** Calls per second and client, all processes together. */
  readonly maxRps: number;
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly timeoutMs?: number;
  readonly log?: Logger;
  /** Receives each call that left. */
  readonly report?: OnCall;
  readonly tuning?: Partial<Tuning>;
}

export type Obf = ReturnType<typeof createObf>;

const DEFAULT_TIMEOUT_MS = 20_000;

/** OBF, as all processes together may call it. Opens nothing until the first call; reads no clock of its own. */
export function createObf({ timeoutMs = DEFAULT_TIMEOUT_MS, ...options }: ObfOptions) {
  const { redis, prefix, log, report = () => undefined } = options;
  const http = createHttp({ baseUrl: options.baseUrl, timeoutMs, report, log });
  const rate = createRateLimiter(redis, prefix, options.maxRps);
  const life = new AbortController();
  const tuning = { ...TUNING, ...options.tuning };
  const shared = { ...options, http, rate, tuning, log, life: life.signal };
  const accountsOf = (clientId: ClientId, secret: string) => {
    const parts = { ...shared, clientId, tokens: createTokens({ ...shared, clientId, secret }) };
    return { now: createAccount(parts, false), idle: createAccount(parts, true) };
  };
  const accounts = new Map([...options.secrets].map(([id, secret]) => [id, accountsOf(id, secret)] as const));
  return {
    /**
     * The account of a client; null: we hold no API key for it. Every call keeps to `maxRps` with all processes together.
     * @param pace `idle`: its calls leave only while no other call of this client waits
     */
    account: (clientId: ClientId, pace: 'now' | 'idle' = 'now'): ObfAccount | null =>
      accounts.get(clientId)?.[pace] ?? null,
    hosted: new HostedCredentials(new URL(options.baseUrl), http, rate),
    /** Ends the calls under way: a write then ends as `ObfOutcomeUnknown`. Redis stays open. */
    close(): void {
      life.abort();
      http.close();
    },
  };
}
