import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  asBatchId,
  asEarnerKey,
  asEventId,
  type BadgeId,
  type BatchId,
  type EarnerKey,
  type EventId,
} from '../ids.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored, scriptOf } from '../platform/redis-commands.js';

/** Awards that are due wait in the outbox of their badge, and leave it in batches: one batch is one issue call. */

/** Where a badge's batches and its outbox stand: in one slot of a cluster. */
export const batchesKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:batches:{${badgeId}}`;

/**
 * - `open`: nothing of it was sent;
 * - `sending`: the call was about to be made: nobody may make it again before OBF has been read;
 * - `sent`: OBF has it, by `event`; it remains to be recorded for each earner.
 */
const form = z.object({
  state: z.enum(['open', 'sending', 'sent']),
  earners: z.array(z.string().transform(asEarnerKey)).readonly(),
  createdMs: z.number(),
  /** When the call was about to be made, Unix milliseconds. */
  sentMs: z.number().nullable(),
  event: z.string().transform(asEventId).nullable(),
  /** OBF sends no e-mail for it. */
  suppressEmail: z.boolean().default(false),
  /** When OBF first refused it, or the batch that it was split from, Unix milliseconds; null: never. */
  refusedMs: z.number().nullable().default(null),
  /** OBF refused it when it was a single earner. */
  refusedAlone: z.boolean().default(false),
});

/** Earners whose award of one badge leaves in one issue call. */
export interface Batch extends z.output<typeof form> {
  readonly id: BatchId;
  readonly badgeId: BadgeId;
}

const newBatch = (
  of: Pick<Batch, 'badgeId' | 'earners' | 'createdMs' | 'suppressEmail' | 'refusedMs'>,
): Batch => ({
  id: asBatchId(randomUUID()),
  state: 'open',
  sentMs: null,
  event: null,
  refusedAlone: false,
  ...of,
});

/** One writing of a batch, so that what was read can be compared byte by byte. */
const encodeBatch = (batch: Batch): string => {
  const { state, earners, createdMs, sentMs, event, suppressEmail, refusedMs, refusedAlone } = batch;
  const quiet = suppressEmail ? { suppressEmail } : {};
  const refused = refusedMs === null ? {} : { refusedMs, refusedAlone };
  return JSON.stringify({ state, earners, createdMs, sentMs, event, ...quiet, ...refused });
};

export type Batches = ReturnType<typeof createBatches>;

const SWAP = scriptOf(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`);

const SPLIT = scriptOf(`
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
return 1`);

/** The batches that are under way. @param prefix of the keys, without a hash tag */
export function createBatches(redis: RedisConnection, prefix: string, now: RedisTime) {
  const key = (badgeId: BadgeId): string => batchesKey(prefix, badgeId);
  const swap = async (from: Batch, to: Batch): Promise<Batch | null> => {
    const swapped = await SWAP(redis, [key(from.badgeId)], [from.id, encodeBatch(from), encodeBatch(to)]);
    return swapped === 1 ? to : null;
  };
  /** @throws StoredJsonUnreadable */
  const decode = (badgeId: BadgeId, id: BatchId, text: string | null): Batch | null => {
    const stored = parseStored(form, key(badgeId), text);
    return stored && { ...stored, id, badgeId };
  };
  return {
    of: async (badgeId: BadgeId): Promise<readonly BatchId[]> =>
      (await redis.hkeys(key(badgeId))).map(asBatchId),
    find: async (badgeId: BadgeId, id: BatchId): Promise<Batch | null> =>
      decode(badgeId, id, await redis.hget(key(badgeId), id)),
    async all(badgeId: BadgeId): Promise<readonly Batch[]> {
      const texts = Object.entries(await redis.hgetall(key(badgeId)));
      return texts.flatMap(([id, text]) => decode(badgeId, asBatchId(id), text) ?? []);
    },
    /** From the state in which it was read to `sending`, with those who are sent; null: another caller was quicker. */
    startSending: async (batch: Batch, earners: readonly EarnerKey[]): Promise<Batch | null> =>
      swap(batch, { ...batch, state: 'sending', sentMs: await now(), earners }),
    /** Dates the sending anew; resolves with the present, Unix milliseconds. */
    async restamp(sending: Batch): Promise<number> {
      const sentMs = await now();
      await swap(sending, { ...sending, sentMs });
      return sentMs;
    },
    /** From `sending` to `sent`; null: the batch is no longer known (Redis was lost meanwhile). */
    markSent: (sending: Batch, event: EventId): Promise<Batch | null> =>
      swap(sending, { ...sending, state: 'sent', event }),
    /** From `sending` back to `open`: OBF certainly has nothing of it. */
    rollbackSend: (sending: Batch): Promise<unknown> =>
      swap(sending, { ...sending, state: 'open', sentMs: null }),
    /** The same, and remembers that OBF said so. */
    async reopenRefused(sending: Batch): Promise<Batch> {
      const refusedMs = sending.refusedMs ?? (await now());
      const refusedAlone = sending.earners.length === 1;
      const open: Batch = { ...sending, state: 'open', sentMs: null, refusedMs, refusedAlone };
      await swap(sending, open);
      return open;
    },
    /** Puts a batch for each of these parts in the batch's place, once; a part without earners is none. */
    async split(batch: Batch, parts: readonly (readonly EarnerKey[])[]): Promise<readonly BatchId[]> {
      const { badgeId, suppressEmail, refusedMs } = batch;
      const filled = parts.filter((earners) => earners.length > 0);
      const createdMs = await now();
      const smaller = filled.map((earners) =>
        newBatch({ badgeId, earners, createdMs, suppressEmail, refusedMs }),
      );
      const fields = smaller.flatMap((one) => [one.id, encodeBatch(one)]);
      await SPLIT(redis, [key(badgeId)], [batch.id, ...fields]);
      return smaller.map(({ id }) => id);
    },
    /** Everything about the batch is recorded: forget it. */
    finish: ({ badgeId, id }: Batch): Promise<unknown> => redis.hdel(key(badgeId), id),
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

/** Two gatherings of one badge met: the work is to be tried again. */
export class OutboxError extends Error {
  readonly code = 'outbox_contention';
}

/** Moves the earners from the outbox into the batch if all of them still wait; else changes nothing. */
const TAKE_BATCH = scriptOf(`
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then return 0 end
end
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`);

/** Before the key of an earner whose award leaves without an e-mail. */
const QUIET = '~';
const isQuiet = (member: string): boolean => member.startsWith(QUIET);
const earnerOf = (member: string): EarnerKey => asEarnerKey(isQuiet(member) ? member.slice(1) : member);

/** Awards that are due and wait to leave together, by badge. They leave it into a batch only. */
export function createOutbox(redis: RedisConnection, prefix: string, now: RedisTime) {
  const key = (badgeId: BadgeId): string => `${prefix}:outbox:{${badgeId}}`;
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
    /**
     * How many wait; how long the oldest has waited, and how long ago the newest came, milliseconds. Null: none waits.
     */
    async look(badgeId: BadgeId) {
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
      const batch = newBatch({ badgeId, earners, createdMs: await now(), suppressEmail, refusedMs: null });
      const keys = [key(badgeId), batchesKey(prefix, badgeId)];
      const moved = await TAKE_BATCH(redis, keys, [batch.id, encodeBatch(batch), ...leaving]);
      if (moved !== 1) throw new OutboxError('Two gatherings of one badge met: the other one goes on');
      return batch;
    },
  };
}
