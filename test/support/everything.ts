import type { RedisConnection } from '../../src/platform/redis.js';
import { keysOf, withRedisAt } from './redis.js';

/** Every key and value under a prefix, as one text: what a thief of Redis would read. */
export async function everythingIn(url: string, prefix: string): Promise<string> {
  return withRedisAt(url, async (redis) => {
    const parts: string[] = [];
    for await (const keys of keysOf(redis, prefix)) parts.push(...(await everythingOf(redis, keys)));
    return parts.join('\n');
  });
}

/** These keys, and after each its value. */
export async function everythingOf(redis: RedisConnection, keys: readonly string[]): Promise<string[]> {
  const parts: string[] = [];
  for (const key of keys) parts.push(key, await dump(redis, key));
  return parts;
}

async function dump(redis: RedisConnection, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      // Records are sealed; one line each, whatever their bytes.
      return ((await redis.getBuffer(key))?.toString('latin1') ?? '').replaceAll('\n', ' ');
  }
}
