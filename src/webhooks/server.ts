import { once } from 'node:events';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Telemetry } from 'bullmq';
import type { Express } from 'express';
import type { Config } from '../config.js';
import { systemClock } from '../platform/clock.js';
import type { Disposer } from '../platform/lifecycle.js';
import { KeyChanged, type KeyWatch } from '../platform/key-guard.js';
import { OTHER_KEY, redisCause, type RedisCause, type RedisFault } from '../platform/redis-faults.js';
import { createWriteProbe, logConnectionErrors, type WriteProbe } from '../platform/redis-health.js';
import { closeRedis, isCluster, openProducer, raceAbort, type RedisConnection } from '../platform/redis.js';
import { createReplicationBarrier } from '../platform/replication.js';
import type { Vault } from '../platform/vault.js';
import { storeArrivals } from '../queue/arrivals.js';
import { openQueue } from '../queue/enqueue.js';
import { DEFAULT_PREFIX, type NoticeJob, writeProbeKey } from '../queue/jobs.js';
import { createApp } from './app.js';
import { createAuthenticate } from './authenticate.js';
import type { WebhookDeps } from './context.js';

/** Below the 25 s in which the whole process must end. */
const CLOSE_LIMIT_MS = 10_000;
/** How often a closing server closes idle connections. */
const CLOSE_EVERY_MS = 50;

/** Limits against slow senders. Milliseconds and bytes. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are checked; Node's default is 30 s. */
  connectionsCheckingInterval: 2000,
  /** Longer than the keep-alive of a front proxy, which then never reuses a closing connection. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8192,
};
/** With 8 KiB of body (`createBodyBudget`) and some 10 KiB of Node's each, they fit a small container. */
const MAX_CONNECTIONS = 2000;

export type RunningWebhooks = Awaited<ReturnType<typeof startWebhooks>>;

/**
 * Starts to listen. `close` refuses new requests, and ends those in flight within `CLOSE_LIMIT_MS`.
 * @param port 0 takes any free one
 * @throws when it cannot listen on the port
 */
export async function startWebhooks(deps: WebhookDeps, port: number, host = '127.0.0.1') {
  const app = createApp(deps);
  const server = createServer({ ...LIMITS, ...presetExpressPrototypes(app) }, app);
  server.maxConnections = MAX_CONNECTIONS;
  // `readBody` answers `Expect: 100-continue`.
  server.on('checkContinue', app);
  await once(server.listen(port, host), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return { port: address.port, close: () => close(server) };
}

/**
 * Makes Express's `setPrototypeOf` a no-op: it deoptimises every request, two thirds of the cost of a small one. The
 * classes' prototypes inherit from the app's.
 */
export function presetExpressPrototypes(app: Express) {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse<Request> {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection becomes idle only when its answer has left.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_EVERY_MS);
  const forceClose = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(forceClose);
}

/** A sender is answered within two seconds; the other 200 ms are for everything but Redis. */
const STORE_WITHIN_MS = 1800;

interface Wiring extends Pick<WebhookDeps, 'participants' | 'earnerKeyOf' | 'log' | 'metrics'> {
  readonly config: Pick<Config, 'redis' | 'obfBaseUrl' | 'webhookSecrets' | 'webhookBasic'>;
  readonly vault: Pick<Vault, 'seal'>;
  /** BullMQ's tracing; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** Resolves once the settings of Redis are found safe; nothing is stored before. */
  readonly checked?: Promise<void>;
  /** Watches whether Redis was filled under our key; nothing is stored while it was not. */
  readonly watchKey?: (redis: RedisConnection) => KeyWatch;
  /** BullMQ's key prefix, where it is not the default. */
  readonly prefix?: string;
}

/**
 * Opens the connections of the web process. While Redis is away, now or later, requests are answered 503.
 * @returns `isOurs`: whether Redis is under our key, null before its first answer; `releases` in order of opening
 */
export function wireWebhooks(wiring: Wiring) {
  const { config, vault, log, prefix, telemetry, checked, watchKey, ...given } = wiring;
  const connection = openProducer(config.redis);
  connection.on('error', logConnectionErrors(config.redis, log));
  const replicas = createReplicationBarrier(connection, 0);
  const key = watchKey?.(connection);
  const isOurs = key?.isOurs ?? (() => true);
  const queue = openQueue('arrivals', connection, log, prefix, telemetry);
  const store = batchPerWrite<NoticeJob>(async (arrivals, deadline) => {
    await raceAbort(Promise.resolve(checked), deadline);
    if (!isOurs()) throw new KeyChanged();
    await storeArrivals(queue, arrivals, deadline);
  }, STORE_WITHIN_MS);
  const deps: WebhookDeps = {
    ...given,
    authenticate: createAuthenticate(config, systemClock),
    obfBaseUrl: config.obfBaseUrl,
    enqueueNotices: async (arrivals) => {
      if (arrivals.every(({ kind }) => kind !== 'credential')) return store(arrivals);
      // No poll finds a push that a fail-over lost.
      const deadline = AbortSignal.timeout(STORE_WITHIN_MS);
      const epoch = replicas.epoch();
      await store(arrivals);
      await raceAbort(replicas.confirm(epoch), deadline);
    },
    ready: readiness(connection, wiring, isOurs),
    seal: vault.seal,
    log,
  };
  const releases: readonly Disposer[] = [
    () => closeRedis(connection),
    () => queue.close(),
    () => key?.stop(),
  ];
  return { deps, isOurs, releases };
}

/**
 * Batches the items given while a write is in flight. A write per request would cost more than the rest of the request.
 * Each caller gets the outcome of the write that holds its items.
 * @param store must end when its signal aborts, `withinMs` after its first item was given
 */
export function batchPerWrite<T>(
  store: (items: readonly T[], deadline: AbortSignal) => Promise<void>,
  withinMs: number,
): (items: readonly T[]) => Promise<void> {
  let batch: T[] = [];
  let pendingWrite: Promise<void> | null = null;
  let lastWrite: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), withinMs);
    // Requests that this tick still reads join the batch. The last write aborts sooner than this one.
    await Promise.allSettled([lastWrite, setImmediate()]);
    const items = batch;
    batch = [];
    pendingWrite = null;
    // Clearing the timer frees the signal at once: thousands would else stay until their time.
    await store(items, deadline.signal).finally(() => clearTimeout(timer));
  };
  return (items) => {
    batch.push(...items);
    pendingWrite ??= lastWrite = write();
    return pendingWrite;
  };
}

/**
 * Probes whether a notice could be stored, and logs each change. Not ready before the settings of Redis are found safe
 * and its key ours.
 */
function readiness(
  connection: RedisConnection,
  { prefix = DEFAULT_PREFIX, log, checked }: Pick<Wiring, 'prefix' | 'log' | 'checked'>,
  isOurs: () => boolean | null,
): WriteProbe {
  let isSafe = false;
  void Promise.resolve(checked).then(
    () => (isSafe = true),
    () => undefined,
  );
  const probe = createWriteProbe(connection, writeProbeKey(prefix, isCluster(connection)));
  let fault: RedisFault | null = null;
  const probeAndLog = async (): Promise<RedisCause | null> => {
    const cause = await probe();
    const previousFault = fault;
    fault = cause?.fault ?? null;
    if (cause !== null && fault !== previousFault)
      log.error({ redis: cause.fault }, `no notice can be stored in Redis: ${cause.en}. ${cause.mend.en}`);
    if (cause === null && previousFault !== null) log.info('notices can be stored in Redis again');
    return cause;
  };
  return async () => {
    if (isOurs() === false) return OTHER_KEY;
    const cause = await probeAndLog();
    return cause ?? (isSafe && isOurs() ? null : redisCause(null));
  };
}
