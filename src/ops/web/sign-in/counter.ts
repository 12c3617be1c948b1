import type { Store } from 'express-rate-limit';
import type { RedisConnection } from '../../../platform/redis.js';

/** KEYS: a count. ARGV: how long it is kept from its first on, ms. Answers with the count, and what is left of that. */
const INCREMENT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;

/** Takes one back, unless the count is gone: a new one would never end. */
const DECREMENT = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then return redis.call('DECR', KEYS[1]) end
return 0`;

/** Counts over all web processes. @param prefix of the keys, which end with whom they count */
export function createCounter(redis: RedisConnection, prefix: string, windowMs: number): Store {
  const nameOf = (whom: string): string => `${prefix}:{${whom}}`;
  return {
    localKeys: false,
    async increment(whom) {
      const [count, leftMs] = readReply(await redis.eval(INCREMENT, 1, nameOf(whom), windowMs));
      return { totalHits: count, resetTime: new Date(Date.now() + leftMs) };
    },
    async decrement(whom) {
      // Nobody waits for it: a success that stays counted as a failure harms less than an error nobody takes.
      await redis.eval(DECREMENT, 1, nameOf(whom)).catch(() => undefined);
    },
    async resetKey(whom) {
      await redis.del(nameOf(whom));
    },
  };
}

function readReply(reply: unknown): readonly [count: number, leftMs: number] {
  const [count, leftMs] = Array.isArray(reply) ? reply.map(Number) : [];
  if (count === undefined || leftMs === undefined) throw new Error('Redis counted in an unknown way');
  return [count, leftMs];
}
