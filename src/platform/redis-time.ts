import type { RedisConnection } from './redis.js';

/** Redis' own present, Unix milliseconds: the one clock for instants that several processes compare. */
export async function redisTimeMs(redis: RedisConnection): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}
