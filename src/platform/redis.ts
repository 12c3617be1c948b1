import { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from '../config.js';

/** Where Redis is, as `REDIS_URL` was read. */
export type RedisAddress = RedisTarget;
export type RedisConnection = Redis | Cluster;

/** The servers or sentinels of an address, and how they are entered. */
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

/** For a reader: hosts and ports alone, since the rest of an address may hold a password. */
export function hostsOf(address: RedisAddress): string {
  const hosts = address.urls.map((url) => new URL(url).host).join(', ');
  return address.kind === 'sentinel' ? `sentinel ${address.name}: ${hosts}` : hosts;
}

export const isCluster = (connection: RedisConnection): connection is Cluster =>
  connection instanceof Cluster;

const backoff = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000);
const SHARED = { retryStrategy: backoff, keepAlive: 30_000 };

/** Fails fast: for a request that must be answered now. */
const PRODUCER = {
  ...SHARED,
  connectTimeout: 1500,
  commandTimeout: 1500,
  // A connection that carries nothing any more is replaced.
  socketTimeout: 3000,
  maxRetriesPerRequest: 1,
  enableAutoPipelining: true,
};

/** For a typed command: waits rather than be typed again. */
const OPERATOR = {
  ...PRODUCER,
  connectTimeout: 3000,
  // Longer than a busy Redis takes.
  commandTimeout: 10_000,
  // Later than the command's own timeout, which says more.
  socketTimeout: 12_000,
  // About 700 ms in all: where nothing listens, that is soon known.
  maxRetriesPerRequest: 3,
};

/** Waits without limit: for workers, which can do nothing without Redis. */
const CONSUMER = {
  ...SHARED,
  // Above BullMQ's longest blocking wait.
  socketTimeout: 30_000,
  commandTimeout: undefined,
  maxRetriesPerRequest: null,
};

type Profile = typeof PRODUCER | typeof OPERATOR | typeof CONSUMER;

/** A connection that fails within 1.5 s. The caller closes it, as each of those below. */
export const openProducer = (address: RedisAddress): RedisConnection => open(address, PRODUCER);

/** The same for the endpoint, which batches its writes itself: pipelining one command costs 0.1 ms. */
export const openPlainProducer = (address: RedisAddress): RedisConnection =>
  open(address, { ...PRODUCER, enableAutoPipelining: false });

/** A connection whose commands wait 10 s at most. */
export const openOperator = (address: RedisAddress): RedisConnection => open(address, OPERATOR);

/** A connection that waits for Redis to come back. */
export const openConsumer = (address: RedisAddress): RedisConnection => open(address, CONSUMER);

/** Closes without waiting for a Redis that may never answer. */
export function closeRedis(connection: RedisConnection): void {
  connection.disconnect();
}

/** The servers that are written to. A cluster knows its masters once it has answered. */
export async function mastersOf(redis: RedisConnection): Promise<readonly Redis[]> {
  if (!isCluster(redis)) return [redis];
  if (redis.nodes('master').length === 0) await redis.ping();
  return redis.nodes('master');
}

/**
 * The work's result, unless the signal comes first: the work goes on, and its end is ignored. ioredis takes no signal.
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
  // Cluster and sentinels name their servers without user, password and TLS: those of the first address.
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
    // While a replica takes over, it is asked again every 100 ms.
    maxRedirections: (profile.commandTimeout ?? 60_000) / 100,
    // Names stay names: TLS certificates are made out to them.
    dnsLookup: (host, tell) => tell(null, host),
  });
  return patchCluster(cluster, options.commandTimeout);
}

/** What a demoted server answers; the second goes to a command that was blocked there. */
const DEMOTED = /^(READONLY|UNBLOCKED)\b/;
/** Commands of one connection fail together; a new connection takes longer than this, milliseconds. */
const ONE_ROUND_MS = 40;
/** A replica met again this soon is no fail-over: the address leads to it. */
const STILL_DEMOTED_MS = 5000;

/**
 * Leaves a demoted server: at 2 ioredis reconnects and sends the command again, at 1 it reconnects and the command
 * fails. A replica has written nothing, so sending again is safe.
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
 * Makes `disconnect` always lead to `end`. ioredis emits it when a socket closes, and between two attempts there is
 * none (redis/ioredis#1247): a worker told to stop then would wait until its process is killed
 * (taskforcesh/bullmq#4656). So a connection is begun and dropped before it carries anything. Duplicates do the same.
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
 * The same for a cluster, of which ioredis loses more while nodes come and go (all seen with ioredis 6.0):
 * - a `connect()` whose first answer came before the cluster was whole never resolves;
 * - after a node closes late, an ended connection is no longer `end`, and a repeated command waits for ever;
 * - a `disconnect()` while it connects is forgotten, and the connection stays open;
 * - a command without a node has no timeout: ioredis counts it from when a node has the command.
 * @param timeoutMs of every command; undefined: none
 */
function patchCluster(cluster: Cluster, timeoutMs: number | undefined): Cluster {
  const [connect, disconnect] = [cluster.connect.bind(cluster), cluster.disconnect.bind(cluster)];
  const [quit, duplicate] = [cluster.quit.bind(cluster), cluster.duplicate.bind(cluster)];
  const send = cluster.sendCommand.bind(cluster);
  /** `isWanted`: opened, and not dropped since. `hasEnded`: it emitted `end` after it was dropped. */
  const life = { isWanted: true, hasEnded: false };
  const dropUnwanted = (): void => {
    if (!life.isWanted) disconnect();
  };
  const endAnew = (): void => {
    if (life.isWanted || life.hasEnded || !['close', 'disconnecting'].includes(cluster.status)) return;
    cluster.once('+node', () => setImmediate(dropUnwanted));
    connect().catch(() => undefined);
  };
  cluster.on('end', () => {
    life.hasEnded = !life.isWanted;
  });
  cluster.on('close', () => {
    if (life.hasEnded) cluster.status = 'end';
    // ioredis' own listener comes first.
    else setImmediate(endAnew);
  });
  cluster.on('connect', dropUnwanted).on('reconnecting', dropUnwanted);
  return Object.assign(cluster, {
    connect(): Promise<void> {
      Object.assign(life, { isWanted: true, hasEnded: false });
      return Promise.race([connect(), readyOrEnded(cluster)]);
    },
    disconnect(reconnect = false): void {
      const hasNodes = cluster.nodes().length > 0;
      life.isWanted = reconnect;
      disconnect(reconnect);
      if (!hasNodes) endAnew();
    },
    quit(): Promise<'OK'> {
      life.isWanted = false;
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
