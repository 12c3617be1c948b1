import type { Telemetry } from 'bullmq';
import type { Config } from '../config.js';
import type { ClientId, EarnerKey } from '../ids.js';
import { systemClock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { closeRedis, isCluster, openPlainProducer, type RedisConnection } from '../platform/redis.js';
import type { RedisFault } from '../platform/redis-faults.js';
import { logConnectionErrors, createWriteProbe, type WriteProbe } from '../platform/redis-health.js';
import { createReplicationBarrier } from '../platform/replication.js';
import type { Disposer } from '../platform/lifecycle.js';
import type { Vault } from '../platform/vault.js';
import { openQueue, storeArrivals } from '../queue/enqueue.js';
import { DEFAULT_PREFIX, writeProbeKey } from '../queue/jobs.js';
import { createAuthenticate } from './authenticate.js';
import type { Metrics, WebhookDeps } from './context.js';

/** A sender is answered within two seconds; 200 ms are for everything but Redis. */
const STORE_WITHIN_MS = 1800;
const READY_WITHIN_MS = 1000;

export interface Wiring {
  readonly config: Pick<Config, 'redis' | 'obfBaseUrl' | 'webhookSecrets' | 'webhookBasic'>;
  readonly participants: ReadonlySet<ClientId>;
  readonly earnerKeyOf: (address: string) => EarnerKey;
  readonly vault: Pick<Vault, 'seal'>;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** The queue's; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** BullMQ's key prefix, where it is not the default. */
  readonly prefix?: string;
}

/**
 * Opens what the web process needs. Redis may be away, now or later: only answers tell it.
 * @returns the dependencies, and what closes them, in order of opening
 */
export function wireWebhooks({ config, vault, log, prefix, telemetry, ...given }: Wiring): {
  readonly deps: WebhookDeps;
  readonly releases: readonly Disposer[];
} {
  const authenticate = createAuthenticate(
    { secrets: config.webhookSecrets, basic: config.webhookBasic },
    systemClock,
  );
  const connection = openPlainProducer(config.redis);
  connection.on('error', logConnectionErrors(config.redis, log));
  const replicas = createReplicationBarrier(connection, 0);
  const queue = openQueue('arrivals', connection, log, prefix, telemetry);
  const deps: WebhookDeps = {
    ...given,
    authenticate,
    obfBaseUrl: config.obfBaseUrl,
    enqueueNotices: batchPerTick(async (arrivals) => {
      const mark = replicas.epoch();
      await storeArrivals(queue, arrivals, STORE_WITHIN_MS);
      // A push that a fail-over loses is found by no poll.
      if (arrivals.some(({ job }) => job.kind === 'credential')) await replicas.confirm(mark);
    }),
    ready: readiness(connection, prefix, log),
    seal: (text, context) => vault.seal(text, context),
    log,
  };
  return { deps, releases: [() => closeRedis(connection), () => queue.close()] };
}

/**
 * Stores together what is given within one tick of the event loop: a write for each would cost more than the
 * rest of its request. Each caller gets the outcome of the write that holds its items.
 */
export function batchPerTick<T>(
  store: (items: readonly T[]) => Promise<void>,
): (items: readonly T[]) => Promise<void> {
  let batch: T[] = [];
  let stored: Promise<void> | null = null;
  const flush = (): Promise<void> => {
    const items = batch;
    batch = [];
    stored = null;
    return store(items);
  };
  return (items) => {
    batch.push(...items);
    // After what this tick still reads of other connections, before the next.
    stored ??= new Promise<void>((resolve) => setImmediate(resolve)).then(flush);
    return stored;
  };
}

/** Asks whether a notice could be stored, and logs each change of the answer. */
function readiness(connection: RedisConnection, prefix: string = DEFAULT_PREFIX, log: Logger): WriteProbe {
  const probe = createWriteProbe(connection, writeProbeKey(prefix, isCluster(connection)), READY_WITHIN_MS);
  let fault: RedisFault | null = null;
  return async () => {
    const cause = await probe();
    const before = fault;
    fault = cause?.fault ?? null;
    if (cause !== null && fault !== before)
      log.error({ redis: cause.fault }, `no notice can be stored in Redis: ${cause.en}. ${cause.mend.en}`);
    if (cause === null && before !== null) log.info('notices can be stored in Redis again');
    return cause;
  };
}
