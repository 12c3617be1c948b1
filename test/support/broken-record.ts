import { recordKey } from '../../src/earners/store.js';
import { asEarnerKey } from '../../src/ids.js';
import type { RedisConnection } from '../../src/platform/redis.js';

/** What a hand may leave in the place of an earner's record. @param prefix of the keys */
export async function breakRecord(redis: RedisConnection, prefix: string, earner: string): Promise<void> {
  await redis.set(recordKey(prefix, asEarnerKey(earner)), 'what a hand wrote');
}
