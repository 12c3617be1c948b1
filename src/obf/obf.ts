import type { ClientId } from '../ids.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { createAccount } from './account.js';
import { createCaller } from './call.js';
import { createHosted, type HostedCredentials } from './hosted.js';
import { createHttp, type Http } from './http.js';
import { createRate, type Rate } from './rate.js';
import { nobody, type Report } from './report.js';
import { createAskToken } from './token-request.js';
import { TokenStore } from './token-store.js';
import { createTokens } from './token.js';
import { TUNING, type Tuning } from './tuning.js';
import type { ObfAccount, ObfAccounts } from './types.js';

export interface ObfOptions {
  /** Of OBF or a compatible server, without a slash at its end. */
  readonly baseUrl: string;
  /** Calls per second and client, all processes together. */
  readonly maxRps: number;
  readonly redis: RedisConnection;
  /** Of all keys; a hash tag in it keeps them together in a cluster. */
  readonly prefix: string;
  /** Seals the tokens. */
  readonly vault: Vault;
  /** The API keys that we hold. */
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly clock: Clock;
  /** For one whole call, default 20 s. */
  readonly timeoutMs?: number;
  readonly log?: Logger;
  /** Told of each call that left. */
  readonly report?: Report;
  /** For tests. */
  readonly tuning?: Partial<Tuning>;
}

export interface Obf {
  readonly account: ObfAccounts;
  readonly hosted: HostedCredentials;
  /** Gives up what is under way: a write that is, ends as `ObfOutcomeUnknown`. Redis stays open. */
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 20_000;

/** Opens nothing until the first call. */
export function createObf(options: ObfOptions): Obf {
  const base = new URL(options.baseUrl);
  const http = createHttp(base.origin, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const rate = createRate(options.redis, options.prefix, options.maxRps);
  const life = new AbortController();
  const report = options.report ?? nobody;
  const apiPath = base.pathname.replace(/\/+$/, '');
  const parts: Parts = { options, http, rate, apiPath, life: life.signal, report };
  const accounts = new Map<ClientId, ObfAccount>();
  return {
    account: (clientId) => {
      const secret = options.secrets.get(clientId);
      if (secret === undefined) return null;
      const account = accounts.get(clientId) ?? openAccount(parts, clientId, secret);
      accounts.set(clientId, account);
      return account;
    },
    hosted: createHosted({ base, http, rate, clock: options.clock, report }),
    close: () => {
      life.abort();
      http.close();
    },
  };
}

interface Parts {
  readonly options: ObfOptions;
  readonly http: Http;
  readonly rate: Rate;
  readonly apiPath: string;
  readonly life: AbortSignal;
  readonly report: Report;
}

function openAccount(parts: Parts, clientId: ClientId, secret: string): ObfAccount {
  const { http, rate, apiPath, life, options, report } = parts;
  const { redis, prefix, vault, clock, log } = options;
  const tuning = { ...TUNING, ...options.tuning };
  const store = new TokenStore(redis, vault, clientId, prefix, vault.fingerprint(secret, 'obf secret'));
  const ask = createAskToken({ http, apiPath, clientId, secret, clock, tuning, report });
  const tokens = createTokens({ clientId, store, ask, rate, tuning, life });
  const callerTaking = (take: Rate['take']) =>
    createCaller({ clientId, http, apiPath, tokens, take, rate, clock, log, report });
  return createAccount(clientId, {
    now: callerTaking((call, line, signal) => rate.take(call, line, signal)),
    background: callerTaking((call, line, signal) => rate.takeIdle(call, line, signal)),
  });
}
