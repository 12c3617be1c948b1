import { isInFlightElsewhere, type Person } from '../earners/person.js';
import { asEarnerKey, type BadgeId, type EarnerKey } from '../ids.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { batchesKey, encodeBatch, newBatch, outboxKey, type Batch } from './batches.js';
import type { Ledger } from './ledger.js';
import type { IssuingPace } from './pace.js';

export type Outbox = ReturnType<typeof createOutbox>;

/** Two gatherings of one badge met: the work is to be tried again. */
export class OutboxError extends Error {
  readonly code = 'outbox_contention';
}

/** Moves the earners from the outbox into the batch if all of them still wait; else changes nothing. */
const TAKE_BATCH = `
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

/**
 * Awards that are due and wait to leave together, by badge. They leave it into a batch only.
 * @param prefix of the keys, without a hash tag
 */
export function createOutbox(redis: RedisConnection, prefix: string, now: RedisTime) {
  const key = (badgeId: BadgeId): string => outboxKey(prefix, badgeId);
  return {
    /**
     * Adds an earner, once.
     * @param suppressEmail OBF sends no e-mail: they leave apart from the others
     */
    async put(badgeId: BadgeId, earner: EarnerKey, suppressEmail = false): Promise<void> {
      await redis.zadd(key(badgeId), 'NX', await now(), (suppressEmail ? QUIET : '') + earner);
    },
    /** Takes earners out, whether they waited or not. */
    async remove(badgeId: BadgeId, earners: readonly EarnerKey[]): Promise<void> {
      const members = earners.flatMap((earner) => [earner, QUIET + earner]);
      if (members.length > 0) await redis.zrem(key(badgeId), ...members);
    },
    waiting: (badgeId: BadgeId): Promise<number> => redis.zcard(key(badgeId)),
    /** Null: none waits. */
    async look(badgeId: BadgeId): Promise<Omit<Gathered, 'moreMayCome'> | null> {
      const at = (place: '0' | '-1') => redis.zrange(key(badgeId), place, place, 'WITHSCORES');
      const waiting = await redis.zcard(key(badgeId));
      const [[, oldest], [, newest]] = [await at('0'), await at('-1')];
      if (oldest === undefined || newest === undefined) return null;
      const nowMs = await now();
      return { waiting, waitedMs: nowMs - Number(oldest), quietForMs: nowMs - Number(newest) };
    },
    /**
     * Moves up to `max` earners, oldest first, into a new batch, in one step; null: none waits. All of a batch get an
     * e-mail from OBF, or none.
     * @throws OutboxError when another gathering of the same badge was quicker
     */
    async takeBatch(badgeId: BadgeId, max: number): Promise<Batch | null> {
      const waiting = await redis.zrange(key(badgeId), '0', String(max - 1));
      if (waiting.length === 0) return null;
      const suppressEmail = isQuiet(waiting[0] ?? '');
      const leaving = waiting.filter((member) => isQuiet(member) === suppressEmail);
      const earners = leaving.map(earnerOf);
      const batch = newBatch({ badgeId, earners, createdMs: await now(), suppressEmail });
      const [from, to] = [key(badgeId), batchesKey(prefix, badgeId)];
      const moved = await redis.eval(TAKE_BATCH, 2, from, to, batch.id, encodeBatch(batch), ...leaving);
      if (moved !== 1) throw new OutboxError('Two gatherings of one badge met: the other one goes on');
      return batch;
    },
  };
}

/**
 * Puts what is due to one person into the outbox; the caller has it gathered. An award that is on its way in a batch
 * stays there, and one that was issued meanwhile stays issued. Idempotent.
 * @param how what set it off, and whether OBF sends no e-mail
 * @returns the badges that this person waits for now
 */
export async function enqueueAward(
  { ledger, outbox }: { readonly ledger: Ledger; readonly outbox: Outbox },
  { person, due }: { readonly person: Person; readonly due: readonly { award: { badgeId: BadgeId } }[] },
  how: { readonly cause: string; readonly suppressEmail: boolean },
): Promise<readonly BadgeId[]> {
  const { earner, portfolio } = person;
  const waiting: BadgeId[] = [];
  for (const { badgeId } of due.map(({ award }) => award)) {
    if (isInFlightElsewhere(person, badgeId)) continue;
    const held = portfolio.held.filter((assertion) => assertion.badgeId === badgeId);
    const over = held.flatMap(({ eventId }) => eventId ?? []);
    const record = await ledger.applyIfPossible(earner, badgeId, { type: 'comes-due', over, ...how });
    if (record?.state !== 'due') continue;
    await outbox.put(badgeId, earner, record.suppressEmail);
    waiting.push(badgeId);
  }
  return waiting;
}

/** What waits for one badge. */
export interface Gathered {
  readonly waiting: number;
  /** How long the oldest of them has waited, milliseconds. */
  readonly waitedMs: number;
  /** How long ago the newest of them came, milliseconds. */
  readonly quietForMs: number;
  /** Notices are being read or people evaluated: more awards may come due. */
  readonly moreMayCome: boolean;
}

/** Looks come at distances of this part of the time waited: few in all, and none much too late. */
const PART = 1 / 4;

/**
 * Pure. How long until they leave, or are to be looked at again, milliseconds; 0: they leave now. A full batch leaves at
 * once, another as soon as nothing more is on its way. Each batch costs a few calls of OBF.
 */
export function batchDelayMs(
  { waiting, waitedMs, quietForMs, moreMayCome }: Gathered,
  { quietMs, gatherMs, batchMax }: Pick<IssuingPace, 'quietMs' | 'gatherMs' | 'batchMax'>,
): number {
  // An instant ahead is of a clock that was set back: nobody waits for it.
  if (waitedMs < 0) return 0;
  const leftMs = gatherMs - waitedMs;
  if (waiting >= batchMax || leftMs <= 0) return 0;
  const lookMs = moreMayCome ? waitedMs * PART : 0;
  const quietInMs = quietForMs < 0 ? 0 : quietMs - quietForMs;
  return Math.ceil(Math.min(leftMs, Math.max(quietInMs, lookMs)));
}
