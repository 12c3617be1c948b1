import { asEarnerKey, type BadgeId, type EarnerKey } from '../ids.js';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { batchesKey, encodeBatch, newBatch, outboxKey, type Batch } from './batch.js';

/** Awards that are due and wait to leave together, by badge. Nothing leaves it but into a batch. */
export interface Outbox {
  /**
   * Puts an earner in (once, however often it is said); resolves with how many wait for this badge.
   * @param quiet OBF is to send no e-mail: they leave apart from those who are told
   */
  put(badgeId: BadgeId, earner: EarnerKey, quiet?: boolean): Promise<number>;
  /** Takes earners out, whether they waited or not. */
  remove(badgeId: BadgeId, earners: readonly EarnerKey[]): Promise<void>;
  waiting(badgeId: BadgeId): Promise<number>;
  /** When the oldest and the newest of them came, Unix milliseconds; null when none waits. */
  waitingSince(badgeId: BadgeId): Promise<{ readonly oldestMs: number; readonly newestMs: number } | null>;
  /**
   * Takes up to `max` earners out, oldest first, and into a new batch, in one step; null when none waits.
   * All of a batch are told by OBF, or none.
   * @throws OutboxError when another gathering of the same badge was quicker
   */
  closeBatch(badgeId: BadgeId, max: number): Promise<Batch | null>;
}

/** The outbox was changed under our hands: the work is to be tried again. */
export class OutboxError extends Error {
  readonly code = 'outbox_contention';
}

/** Moves the earners from the outbox into the batch if all of them still wait; else changes nothing. */
const CLOSE_BATCH = `
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then return 0 end
end
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`;

/** Before the key of an earner whose award leaves without an e-mail. */
const QUIET = '~';
const isQuiet = (member: string): boolean => member.startsWith(QUIET);
const earnerOf = (member: string): EarnerKey => asEarnerKey(isQuiet(member) ? member.slice(1) : member);

/** @param prefix of the keys, without a hash tag */
export function createOutbox(redis: RedisConnection, prefix: string, clock: Clock): Outbox {
  const key = (badgeId: BadgeId): string => outboxKey(prefix, badgeId);
  return {
    async put(badgeId, earner, quiet = false) {
      await redis.zadd(key(badgeId), 'NX', clock(), (quiet ? QUIET : '') + earner);
      return redis.zcard(key(badgeId));
    },
    async remove(badgeId, earners) {
      const members = earners.flatMap((earner) => [earner, QUIET + earner]);
      if (members.length > 0) await redis.zrem(key(badgeId), ...members);
    },
    waiting: (badgeId) => redis.zcard(key(badgeId)),
    async waitingSince(badgeId) {
      const [[, oldest], [, newest]] = await Promise.all([
        redis.zrange(key(badgeId), '0', '0', 'WITHSCORES'),
        redis.zrange(key(badgeId), '-1', '-1', 'WITHSCORES'),
      ]);
      if (oldest === undefined || newest === undefined) return null;
      return { oldestMs: Number(oldest), newestMs: Number(newest) };
    },
    async closeBatch(badgeId, max) {
      const waiting = await redis.zrange(key(badgeId), '0', String(max - 1));
      if (waiting.length === 0) return null;
      const quiet = isQuiet(waiting[0] ?? '');
      const leaving = waiting.filter((member) => isQuiet(member) === quiet);
      const batch = newBatch(badgeId, leaving.map(earnerOf), clock(), quiet);
      const [from, to] = [key(badgeId), batchesKey(prefix, badgeId)];
      const moved = await redis.eval(CLOSE_BATCH, 2, from, to, batch.id, encodeBatch(batch), ...leaving);
      if (moved !== 1) throw new OutboxError('Two gatherings of one badge met: the other one goes on');
      return batch;
    },
  };
}
