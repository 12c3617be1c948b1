import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { closeRedis, type RedisAddress, type RedisConnection } from '../../src/platform/redis.js';

export interface TestRedis {
  readonly url: string;
  readonly address: RedisAddress;
  readonly connection: RedisConnection;
  /** `{t-<random>}`: put it in front of every key. Its braces keep the keys together in a cluster. */
  readonly prefix: string;
  /** Deletes the keys of `prefix` and disconnects. */
  readonly close: () => Promise<void>;
}

/** A connection and a prefix of its own for a test file, on the Redis of the run. */
export async function testRedis(): Promise<TestRedis> {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined)
    throw new Error('TEST_REDIS_URL is not set: jest runs test/support/global-setup.mjs');
  const connection = new Redis(url, { maxRetriesPerRequest: 1 });
  const prefix = `{t-${randomBytes(6).toString('hex')}}`;
  await connection.ping();
  return {
    url,
    address: { kind: 'single', url },
    connection,
    prefix,
    close: async () => {
      const keys = await keysOf(connection, prefix);
      if (keys.length > 0) await connection.unlink(...keys);
      closeRedis(connection);
    },
  };
}

async function keysOf(connection: Redis, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of connection.scanStream({ match: `${prefix}*`, count: 1000 }))
    keys.push(...(page as string[]));
  return keys;
}
