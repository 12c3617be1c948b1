import { Cluster, Redis } from 'ioredis';

/** Where Redis is: one server, a cluster's nodes, or sentinels that know the master. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | {
      readonly kind: 'sentinel';
      readonly hosts: readonly { host: string; port: number }[];
      readonly name: string;
    };

export type RedisConnection = Redis | Cluster;

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

/** Waits as long as it takes: for workers, which have nothing better to do without Redis. */
const CONSUMER = {
  // Above BullMQ's own longest wait: a connection that carries nothing any more is given up for a new one.
  socketTimeout: 30_000,
  maxRetriesPerRequest: null,
  retryStrategy: reconnect,
  keepAlive: 30_000,
};

function connect(address: RedisAddress, options: typeof PRODUCER | typeof CONSUMER): RedisConnection {
  if (address.kind === 'single') return new Redis(address.url, options);
  if (address.kind === 'sentinel')
    return new Redis({ ...options, sentinels: [...address.hosts], name: address.name });
  return new Cluster([...address.urls], { redisOptions: options, clusterRetryStrategy: reconnect });
}

/** A connection that fails within `PRODUCER_TIMEOUT_MS`. Whoever opens it closes it. */
export const openProducer = (address: RedisAddress): RedisConnection => connect(address, PRODUCER);

/** A connection that waits for Redis to come back. Whoever opens it closes it. */
export const openConsumer = (address: RedisAddress): RedisConnection => connect(address, CONSUMER);

/** Closes without waiting for a Redis that may never answer. */
export function closeRedis(connection: RedisConnection): void {
  connection.disconnect();
}
