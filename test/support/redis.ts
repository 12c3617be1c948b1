import { randomBytes } from 'node:crypto';
import { redisTarget } from '../../src/config-environment.js';
import {
  closeRedis,
  isCluster,
  openConsumer,
  type RedisAddress,
  type RedisConnection,
} from '../../src/platform/redis.js';
import { scanKeys } from '../../src/platform/redis-commands.js';
import { prefixOf, type QueueName } from '../../src/queue/jobs.js';

export interface TestRedis {
  readonly url: string;
  readonly address: RedisAddress;
  readonly connection: RedisConnection;
  /** `{t-<random>}`: put it in front of every key. Its braces keep the keys together in a cluster. */
  readonly prefix: string;
  /** Of our own data, for which a hash tag is not meant: in a cluster it has none, so that they spread. */
  readonly dataPrefix: string;
  /** Deletes the keys of both prefixes and disconnects. */
  readonly close: () => Promise<void>;
}

/** A connection and a prefix of its own for a test file, on the Redis of the run. */
export async function testRedis(): Promise<TestRedis> {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined)
    throw new Error('TEST_REDIS_URL is not set: jest runs test/support/global-setup.mjs');
  const address = addressOf(url);
  const connection = openConsumer(address);
  const prefix = `{t-${randomBytes(6).toString('hex')}}`;
  await connection.ping();
  return {
    url,
    address,
    connection,
    prefix,
    dataPrefix: dataPrefixOf(prefix, isCluster(connection)),
    close: async () => {
      await removeKeys(connection, prefix);
      closeRedis(connection);
    },
  };
}

/** Beside queues of this prefix. */
export const dataPrefixOf = (prefix: string, inCluster: boolean): string =>
  inCluster ? `${prefix.slice(1, -1)}:data` : `${prefix}data`;

/** A key of a queue as BullMQ names it: `wait`, `failed`, a job's id. */
export const queueKey = (
  { connection, prefix }: Pick<TestRedis, 'connection' | 'prefix'>,
  queue: QueueName,
  rest: string,
): string => `${prefixOf(prefix, queue, isCluster(connection))}:${queue}:${rest}`;

/** As `REDIS_URL` is read. */
export function addressOf(url: string): RedisAddress {
  const address = redisTarget(url);
  if (address === null) throw new Error(`${url} is no address of a Redis`);
  return address;
}

/** Does something in a Redis beside the program, over a connection of its own. */
export async function withRedisAt<T>(url: string, act: (redis: RedisConnection) => Promise<T>): Promise<T> {
  const redis = openConsumer(addressOf(url));
  try {
    await redis.ping();
    return await act(redis);
  } finally {
    closeRedis(redis);
  }
}

/** The keys that match, of every server. */
export async function keysLike(redis: RedisConnection, match: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const keys of scanKeys(redis, match)) found.push(...keys);
  return found;
}

/** Every key of a test's prefix; in a cluster, of all that begin with the same random name. */
export const keysOf = (redis: RedisConnection, prefix: string): AsyncIterable<readonly string[]> =>
  scanKeys(redis, isCluster(redis) ? `*${prefix.replaceAll(/[{}]/g, '')}*` : `${prefix}*`);

export async function removeKeys(redis: RedisConnection, prefix: string): Promise<void> {
  for await (const keys of keysOf(redis, prefix)) await Promise.all(keys.map((key) => redis.unlink(key)));
}
