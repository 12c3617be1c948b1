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
import {
  closeRedis,
  isCluster,
  openPlainProducer,
  raceAbort,
  type RedisConnection,
} from '../platform/redis.js';
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
/** How often idle connections are looked for while closing. */
const CLOSE_EVERY_MS = 50;

/** Limits against slow senders. Milliseconds and bytes. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** How often the two above are checked; Node's default is 30 s. */
  connectionsCheckingInterval: 2000,
  /** Longer than a front proxy keeps its connections: it never meets one that closes meanwhile. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8192,
};
/** With 8 KiB of a body each, see `createBodyBudget`, and some 10 KiB of Node's, they fit a small container. */
const MAX_CONNECTIONS = 2000;

export type RunningWebhooks = Awaited<ReturnType<typeof startWebhooks>>;

/**
 * @param port 0 takes any free one
 * @returns the port it listens on, and what takes no more requests and ends those in flight, within `CLOSE_LIMIT_MS`
 * @throws when the port cannot be had
 */
export async function startWebhooks(deps: WebhookDeps, port: number, host = '127.0.0.1') {
  const app = createApp(deps);
  const server = createServer({ ...LIMITS, ...presetExpressPrototypes(app) }, app);
  server.maxConnections = MAX_CONNECTIONS;
  // `readBody` tells a sender that asks with Expect whether to send.
  server.on('checkContinue', app);
  await once(server.listen(port, host), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port');
  return { port: address.port, close: () => close(server) };
}

/**
 * Makes Express's `setPrototypeOf` of each request and response a no-op. It deoptimises every request: two thirds
 * of the cost of a small one. The app's own prototypes stand behind those of the classes.
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
  // A connection is idle only once its answer has left.
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_EVERY_MS);
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** A sender is answered within two seconds; 200 ms are for everything but Redis. */
const STORE_WITHIN_MS = 1800;
const READY_WITHIN_MS = 1000;

interface Wiring extends Pick<WebhookDeps, 'participants' | 'earnerKeyOf' | 'log' | 'metrics'> {
  readonly config: Pick<Config, 'redis' | 'obfBaseUrl' | 'webhookSecrets' | 'webhookBasic'>;
  readonly vault: Pick<Vault, 'seal'>;
  /** The queue's; without it there are no spans. */
  readonly telemetry?: Telemetry | null;
  /** Resolves once Redis is found to be set safely; until then nothing is stored there. */
  readonly checked?: Promise<void>;
  /** Asks over the given connection whether Redis is ours; while it is not, nothing is stored there. */
  readonly watchKey?: (redis: RedisConnection) => KeyWatch;
  /** BullMQ's key prefix, where it is not the default. */
  readonly prefix?: string;
}

/**
 * Opens what the web process needs. Redis may be away, now or later: only answers tell it.
 * @returns the dependencies, whether Redis is under our key (null: it has not answered yet), and what closes them, in
 *   order of opening
 */
export function wireWebhooks(wiring: Wiring) {
  const { config, vault, log, prefix, telemetry, checked, watchKey, ...given } = wiring;
  const connection = openPlainProducer(config.redis);
  connection.on('error', logConnectionErrors(config.redis, log));
  const replicas = createReplicationBarrier(connection, 0);
  const key = watchKey?.(connection);
  const isOurs = key?.isOurs ?? (() => true);
  const queue = openQueue('arrivals', connection, log, prefix, telemetry);
  const store = batchPerWrite<NoticeJob>(async (arrivals, late) => {
    await raceAbort(Promise.resolve(checked), late);
    if (!isOurs()) throw new KeyChanged();
    await storeArrivals(queue, arrivals, late);
  }, STORE_WITHIN_MS);
  const deps: WebhookDeps = {
    ...given,
    authenticate: createAuthenticate(config, systemClock),
    obfBaseUrl: config.obfBaseUrl,
    enqueueNotices: async (arrivals) => {
      if (arrivals.every(({ kind }) => kind !== 'credential')) return store(arrivals);
      // A push that a fail-over loses is found by no poll.
      const late = AbortSignal.timeout(STORE_WITHIN_MS);
      const epoch = replicas.epoch();
      await store(arrivals);
      await raceAbort(replicas.confirm(epoch), late);
    },
    ready: readiness(connection, wiring, isOurs),
    seal: (text, context) => vault.seal(text, context),
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
 * Stores together what is given while the write before is under way: a write for each would cost more than the rest of
 * its request. Each caller gets the outcome of the write that holds its items.
 * @param store ends when its signal aborts: `withinMs` after the first of its items was given
 */
export function batchPerWrite<T>(
  store: (items: readonly T[], late: AbortSignal) => Promise<void>,
  withinMs: number,
): (items: readonly T[]) => Promise<void> {
  let batch: T[] = [];
  let stored: Promise<void> | null = null;
  let before: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), withinMs);
    // What this tick still reads of other connections comes along. The write before is late sooner than this one.
    await Promise.allSettled([before, setImmediate()]);
    const items = batch;
    batch = [];
    stored = null;
    // Without its timer the signal goes at once: thousands would else wait for their time.
    await store(items, late.signal).finally(() => clearTimeout(timer));
  };
  return (items) => {
    batch.push(...items);
    stored ??= before = write();
    return stored;
  };
}

/**
 * Asks whether a notice could be stored, and logs each change of what Redis answers. Not ready before Redis is found to
 * be set safely and to be ours, whatever it takes.
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
  const probe = createWriteProbe(connection, writeProbeKey(prefix, isCluster(connection)), READY_WITHIN_MS);
  let fault: RedisFault | null = null;
  const probeAndLog = async (): Promise<RedisCause | null> => {
    const cause = await probe();
    const before = fault;
    fault = cause?.fault ?? null;
    if (cause !== null && fault !== before)
      log.error({ redis: cause.fault }, `no notice can be stored in Redis: ${cause.en}. ${cause.mend.en}`);
    if (cause === null && before !== null) log.info('notices can be stored in Redis again');
    return cause;
  };
  return async () => {
    if (isOurs() === false) return OTHER_KEY;
    const cause = await probeAndLog();
    return cause ?? (isSafe && isOurs() ? null : redisCause(null));
  };
}
