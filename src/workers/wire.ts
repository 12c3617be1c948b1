import { createAudit } from '../audit/audit.js';
import type { Config } from '../config.js';
import { asClientId, type ClientId, type EarnerKey } from '../ids.js';
import type { CrashPoint } from '../issuing/types.js';
import { createFlags } from '../issuing/flags.js';
import { createLedger } from '../issuing/ledger.js';
import { createBatches } from '../issuing/batches.js';
import { createQuota } from '../issuing/quota.js';
import { createMemory } from '../issuing/memory.js';
import { createOutbox } from '../issuing/outbox.js';
import { createObf, type Obf } from '../obf/obf.js';
import { systemClock, type Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { RedisConnection } from '../platform/redis.js';
import { createVault, type Vault } from '../platform/vault.js';
import { createSeenEvents } from '../portfolio/seen-events.js';
import { createPortfolioStore } from '../portfolio/store.js';
import type { Queue } from 'bullmq';
import { openQueue } from '../queue/open.js';
import { DATA_PREFIX, DEFAULT_PREFIX, QUEUES, type QueueName } from '../queue/names.js';
import type { Scheme } from '../rules/types.js';
import { enqueueEarners } from './enqueue-earners.js';
import { createMirror } from './mirror.js';
import { createSchemes } from './schemes.js';
import { PACE, type Pace, type Pipeline } from './pipeline.js';

export interface Wiring {
  readonly config: Pick<Config, 'obfBaseUrl' | 'obfClientId' | 'obfClientSecret' | 'obfMaxRps' | 'palierKey'>;
  readonly scheme: Scheme;
  /** The partners' API keys. */
  readonly secrets: ReadonlyMap<ClientId, string>;
  readonly redis: RedisConnection;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly pace?: Partial<Pace>;
  /** Told of the named points of the story; for fault tests. */
  readonly reached?: (point: CrashPoint) => void;
  /** Of BullMQ's keys, and of ours; tests have their own. */
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** Puts the pipeline together over one Redis connection, which stays the caller's. */
export function wirePipeline(wiring: Wiring): {
  readonly pipeline: Pipeline;
  readonly close: () => Promise<void>;
} {
  const { config, redis, log, clock = systemClock } = wiring;
  const prefixes = wiring.prefixes ?? { queues: DEFAULT_PREFIX, data: DATA_PREFIX };
  const region = asClientId(config.obfClientId);
  const vault = createVault(config.palierKey);
  const obf = openObf(wiring, region, vault, prefixes.data, clock);
  const queues = openQueues(redis, log, prefixes.queues);
  const stores = openStores(redis, prefixes.data, vault, clock);
  const regionAccount = obf.account(region);
  if (regionAccount === null) throw new Error("The Région's own client has no account");
  const evaluate = (earners: readonly EarnerKey[]): Promise<void> =>
    enqueueEarners(queues.earners, earners, 'region-account');
  const audit = createAudit(redis, prefixes.data, wiring.scheme.timeZone);
  const schemes = createSchemes(redis, prefixes.data, wiring.scheme, clock);
  const parts = {
    ...stores,
    audit,
    schemes,
    region,
    account: regionAccount,
    vault,
    redis,
    prefix: prefixes.data,
    clock,
    evaluate,
  };
  const mirror = createMirror(parts);
  const pace = { ...PACE, ...wiring.pace };
  const quota = createQuota(redis, prefixes.data, regionAccount, clock, pace.quota);
  const pipeline = {
    ...stores,
    scheme: wiring.scheme,
    schemes,
    audit,
    region,
    regionAccount,
    accounts: obf.account,
    hosted: obf.hosted,
    mirror,
    quota,
    queues,
    vault,
    clock,
    log,
    pace,
    reached: wiring.reached ?? (() => undefined),
  };
  return { pipeline, close: () => closeAll(obf, queues) };
}

async function closeAll(obf: Obf, queues: Record<QueueName, Queue>): Promise<void> {
  obf.close();
  await Promise.all(Object.values(queues).map((queue) => queue.close()));
}

function openObf(wiring: Wiring, region: ClientId, vault: Vault, prefix: string, clock: Clock): Obf {
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
  });
}

function openQueues(redis: RedisConnection, log: Logger, prefix: string): Record<QueueName, Queue> {
  const [notices, earners, awards] = QUEUES;
  return {
    notices: openQueue(notices, redis, log, prefix),
    earners: openQueue(earners, redis, log, prefix),
    awards: openQueue(awards, redis, log, prefix),
  };
}

const openStores = (redis: RedisConnection, prefix: string, vault: Vault, clock: Clock) => ({
  portfolios: createPortfolioStore(redis, prefix, vault),
  seen: createSeenEvents(redis, prefix),
  ledger: createLedger(redis, prefix, clock),
  flags: createFlags(redis, prefix),
  outbox: createOutbox(redis, prefix, clock),
  batches: createBatches(redis, prefix, clock),
  memory: createMemory(redis, prefix, clock),
});
