import type { Telemetry } from 'bullmq';
import type { Config, ConfigFault } from '../config.js';
import { createPartnerActivity } from '../earners/partner-activity.js';
import { createEarnerStore } from '../earners/store.js';
import { asClientId, type ClientId, type EarnerKey } from '../ids.js';
import { ISSUING_PACE, openIssuing, type CrashPoint } from '../issuing/parts.js';
import { createJournal } from '../journal/journal.js';
import type { CallReport, OnCall } from '../obf/http.js';
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

/** The times of the pipeline, milliseconds, and the sizes of its batches. */
export const PACE = {
  ...ISSUING_PACE,
  /** The greatest age of the Région's account copy at which ingesting a notice does not refresh it. */
  mirrorMaxAgeMs: 15_000,
  /** How long a job stays locked by a process that no longer renews the lock. */
  lockMs: 30_000,
  /** The first wait before an event that OBF shows incompletely is read again. */
  lookAgainMs: 2000,
  /** How long a page waits for a replay: one that ends by then is reported at once, a longer one by its progress. */
  replayWaitMs: 1000,
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
  /** For tests; by default Redis' time. */
  readonly clock?: Clock;
  readonly pace?: Partial<Pace>;
  /** For tests: OBF's spacing of tokens. */
  readonly tuning?: Partial<Tuning>;
  readonly onCrashPoint?: (point: CrashPoint) => void;
  /** Traces the queues' jobs; null: no tracing. */
  readonly telemetry?: Telemetry | null;
  /** For commands that only read: opening the queues writes nothing to Redis. */
  readonly readOnly?: boolean;
  /** Mails the link to an earner's own page; resolves to false when no address is stored. */
  readonly sendLink?: ((earner: EarnerKey) => Promise<boolean>) | null;
  /** By default one is created from the configuration. */
  readonly vault?: Vault;
  /** The prefixes of BullMQ's keys and of ours; tests have their own. */
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/**
 * Pure. Reads the active partners' API keys from the environment.
 * @returns `faults`: the variables that partners.yaml names and that are not set
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

/** Everything that reads and writes Redis and OBF. */
export type Stores = ReturnType<typeof openStores>;

/** Opens the stores over one Redis connection, which the caller closes. */
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
  const onCrashPoint = options.onCrashPoint ?? ((): void => undefined);
  const events = createEventIndex(redis, prefix);
  const base = { redis, prefix, log, pace, clock, now, meter, regionAccount, earners, journal, events };
  return {
    ...base,
    ...openIssuing({ ...base, replicas, onCrashPoint }),
    region,
    vault,
    replicas,
    onCrashPoint,
    /** The scheme that this process was started with; decisions use the one in `schemes`. */
    scheme,
    schemes: createSchemes({ redis, prefix, vault, now }, scheme),
    obf,
    readProblems: createReadProblems(redis, prefix),
    partnerActivity: createPartnerActivity(redis, prefix),
    population: createPopulationStore(redis, prefix),
    queues: openQueues((name) =>
      openQueue(name, redis, log, prefixes.queues, telemetry, options.readOnly !== true),
    ),
    telemetry,
    /** Null: this process has no mail server. */
    sendLink: options.sendLink ?? null,
  };
}

/**
 * Counts OBF calls by role, route and status. Only token calls have the client as a label, since they show a wrong API
 * key. On every call, a label for each partner would be many series.
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

/** Returns `2xx` to `5xx`; `429` apart, as OBF only asks to wait; `none` without a whole response. */
function classOf(status: CallReport['status']): string {
  if (status === null) return 'none';
  return status === 429 ? '429' : `${Math.floor(status / 100)}xx`;
}

/** Any other 4xx may refuse the API key: see `requestToken`. */
function tokenOutcomeOf(status: CallReport['status']): 'given' | 'refused' | 'failed' {
  if (status === null || status === 429 || status === 408 || status >= 500) return 'failed';
  return status < 300 ? 'given' : 'refused';
}
