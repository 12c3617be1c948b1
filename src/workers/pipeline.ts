import type { Telemetry } from 'bullmq';
import type { Config } from '../config.js';
import { createPartnerActivity } from '../earners/partner-activity.js';
import type { WrittenAssertion } from '../earners/assertions.js';
import { createEarnerStore } from '../earners/store.js';
import { createUnenrolledBadges } from '../earners/unenrolled-badges.js';
import { asClientId, type ClientId, type EarnerKey } from '../ids.js';
import { createBatches } from '../issuing/batches.js';
import { createHolds, type HoldPace } from '../issuing/hold.js';
import { createLedger } from '../issuing/ledger.js';
import { createOutbox, type GatherPace } from '../issuing/outbox.js';
import { createQuota, QUOTA_LIMITS, type QuotaLimits } from '../issuing/quota.js';
import { createRedisIncarnation } from '../issuing/redis-incarnation.js';
import { createRegionAccountSync, REGION_READ } from './ingest/region-account-sync.js';
import { createReviewFlags } from '../issuing/review-flags.js';
import type { CrashPoint } from '../issuing/types.js';
import { createJournal } from '../journal/journal.js';
import { createEventIndex, createReadProblems } from '../obf/read-state.js';
import { createObf, type Obf } from '../obf/obf.js';
import type { Tuning } from '../obf/token.js';
import type { ObfAccount } from '../obf/types.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { createMeter } from '../platform/meter.js';
import { createRedisClock, type RedisClock, type RedisTime } from '../platform/redis-clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { createReplicationBarrier } from '../platform/replication.js';
import { createVault, type Vault } from '../platform/vault.js';
import { enqueueEarners } from '../queue/enqueue-earners.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../queue/jobs.js';
import { openQueue, openQueues } from '../queue/enqueue.js';
import type { Scheme } from '../rules/types.js';
import { createPopulationStore } from '../scheme/population.js';
import { createSchemes } from '../scheme/schemes.js';
import { countCalls } from './count-calls.js';
import { createEventReading } from './ingest/event-reading.js';
import { createVerified } from './ingest/store-credential.js';
import { storeEvent } from './ingest/store-event.js';

/** The times that the pipeline keeps, and the size of what leaves at once. */
export interface Pace extends GatherPace, HoldPace {
  /** How long one issue call may take in all, milliseconds. */
  readonly sendWithinMs: number;
  /** How long after a call of unknown outcome OBF is believed, milliseconds; above `sendWithinMs`. */
  readonly settleMs: number;
  /** How old the copy of the Région's account may be when a notice is read, milliseconds. */
  readonly mirrorMaxAgeMs: number;
  /** How long a job stays with a process that no longer says that it is alive, milliseconds. */
  readonly lockMs: number;
  /** How soon an event that OBF shows in part is looked at again, at first, milliseconds. */
  readonly lookAgainMs: number;
  readonly quota: QuotaLimits;
}

export const PACE: Pace = {
  quietMs: 100,
  gatherMs: 10_000,
  batchMax: 500,
  sendWithinMs: 20_000,
  settleMs: 30_000,
  mirrorMaxAgeMs: 15_000,
  lockMs: 30_000,
  lookAgainMs: 2000,
  quota: QUOTA_LIMITS,
  holdFirstMs: 5 * 60_000,
  holdMaxMs: 3_600_000,
};

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
  /** Another than the system's is for tests. The system's, and none, is Redis' time. */
  readonly clock?: Clock;
  readonly pace?: Partial<Pace>;
  /** For tests: OBF's spacing of tokens. */
  readonly tuning?: Partial<Tuning>;
  /** Called at the named points of the story; for fault tests. */
  readonly reached?: (point: CrashPoint) => void;
  /** Of the queues; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** Sends somebody the link to their own page; resolves with whether anybody is known there. */
  readonly sendLink?: (earner: EarnerKey) => Promise<boolean>;
  /** That of the process, where it has one already. */
  readonly vault?: Vault;
  /** Of BullMQ's keys, and of ours; tests have their own. */
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** All that the jobs work with. */
export type Pipeline = ReturnType<typeof wirePipeline>['pipeline'];

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(options: PipelineOptions) {
  const { scheme, redis, log, telemetry = null } = options;
  const { data: prefix } = options.prefixes ?? DEFAULT_PREFIXES;
  const base = openBase(options);
  const obf = openObf(options, base);
  const regionAccount = obf.account(base.region);
  if (regionAccount === null) throw new Error("The Région's own client has no account");
  const storing = { ...openStores(options, base), regionAccount };
  const { earners, journal, events } = storing;
  const { clock, now, region, replicas, queues, pace } = base;
  const pipeline = {
    ...storing,
    /** What this process was started with; deciding asks `schemes`. */
    scheme,
    accounts: obf.account,
    hosted: obf.hosted,
    /** Of the events that notices tell of. */
    reading: createEventReading({ events, clock, log }),
    verified: createVerified(redis, prefix),
    regionSync: openRegionSync(options, storing, now),
    ledger: createLedger({ earners, journal, clock }),
    flags: createReviewFlags({ redis, prefix, earners, journal }),
    outbox: createOutbox(redis, prefix, now),
    batches: createBatches(redis, prefix, now),
    holds: createHolds(redis, prefix, now, pace),
    quota: createQuota(redis, prefix, regionAccount, now, pace.quota),
    incarnation: createRedisIncarnation(redis, prefix, now, () => replicas.history()),
    census: createPopulationStore(redis, prefix),
    people: { redis, prefix, region, earners },
    /** Redis' time, asked for now; `clock` is the same as far as the last answer goes. */
    now,
    log,
    meter: base.meter,
    /** Null: the jobs leave no spans. */
    telemetry,
    reached: options.reached ?? ((): void => undefined),
    /** Null: this process has no mail server. */
    sendLink: options.sendLink ?? null,
  };
  const close = async (): Promise<void> => {
    obf.close();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
  };
  return { pipeline, close };
}

const DEFAULT_PREFIXES = { queues: DEFAULT_PREFIX, data: DATA_PREFIX };

type Base = ReturnType<typeof openBase>;

function openBase(options: PipelineOptions) {
  const { config, redis, log, telemetry = null } = options;
  const prefixes = options.prefixes ?? DEFAULT_PREFIXES;
  const pace: Pace = { ...PACE, ...options.pace };
  return {
    /** The Région's own OBF client. */
    region: asClientId(config.obfClientId),
    vault: options.vault ?? createVault(config.palierKey, config.palierKeyOld),
    meter: createMeter(redis, prefixes.data),
    replicas: createReplicationBarrier(redis, pace.settleMs),
    queues: openQueues((name) => openQueue(name, redis, log, prefixes.queues, telemetry)),
    pace,
    prefix: prefixes.data,
    ...clockOf(options, prefixes.data),
  };
}

const openObf = (
  { config, secrets, redis, log, tuning }: PipelineOptions,
  { region, prefix, vault, meter }: Base,
): Obf =>
  createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([...secrets, [region, config.obfClientSecret]]),
    redis,
    prefix,
    vault,
    log,
    report: countCalls(meter, region),
    ...(tuning === undefined ? {} : { tuning }),
  });

/** What an event is stored with. */
function openStores({ redis, scheme }: PipelineOptions, base: Base) {
  const { prefix, vault, clock, region, replicas, queues, pace } = base;
  const earners = createEarnerStore(redis, prefix, vault);
  return {
    region,
    earners,
    journal: createJournal({ redis, prefix, earners, vault, timeZone: scheme.timeZone }),
    /** Which events were read in full. */
    events: createEventIndex(redis, prefix),
    readProblems: createReadProblems(redis, prefix),
    /** When each partner issued last. */
    news: createPartnerActivity(redis, prefix),
    /** Badges and clients that count for nobody. */
    ignored: createUnenrolledBadges(redis, prefix),
    /** Which rules hold. */
    schemes: createSchemes({ redis, prefix, vault, now: base.now }, scheme),
    replicas,
    queues,
    vault,
    clock,
    pace,
  };
}

type Storing = ReturnType<typeof openStores> & { readonly regionAccount: ObfAccount };

function openRegionSync({ redis, log, prefixes }: PipelineOptions, storing: Storing, now: RedisTime) {
  const { regionAccount, events, readProblems, journal, queues } = storing;
  const evaluate = (written: readonly WrittenAssertion[]): Promise<void> =>
    enqueueEarners(
      queues.earners,
      written.map(({ earner }) => earner),
      REGION_READ,
    );
  return createRegionAccountSync({
    account: regionAccount,
    events,
    readProblems,
    journal,
    redis,
    prefix: (prefixes ?? DEFAULT_PREFIXES).data,
    now,
    log,
    store: (read, signal) => storeEvent(storing, read, { source: 'list', evaluate }, signal),
  });
}

function clockOf({ redis, clock = systemClock }: PipelineOptions, prefix: string): RedisClock {
  return clock === systemClock ? createRedisClock(redis, prefix) : { clock, now: async () => clock() };
}
