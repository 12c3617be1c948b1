import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { DATA_PREFIX } from '../src/queue/names.js';
import { fillingOf } from './memory-fill.js';

/** Bytes of Redis an earner: what each group of keys added to all that Redis uses. */
export interface MemoryFigures {
  readonly earners: number;
  /** The record. */
  readonly people: number;
  readonly seen: number;
  /** The index of the journal's two entries. */
  readonly index: number;
  readonly all: number;
  /** How long the filling took. */
  readonly seconds: number;
}

/** @param redisUrl of a Redis that is emptied */
export async function measureMemory(redisUrl: string, earners: number): Promise<MemoryFigures> {
  const began = Date.now();
  const redis = new Redis(redisUrl);
  await redis.flushall();
  // What is written to its file meanwhile is not what is measured, and would take as long again.
  await redis.config('SET', 'appendonly', 'no', 'save', '');
  const filling = fillingOf(redis, DATA_PREFIX, earners);
  // Room for the scripts and what a connection takes, before anything is counted.
  await filling.seen();
  await redis.flushall();
  const each = async (work: () => Promise<void>): Promise<number> => {
    const before = await usedBytes(redis);
    await work();
    return ((await usedBytes(redis)) - before) / earners;
  };
  const people = await each(filling.people);
  const seen = await each(filling.seen);
  const index = await each(filling.index);
  redis.disconnect();
  const all = people + seen + index;
  return { earners, people, seen, index, all, seconds: (Date.now() - began) / 1000 };
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
