import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createAudit } from '../src/audit/audit.js';
import { DATA_PREFIX } from '../src/queue/names.js';
import { fillingOf } from './memory-fill.js';

/** Bytes of Redis an earner: what each group of keys added to all that Redis uses. */
export interface MemoryFigures {
  readonly earners: number;
  readonly badges: number;
  readonly people: number;
  readonly seen: number;
  /** Of the two entries of each. */
  readonly account: number;
  /** All but the account. */
  readonly withoutAccount: number;
  readonly all: number;
}

/** @param redisUrl of a Redis that is emptied. @param withAccount without it, its figure is 0 */
export async function measureMemory(
  redisUrl: string,
  earners: number,
  withAccount = true,
): Promise<MemoryFigures> {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  const audit = createAudit(redis, DATA_PREFIX, 'Europe/Paris');
  const filling = fillingOf(redis, DATA_PREFIX, audit, earners);
  // Room for the scripts and what a connection takes, before anything is counted.
  await filling.badges();
  await redis.flushall();
  const each = async (work: () => Promise<void>): Promise<number> => {
    const before = await usedBytes(redis);
    await work();
    return ((await usedBytes(redis)) - before) / earners;
  };
  const badges = await each(filling.badges);
  const people = await each(filling.people);
  const seen = await each(filling.seen);
  const account = withAccount ? await each(filling.account) : 0;
  redis.disconnect();
  const withoutAccount = badges + people + seen;
  return { earners, badges, people, seen, account, withoutAccount, all: withoutAccount + account };
}

/** While Redis moves its keys into a larger table it has both, and what was just sent stands in buffers. */
async function usedBytes(redis: Redis): Promise<number> {
  let last = NaN;
  for (;;) {
    const [memory, stats] = await Promise.all([redis.info('memory'), redis.info('persistence')]);
    const now = Number(/^used_memory:(\d+)/m.exec(memory)?.[1]);
    const isBusy = /^(?:rdb_bgsave|aof_rewrite)_in_progress:1/m.test(stats);
    if (!isBusy && Math.abs(now - last) < 2048) return now;
    last = now;
    await pause(300);
  }
}
