import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisTarget } from '../config.js';
import { ending, endingCluster } from './redis-ending.js';

/** Where Redis is, as `REDIS_URL` was read. */
export type RedisAddress = RedisTarget;

/** For a reader: hosts and ports alone, since the rest of an address may hold a password. */
export function hostsOf(address: RedisAddress): string {
  if (address.kind === 'sentinel')
    return `sentinel ${address.name}: ${address.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
  const urls = address.kind === 'single' ? [address.url] : address.urls;
  return urls.map((url) => new URL(url).host).join(', ');
}

export type RedisConnection = Redis | Cluster;

export const isCluster = (connection: RedisConnection): connection is Cluster =>
  connection instanceof Cluster;

/** How long a producer waits for Redis before it says so, milliseconds. */
export const PRODUCER_TIMEOUT_MS = 1500;

const reconnect = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000);

/** Fails fast: for whoever must answer a request now. */
const PRODUCER = {
  connectTimeout: PRODUCER_TIMEOUT_MS,
  commandTimeout: PRODUCER_TIMEOUT_MS,
  // A connection that carries nothing any more is given up for a new one.
  socketTimeout: 3000,
  maxRetriesPerRequest: 1,
  retryStrategy: reconnect,
  enableAutoPipelining: true,
  keepAlive: 30_000,
};

/** The same for whoever gathers what it says itself: to gather a single command costs a tenth of a millisecond. */
const PLAIN_PRODUCER = { ...PRODUCER, enableAutoPipelining: false };

/** How long a command that a person typed waits for an answer of Redis, milliseconds: a busy one is outlasted. */
export const OPERATOR_TIMEOUT_MS = 10_000;

/** For whoever typed a command: would rather wait than type it again, and is told at last all the same. */
const OPERATOR = {
  ...PRODUCER,
  connectTimeout: 3000,
  commandTimeout: OPERATOR_TIMEOUT_MS,
  // Later than a command gives up by itself: of the two, that says more.
  socketTimeout: OPERATOR_TIMEOUT_MS + 2000,
  // Some 700 ms of them: where nothing listens at all, one is told soon.
  maxRetriesPerRequest: 3,
};

/** Waits as long as it takes: for workers, which have nothing better to do without Redis. */
const CONSUMER = {
  // Above BullMQ's own longest wait: a connection that carries nothing any more is given up for a new one.
  socketTimeout: 30_000,
  commandTimeout: undefined,
  maxRetriesPerRequest: null,
  retryStrategy: reconnect,
  keepAlive: 30_000,
};

type Options = typeof PRODUCER | typeof OPERATOR | typeof CONSUMER;

/** While a replica takes over, a cluster is asked again every 100 ms: so often, before it counts as away. */
const PRODUCER_TRIES = PRODUCER_TIMEOUT_MS / 100;
const OPERATOR_TRIES = OPERATOR_TIMEOUT_MS / 100;
const CONSUMER_TRIES = 600;

/** What a server answers once another has taken over; the second, to a command that was waiting there. */
const DEMOTED = /^(READONLY|UNBLOCKED)\b/;
/** Commands that one reconnection has in hand fail together; the next cannot be sooner than this, milliseconds. */
const ONE_ROUND_MS = 40;
/** A replica met again so soon after a reconnection is no fail-over: it is where the address leads. */
const STILL_DEMOTED_MS = 5000;

/**
 * Leaves a demoted server: ioredis reconnects, and sends the command again where 2 is returned. Nothing was written,
 * so that is safe. A consumer waits so for as long as it takes; others are told the second time.
 */
function leaveDemoted(isPatient: boolean): (error: Error) => false | 1 | 2 {
  let firstMs = -Infinity;
  let lastMs = -Infinity;
  return ({ message }) => {
    if (!DEMOTED.test(message)) return false;
    const nowMs = performance.now();
    if (nowMs - lastMs > STILL_DEMOTED_MS) firstMs = nowMs;
    lastMs = nowMs;
    return isPatient || nowMs - firstMs < ONE_ROUND_MS ? 2 : 1;
  };
}

function connect(address: RedisAddress, kind: Options, tries: number): RedisConnection {
  const options = { ...kind, reconnectOnError: leaveDemoted(kind === CONSUMER) };
  if (address.kind === 'single') return ending(new Redis(address.url, options));
  if (address.kind === 'sentinel') return ending(throughSentinels(address, options));
  const nodes = new Cluster([...address.urls], {
    redisOptions: { ...options, ...accessOf(address.urls) },
    clusterRetryStrategy: reconnect,
    maxRedirections: tries,
    // Names stay names: TLS certificates are made out to them.
    dnsLookup: (host, tell) => tell(null, host),
  });
  const { commandTimeout } = options;
  return endingCluster(commandTimeout === undefined ? nodes : limited(nodes, commandTimeout));
}

/** ioredis counts a command's time from when a node has it: of a cluster that is away it would wait for ever. */
function limited(cluster: Cluster, timeoutMs: number): Cluster {
  const send = cluster.sendCommand.bind(cluster);
  return Object.assign(cluster, {
    sendCommand(...args: Parameters<typeof send>): unknown {
      args[0].setTimeout(timeoutMs);
      return send(...args);
    },
  });
}

const throughSentinels = (
  { hosts, name, username, password, tls }: Extract<RedisAddress, { kind: 'sentinel' }>,
  options: Options & Pick<RedisOptions, 'reconnectOnError'>,
): Redis =>
  new Redis({
    ...options,
    sentinels: [...hosts],
    name,
    sentinelRetryStrategy: reconnect,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === true ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  });

/** User, password and TLS of the first address: nodes that a cluster tells of have addresses without. */
function accessOf([first = '']: readonly string[]): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { protocol, username, password } = new URL(first);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** Redis' own clock, Unix milliseconds: for instants that several processes compare. */
export async function redisNow(redis: RedisConnection): Promise<number> {
  const [seconds = 0, micros = 0] = await redis.time();
  return seconds * 1000 + Math.floor(micros / 1000);
}

/** A connection that fails within `PRODUCER_TIMEOUT_MS`. Whoever opens it closes it. */
export const openProducer = (address: RedisAddress): RedisConnection =>
  connect(address, PRODUCER, PRODUCER_TRIES);

/** The same, for the door: it has few things to say, each of them for many notices. Whoever opens it closes it. */
export const openPlainProducer = (address: RedisAddress): RedisConnection =>
  connect(address, PLAIN_PRODUCER, PRODUCER_TRIES);

/** A connection whose commands wait `OPERATOR_TIMEOUT_MS` at most. Whoever opens it closes it. */
export const openOperator = (address: RedisAddress): RedisConnection =>
  connect(address, OPERATOR, OPERATOR_TRIES);

/** A connection that waits for Redis to come back. Whoever opens it closes it. */
export const openConsumer = (address: RedisAddress): RedisConnection =>
  connect(address, CONSUMER, CONSUMER_TRIES);

/** Closes without waiting for a Redis that may never answer. */
export function closeRedis(connection: RedisConnection): void {
  connection.disconnect();
}
