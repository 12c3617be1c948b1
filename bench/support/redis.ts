import { Redis } from 'ioredis';
import { ownRedis } from '../../test/support/own-redis.js';

/** Does it on a Redis of its own, where what the tests open is opened as well. */
export async function onOwnRedis<T>(work: (url: string, admin: Redis) => Promise<T>): Promise<T> {
  const redis = await ownRedis();
  const admin = new Redis(redis.url);
  const before = process.env['TEST_REDIS_URL'];
  process.env['TEST_REDIS_URL'] = redis.url;
  try {
    return await work(redis.url, admin);
  } finally {
    if (before === undefined) delete process.env['TEST_REDIS_URL'];
    else process.env['TEST_REDIS_URL'] = before;
    admin.disconnect();
    await redis.stop();
  }
}
