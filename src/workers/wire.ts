import type { Config } from '../config.js';
import { createEarnerStore } from '../earners/store.js';
import { asClientId, type ClientId, type EarnerKey } from '../ids.js';
import type { CrashPoint } from '../issuing/types.js';
import { createHolds } from '../issuing/hold.js';
import { createFlags } from '../issuing/flags.js';
import { createLedger } from '../issuing/ledger.js';
import { createBatches } from '../issuing/batches.js';
import { createQuota } from '../issuing/quota.js';
import { createMemory } from '../issuing/memory.js';
import { createOutbox } from '../issuing/outbox.js';
import { createJournal } from '../journal/journal.js';
import { createEventIndex } from '../obf/event-index.js';
import { createObf, type Obf } from '../obf/obf.js';
import { createReadProblems } from '../obf/read-problems.js';
import type { Tuning } from '../obf/tuning.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { createMeter, type Meter } from '../platform/meter.js';
import type { RedisConnection } from '../platform/redis.js';
import { createReplicationBarrier, type ReplicationBarrier } from '../platform/replication.js';
import { createVault, type Vault } from '../platform/vault.js';
import { createIgnored } from '../earners/unenrolled-badges.js';
import { createNews } from '../earners/partner-activity.js';
import type { Queue, Telemetry } from 'bullmq';
import { openQueue } from '../queue/enqueue.js';
import { DATA_PREFIX, DEFAULT_PREFIX, type QueueName } from '../queue/jobs.js';
import type { Scheme } from '../rules/types.js';
import { createCensusStore } from '../scheme/census-store.js';
import { countCalls } from './count-calls.js';
import { enqueueEarners } from './enqueue-earners.js';
import { createEventReading } from './event-reading.js';
import { createMirror, REGION_READ } from '../issuing/mirror.js';
import { createSchemes } from '../scheme/schemes.js';
import { createVerified } from './verify-hosted.js';
import { PACE, type Pace, type Pipeline } from './pipeline.js';

export interface Wiring {
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
  readonly clock?: Clock;
  readonly pace?: Partial<Pace>;
  /** For tests: OBF's spacing of tokens. */
  readonly tuning?: Partial<Tuning>;
  /** Told of the named points of the story; for fault tests. */
  readonly reached?: (point: CrashPoint) => void;
  /** Of the queues; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** That of the process, where it has one already. */
  readonly vault?: Vault;
  /** Of BullMQ's keys, and of ours; tests have their own. */
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(wiring: Wiring): {
  readonly pipeline: Pipeline;
  readonly close: () => Promise<void>;
} {
  const { config, redis, log, clock = systemClock, telemetry = null } = wiring;
  const prefixes = wiring.prefixes ?? { queues: DEFAULT_PREFIX, data: DATA_PREFIX };
  const region = asClientId(config.obfClientId);
  const vault = wiring.vault ?? createVault(config.palierKey, config.palierKeyOld);
  const meter = createMeter(redis, prefixes.data);
  const pace = { ...PACE, ...wiring.pace };
  const replicas = createReplicationBarrier(redis, pace.settleMs);
  const within = { region, vault, redis, prefix: prefixes.data, clock, replicas };
  const obf = openObf(wiring, { ...within, meter });
  const stores = openStores({ ...within, scheme: wiring.scheme, pace });
  const queues = openQueues(redis, log, prefixes.queues, telemetry);
  const regionAccount = obf.account(region);
  if (regionAccount === null) throw new Error("The Région's own client has no account");
  const mirror = createMirror({
    ...stores,
    ...within,
    pace,
    log,
    queues,
    account: regionAccount,
    evaluate: evaluateIn(queues),
  });
  const quota = createQuota(redis, prefixes.data, regionAccount, clock, pace.quota);
  const pipeline = {
    ...stores,
    scheme: wiring.scheme,
    region,
    regionAccount,
    accounts: obf.account,
    reading: createEventReading({ events: stores.events, clock, log }),
    hosted: obf.hosted,
    mirror,
    quota,
    queues,
    vault,
    clock,
    log,
    meter,
    telemetry,
    pace,
    reached: wiring.reached ?? (() => undefined),
  };
  return { pipeline, close: () => closeAll(obf, queues) };
}

/** Has those evaluated whom the Région's own account touches. */
const evaluateIn =
  ({ earners: queue }: Record<QueueName, Queue>) =>
  (earners: readonly EarnerKey[]): Promise<void> =>
    enqueueEarners(queue, earners, REGION_READ);

async function closeAll(obf: Obf, queues: Record<QueueName, Queue>): Promise<void> {
  obf.close();
  await Promise.all(Object.values(queues).map((queue) => queue.close()));
}

interface Within {
  readonly redis: RedisConnection;
  /** Of our keys. */
  readonly prefix: string;
  readonly region: ClientId;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly replicas: ReplicationBarrier;
}

interface StoreParts extends Within {
  readonly scheme: Scheme;
  readonly pace: Pace;
}

interface ObfParts extends Within {
  readonly meter: Meter;
}

function openObf(wiring: Wiring, { region, vault, prefix, clock, meter }: ObfParts): Obf {
  const { config, redis, log } = wiring;
  return createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets: new Map([...wiring.secrets, [region, config.obfClientSecret]]),
    redis,
    prefix,
    vault,
    clock,
    log,
    report: countCalls(meter, region),
    ...(wiring.tuning === undefined ? {} : { tuning: wiring.tuning }),
  });
}

function openQueues(
  redis: RedisConnection,
  log: Logger,
  prefix: string,
  telemetry: Telemetry | null,
): Record<QueueName, Queue> {
  const open = (name: QueueName): Queue => openQueue(name, redis, log, prefix, telemetry);
  return {
    arrivals: open('arrivals'),
    notices: open('notices'),
    earners: open('earners'),
    awards: open('awards'),
    maintenance: open('maintenance'),
  };
}

function openStores({ redis, prefix, vault, clock, region, scheme, pace, replicas }: StoreParts) {
  const earners = createEarnerStore(redis, prefix, vault);
  const journal = createJournal({ redis, prefix, earners, vault, timeZone: scheme.timeZone });
  return {
    replicas,
    earners,
    journal,
    events: createEventIndex(redis, prefix),
    readProblems: createReadProblems(redis, prefix),
    news: createNews(redis, prefix),
    ignored: createIgnored(redis, prefix),
    ledger: createLedger({ earners, journal, clock }),
    flags: createFlags({ redis, prefix, earners, journal }),
    holds: createHolds(redis, prefix, clock, pace),
    verified: createVerified(redis, prefix),
    outbox: createOutbox(redis, prefix, clock),
    batches: createBatches(redis, prefix, clock),
    memory: createMemory(redis, prefix, clock, () => replicas.history()),
    schemes: createSchemes(redis, prefix, scheme, clock),
    census: createCensusStore(redis, prefix),
    people: { redis, prefix, region, earners },
  };
}
