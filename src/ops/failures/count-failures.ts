import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../platform/clock.js';
import type { RedisConnection } from '../../platform/redis.js';
import { QUEUES } from '../../queue/names.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { FailureKeys } from './keys.js';
import { takeLock, type Lock } from '../../platform/lock.js';
import { lookAtFailed } from './look.js';
import { saveSnapshot } from './snapshot-store.js';
import { createTally, type Tally } from './tally.js';

export interface Counting {
  readonly queues: Pipeline['queues'];
  readonly redis: RedisConnection;
  readonly keys: FailureKeys;
  readonly clock: Clock;
}

/** Jobs at a time: neither Redis nor this process does anything else for some milliseconds. */
const CHUNK = 500;

/** The failed jobs as they stand, without looking at any. */
export interface Standing {
  readonly size: number;
  /** It cannot stay the same when a job fails, or is sent again. */
  readonly signature: string;
}

export async function standingOf({ queues, redis }: Counting): Promise<Standing> {
  const parts = await Promise.all(
    QUEUES.map(async (name) => {
      const key = queues[name].toKey('failed');
      const [size, newest] = await Promise.all([redis.zcard(key), redis.zrevrange(key, 0, 0, 'WITHSCORES')]);
      return { size, newest };
    }),
  );
  return { size: parts.reduce((sum, { size }) => sum + size, 0), signature: JSON.stringify(parts) };
}

export const generationOf = async ({ redis, keys }: Counting): Promise<number> =>
  Number((await redis.get(keys.generation)) ?? 0);

/**
 * Counts the failed jobs of all queues anew, unless another process does. What is sent again meanwhile
 * would be counted all the same: then nothing is kept of it.
 */
export async function countFailures(counting: Counting): Promise<void> {
  const { redis, keys, clock } = counting;
  const lock = await takeLock(redis, keys.reading);
  if (lock === null) return;
  try {
    const [startedMs, takenMs] = [performance.now(), clock()];
    const [{ signature }, generation] = await Promise.all([standingOf(counting), generationOf(counting)]);
    const tally = createTally();
    const counted = await countInto(tally, counting, lock);
    if (!counted || (await generationOf(counting)) !== generation) return;
    const tookMs = performance.now() - startedMs;
    await saveSnapshot(redis, keys, { takenMs, tookMs, signature, generation, groups: tally.groups() });
  } finally {
    await lock.giveBack();
  }
}

/** False: the lock was lost on the way. */
async function countInto(tally: Tally, { queues }: Counting, lock: Lock): Promise<boolean> {
  for (const name of QUEUES) {
    let cursor = '0';
    do {
      const looked = await lookAtFailed(queues[name], cursor, CHUNK);
      tally.add(name, looked.failures);
      ({ cursor } = looked);
      if (!(await lock.keep())) return false;
      // Whoever asks for a page is answered in between.
      await turn();
    } while (cursor !== '0');
  }
  return true;
}
