import type { Queue } from 'bullmq';
import type { RedisConnection } from '../platform/redis.js';
import { keepClaimed, type Claimed } from './claimed.js';
import { COUNT, IS_TAKEN, readTaken, TAKE } from './claims-scripts.js';
import { PAUSED_AT } from './retry.js';

/**
 * The notices that are carried out at this moment without a job of their own, by the id that the job would have.
 * Whoever hears of one of them meanwhile makes a job of it, as beside one that is active; so a claim that is left
 * behind by a process that was killed costs no notice, only a job.
 */
export interface Claims {
  /**
   * Of these ids (no two the same), those that the caller may carry out now: nobody else has claimed them, and no job
   * of that id stands in the queue, in whatever state. None at all while notices wait, or the queue is paused.
   */
  take(ids: readonly string[]): Promise<Claimed>;
  /** Whether somebody carries this one out now. */
  isTaken(id: string): Promise<boolean>;
  /** How many are carried out now. */
  count(): Promise<number>;
  /** Removes those whose ids are meant: of whom nobody is at work for, but was, and was killed. */
  forget(isMeant: (id: string) => boolean): Promise<void>;
}

/** A claim that is not renewed ends after so long, milliseconds. */
const LEASE_MS = 60_000;

/** @param notices the queue; the claims stand in its slot, over the same connection */
export function createClaims(
  redis: RedisConnection,
  notices: Pick<Queue, 'toKey'>,
  leaseMs = LEASE_MS,
): Claims {
  const key = notices.toKey('claims');
  const keys = [key, ...['limiter', 'meta', 'wait'].map((part) => notices.toKey(part))];
  const before = notices.toKey('');
  return {
    async take(ids) {
      const { endsMs, places } = readTaken(await TAKE(redis, keys, [leaseMs, PAUSED_AT, before, ...ids]));
      return keepClaimed({ redis, key, leaseMs }, new Set(places.flatMap((at) => ids[at - 1] ?? [])), endsMs);
    },
    isTaken: async (id) => (await IS_TAKEN(redis, [key], [id])) === 1,
    count: async () => Number(await COUNT(redis, [key], [])),
    async forget(isMeant) {
      const meant = (await redis.zrange(key, '0', '-1')).filter(isMeant);
      if (meant.length > 0) await redis.zrem(key, ...meant);
    },
  };
}
