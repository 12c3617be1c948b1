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

/** The lines of `everythingIn`, sorted, without keys that expire: what a reading command must not change. */
export async function lastingIn(url: string): Promise<readonly string[]> {
  return withRedisAt(url, async (redis) => {
    const parts: string[] = [];
    for await (const keys of keysOf(redis, ''))
      for (const key of keys)
        if ((await redis.pttl(key)) === -1) parts.push(...(await everythingOf(redis, [key])));
    return parts.join('\n').split('\n').toSorted();
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
      return JSON.stringify(
        Object.entries(await redis.hgetallBuffer(key)).map(([field, value]) => [field, readable(value)]),
      );
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    default:
      return readable((await redis.getBuffer(key)) ?? Buffer.alloc(0));
  }
}

/** In sealed bytes an `@` comes by chance; a text of so many characters in a row does not. */
const RUN = /[\x20-\x7e]{12,}/g;

/** A text as it is; of other bytes, the texts among them. */
function readable(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes('\ufffd') ? (bytes.toString('latin1').match(RUN) ?? []).join(' ') : text;
}
