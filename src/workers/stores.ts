import type { Telemetry } from 'bullmq';
import type { Config, ConfigFault } from '../config.js';
import { createPartnerActivity } from '../earners/partner-activity.js';
import { createEarnerStore } from '../earners/store.js';
import { asClientId, type ClientId, type EarnerKey } from '../ids.js';
import { ISSUING_PACE, openIssuing, type CrashPoint } from '../issuing/parts.js';
import { createJournal } from '../journal/journal.js';
import type { CallMade, OnCall } from '../obf/http.js';
import { createObf } from '../obf/obf.js';
import { createEventIndex, createReadProblems } from '../obf/read-state.js';
import { TOKEN_CALL, type Tuning } from '../obf/token.js';
import { systemClock, type Clock, createRedisClock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { createMeter, type Meter } from '../platform/meter.js';
import type { RedisConnection } from '../platform/redis.js';
import { createReplicationBarrier } from '../platform/replication.js';
import { createVault, type Vault } from '../platform/vault.js';
import { openQueue, openQueues } from '../queue/enqueue.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../queue/jobs.js';
import type { Scheme } from '../rules/types.js';
import { createPopulationStore } from '../scheme/population.js';
import { createSchemes } from '../scheme/schemes.js';

/** The times that the pipeline keeps, milliseconds. */
export const PACE = {
  ...ISSUING_PACE,
  /** How old the copy of the Région's account may be when a notice is read. */
  mirrorMaxAgeMs: 15_000,
  /** How long a job stays with a process that no longer says that it is alive. */
  lockMs: 30_000,
  /** How soon an event that OBF shows in part is looked at again, at first. */
  lookAgainMs: 2000,
};
export type Pace = Readonly<typeof PACE>;

export interface PipelineOptions {
  readonly config: Pick<
    Config,
    'obfBaseUrl' | 'obfClientId' | 'obfClientSecret' | 'obfMaxRps' | 'palierKey'
  > &
    Partial<Pick<Config, 'palierKeyOld'>>;
  readonly scheme: Scheme;
  /** The partners' API keys. */
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly redis: RedisConnection;
  readonly log: Logger;
  /** For tests. The default is Redis' time. */
  readonly clock?: Clock;
  readonly pace?: Partial<Pace>;
  /** For tests: OBF's spacing of tokens. */
  readonly tuning?: Partial<Tuning>;
  readonly reached?: (point: CrashPoint) => void;
  /** Of the queues; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** Opening the queues writes nothing into Redis: for a command that may only read. */
  readonly leavesNoMark?: boolean;
  /** Sends somebody the link to their own page; resolves with whether anybody is known there. */
  readonly sendLink?: ((earner: EarnerKey) => Promise<boolean>) | null;
  /** That of the process, where it has one already. */
  readonly vault?: Vault;
  /** Of BullMQ's keys, and of ours; tests have their own. */
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/**
 * The API keys of the partners that take part. Pure: the environment is handed in.
 * @returns `faults`: variables that partners.yaml names and that are not set, each by its name
 */
export function partnerKeys(scheme: Scheme, env: Readonly<Record<string, string | undefined>>) {
  const secrets = new Map<ClientId, string>();
  const faults: ConfigFault[] = [];
  for (const { clientId, name, secretEnv, active } of scheme.partners) {
    if (secretEnv === null || !active) continue;
    const secret = env[secretEnv]?.trim() ?? '';
    if (secret !== '') secrets.set(clientId, secret);
    else
      faults.push({
        variable: secretEnv,
        fr: `la variable manque : partners.yaml la nomme pour « ${name} » (la clé d'API de l'organisme, ou retirez secret_env)`,
        en: `is not set: partners.yaml names it for "${name}" (the partner's API key; or remove secret_env)`,
      });
  }
  return { secrets, faults };
}

/** All that is stored, in Redis and in OBF, and what it is read and written with. */
export type Stores = ReturnType<typeof openStores>;

/** Opens everything over one Redis connection, which stays the caller's. */
export function openStores(options: PipelineOptions) {
  const { scheme, redis, log, config, telemetry = null, clock: fixed = systemClock } = options;
  const { prefixes = { queues: DEFAULT_PREFIX, data: DATA_PREFIX } } = options;
  const prefix = prefixes.data;
  const pace: Pace = { ...PACE, ...options.pace };
  /** The Région's own OBF client. */
  const region = asClientId(config.obfClientId);
  const vault = options.vault ?? createVault(config.palierKey, config.palierKeyOld);
  const { clock, now } =
    fixed === systemClock ? createRedisClock(redis, prefix) : { clock: fixed, now: async () => fixed() };
  const meter = createMeter(redis, prefix, clock);
  const obf = createObf({
    redis,
    prefix,
    vault,
    log,
    report: countCalls(meter, region),
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([...options.secrets, [region, config.obfClientSecret]]),
    tuning: options.tuning ?? {},
  });
  const regionAccount = obf.account(region);
  if (regionAccount === null) throw new Error("The Région's own client has no account");
  const earners = createEarnerStore(redis, prefix, vault);
  const journal = createJournal({ redis, prefix, earners, vault, timeZone: scheme.timeZone });
  const replicas = createReplicationBarrier(redis, pace.settleMs);
  const reached = options.reached ?? ((): void => undefined);
  const events = createEventIndex(redis, prefix);
  const base = { redis, prefix, log, pace, clock, now, meter, regionAccount, earners, journal, events };
  return {
    ...base,
    ...openIssuing({ ...base, replicas, reached }),
    region,
    vault,
    replicas,
    reached,
    /** What this process was started with; deciding asks `schemes`. */
    scheme,
    /** Which rules hold. */
    schemes: createSchemes({ redis, prefix, vault, now }, scheme),
    obf,
    accounts: obf.account,
    hosted: obf.hosted,
    readProblems: createReadProblems(redis, prefix),
    /** When each partner issued last; badges and clients that count for nobody. */
    news: createPartnerActivity(redis, prefix),
    /** What was counted of everybody at night. */
    population: createPopulationStore(redis, prefix),
    queues: openQueues((name) =>
      openQueue(name, redis, log, prefixes.queues, telemetry, options.leavesNoMark !== true),
    ),
    telemetry,
    /** Null: this process has no mail server. */
    sendLink: options.sendLink ?? null,
  };
}

/**
 * Counts the calls of OBF. The client is named for tokens alone: that is where a wrong API key shows, and there are as
 * many clients as partners with a key.
 */
const countCalls =
  (meter: Meter, region: ClientId): OnCall =>
  ({ clientId, route, status, durationMs }) => {
    const role = clientId === null ? 'public' : clientId === region ? 'region' : 'partner';
    meter.count('palier_obf_calls_total', { role, route, status: classOf(status) });
    meter.time('palier_obf_call_duration_seconds', { role, route }, durationMs);
    if (route === TOKEN_CALL && clientId !== null)
      meter.count('palier_token_requests_total', { client: clientId, outcome: tokenOutcomeOf(status) });
  };

/** `2xx` to `5xx`; 429 for itself, since OBF then only asks to wait; `none`: no whole answer came. */
function classOf(status: CallMade['status']): string {
  if (status === null) return 'none';
  return status === 429 ? '429' : `${Math.floor(status / 100)}xx`;
}

/** OBF says no to a wrong API key with one of several statuses: see `requestToken`. */
function tokenOutcomeOf(status: CallMade['status']): 'given' | 'refused' | 'failed' {
  if (status === null || status === 429 || status === 408 || status >= 500) return 'failed';
  return status < 300 ? 'given' : 'refused';
}
