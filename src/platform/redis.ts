import { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from '../config.js';

/** Where Redis is, as `REDIS_URL` was read. */
export type RedisAddress = RedisTarget;
export type RedisConnection = Redis | Cluster;

/** Parses the servers or sentinels of an address, with their credentials. */
export const serversOf = ({ urls }: RedisAddress) =>
  urls.map((text) => {
    const { hostname, port, username, password, protocol } = new URL(text);
    return {
      host: hostname.replaceAll(/[[\]]/g, ''),
      port: port === '' ? 6379 : Number(port),
      username: username === '' ? undefined : decodeURIComponent(username),
      password: password === '' ? undefined : decodeURIComponent(password),
      tls: protocol === 'rediss:',
    };
  });

/** Shows people hosts and ports alone, since the rest of an address may hold a password. */
export function hostsOf(address: RedisAddress): string {
  const hosts = address.urls.map((url) => new URL(url).host).join(', ');
  return address.kind === 'sentinel' ? `sentinel ${address.name}: ${hosts}` : hosts;
}

export const isCluster = (connection: RedisConnection): connection is Cluster =>
  connection instanceof Cluster;

const backoff = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000);
const SHARED = { retryStrategy: backoff, keepAlive: 30_000 };

/** Fails fast, for a request that must be answered now. */
const PRODUCER = {
  ...SHARED,
  connectTimeout: 1500,
  commandTimeout: 1500,
  // Replaces a connection that has gone silent.
  socketTimeout: 3000,
  maxRetriesPerRequest: 1,
};

/** Waits longer, for the command line: people would only repeat a command that failed. */
const OPERATOR = {
  ...PRODUCER,
  connectTimeout: 3000,
  // Longer than a busy Redis takes.
  commandTimeout: 10_000,
  // Later than the command's own timeout, which says more.
  socketTimeout: 12_000,
  // About 700 ms in all: it is soon clear that nothing listens.
  maxRetriesPerRequest: 3,
};

/** Waits without limit, for workers, which can do nothing without Redis. */
const CONSUMER = {
  ...SHARED,
  // Above BullMQ's longest blocking wait.
  socketTimeout: 30_000,
  commandTimeout: undefined,
  maxRetriesPerRequest: null,
};

type Profile = typeof PRODUCER | typeof OPERATOR | typeof CONSUMER;

/** Opens a connection that fails within 1.5 s. The caller closes it, like those below. */
export const openProducer = (address: RedisAddress): RedisConnection => open(address, PRODUCER);

/** Opens a connection with commands that wait 10 s at most. */
export const openOperator = (address: RedisAddress): RedisConnection => open(address, OPERATOR);

/** Opens a connection that waits for Redis to come back. */
export const openConsumer = (address: RedisAddress): RedisConnection => open(address, CONSUMER);

/** Closes without waiting for a Redis that may never answer. */
export function closeRedis(connection: RedisConnection): void {
  connection.disconnect();
}

/** Returns the servers that take writes. A cluster knows its masters once it has answered. */
export async function mastersOf(redis: RedisConnection): Promise<readonly Redis[]> {
  if (!isCluster(redis)) return [redis];
  if (redis.nodes('master').length === 0) await redis.ping();
  return redis.nodes('master');
}

/**
 * Awaits the work unless the signal aborts first: the work then goes on, ignored. ioredis takes no signal.
 * @throws the signal's reason
 */
export async function raceAbort<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function open(address: RedisAddress, profile: Profile): RedisConnection {
  const options = { ...profile, reconnectOnError: leaveDemoted(profile === CONSUMER) };
  const [url = ''] = address.urls;
  if (address.kind === 'single') return patchDisconnect(new Redis(url, options));
  // Cluster and sentinels list servers without user, password and TLS: the first URL gives them.
  const servers = serversOf(address);
  const { username, password, tls } = servers[0] ?? {};
  const access = { ...options, username, password, ...(tls && { tls: {} }) };
  if (address.kind === 'sentinel') {
    const sentinel = {
      sentinels: servers.map(({ host, port }) => ({ host, port })),
      name: address.name,
      sentinelRetryStrategy: backoff,
      ...(tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    };
    return patchDisconnect(new Redis({ ...access, ...sentinel }));
  }
  const cluster = new Cluster([...address.urls], {
    redisOptions: access,
    clusterRetryStrategy: backoff,
    // During a fail-over ioredis asks again every 100 ms.
    maxRedirections: (profile.commandTimeout ?? 60_000) / 100,
    // Keeps host names as they are: TLS certificates are made out to them.
    dnsLookup: (host, callback) => callback(null, host),
  });
  return patchCluster(cluster, options.commandTimeout);
}

/** The answers of a demoted server; the second is for a blocked command. */
const DEMOTED = /^(READONLY|UNBLOCKED)\b/;
/** The commands of one connection fail together within this time; a new connection takes longer. */
const ONE_ROUND_MS = 40;
/** A replica met again this soon is no fail-over: `REDIS_URL` leads to it. */
const STILL_DEMOTED_MS = 5000;

/**
 * Makes ioredis leave a demoted server. On 2 it reconnects and sends the command again; on 1 it reconnects, and the
 * command fails. A replica has written nothing, so sending again is safe.
 * @param isPatient false: the command fails when the new connection meets a replica, too
 */
function leaveDemoted(isPatient: boolean): (error: Error) => false | 1 | 2 {
  let [firstMs, lastMs] = [-Infinity, -Infinity];
  return ({ message }) => {
    if (!DEMOTED.test(message)) return false;
    const nowMs = performance.now();
    if (nowMs - lastMs > STILL_DEMOTED_MS) firstMs = nowMs;
    lastMs = nowMs;
    return isPatient || nowMs - firstMs < ONE_ROUND_MS ? 2 : 1;
  };
}

/**
 * Makes `disconnect` always emit `end`. ioredis emits it when a socket closes; between two attempts there is none
 * (redis/ioredis#1247). A worker that stops then would wait until it is killed (taskforcesh/bullmq#4656). So this opens a
 * connection and drops it unused. Duplicates do the same.
 */
function patchDisconnect(redis: Redis): Redis {
  const disconnect = redis.disconnect.bind(redis);
  const duplicate = redis.duplicate.bind(redis);
  return Object.assign(redis, {
    disconnect(reconnect = false): void {
      const isBetween = redis.status === 'reconnecting';
      disconnect(reconnect);
      if (reconnect || !isBetween) return;
      redis.connect().catch(() => undefined);
      disconnect();
    },
    duplicate: (...args: Parameters<typeof duplicate>) => patchDisconnect(duplicate(...args)),
  });
}

/**
 * Does the same for a cluster, and mends what ioredis 6.0 does while nodes come and go.
 * - A `connect()` never resolves when its first answer comes before the cluster is complete.
 * - After a node closes late, an ended connection is no longer `end`, and a repeated command waits for ever.
 * - A `disconnect()` during `connect()` is lost, and the connection stays open.
 * - A command without a node has no timeout: ioredis starts it when a node has the command.
 * @param timeoutMs of every command; undefined: none
 */
function patchCluster(cluster: Cluster, timeoutMs: number | undefined): Cluster {
  const [connect, disconnect] = [cluster.connect.bind(cluster), cluster.disconnect.bind(cluster)];
  const [quit, duplicate] = [cluster.quit.bind(cluster), cluster.duplicate.bind(cluster)];
  const send = cluster.sendCommand.bind(cluster);
  /** `isWanted`: opened, and not dropped since. `hasEnded`: it emitted `end` after it was dropped. */
  const state = { isWanted: true, hasEnded: false };
  const dropUnwanted = (): void => {
    if (!state.isWanted) disconnect();
  };
  const endAnew = (): void => {
    if (state.isWanted || state.hasEnded || !['close', 'disconnecting'].includes(cluster.status)) return;
    cluster.once('+node', () => setImmediate(dropUnwanted));
    connect().catch(() => undefined);
  };
  cluster.on('end', () => {
    state.hasEnded = !state.isWanted;
  });
  cluster.on('close', () => {
    if (state.hasEnded) cluster.status = 'end';
    // ioredis' own listener comes first.
    else setImmediate(endAnew);
  });
  cluster.on('connect', dropUnwanted).on('reconnecting', dropUnwanted);
  return Object.assign(cluster, {
    connect(): Promise<void> {
      Object.assign(state, { isWanted: true, hasEnded: false });
      return Promise.race([connect(), readyOrEnded(cluster)]);
    },
    disconnect(reconnect = false): void {
      const hasNodes = cluster.nodes().length > 0;
      state.isWanted = reconnect;
      disconnect(reconnect);
      if (!hasNodes) endAnew();
    },
    quit(): Promise<'OK'> {
      state.isWanted = false;
      return quit();
    },
    duplicate: (...args: Parameters<typeof duplicate>) => patchCluster(duplicate(...args), timeoutMs),
    sendCommand(...args: Parameters<typeof send>): unknown {
      if (timeoutMs !== undefined) args[0].setTimeout(timeoutMs);
      return send(...args);
    },
  });
}

function readyOrEnded(cluster: Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void cluster.off('ready', onReady).off('end', onEnd);
    const onReady = (): void => {
      stop();
      resolve();
    };
    const onEnd = (): void => {
      stop();
      reject(new Error('Redis: the connection to the cluster is closed'));
    };
    cluster.on('ready', onReady).on('end', onEnd);
  });
}
