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

// Due awards wait in the outbox of their badge and leave it in batches. One batch is one issue call.

/** Returns the key of a badge's batches. Its hash tag puts them into the outbox' slot of a cluster. */
export const batchesKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:batches:{${badgeId}}`;

/**
 * - `open`: nothing was sent.
 * - `sending`: the issue call may have been made. Nobody may repeat it before OBF has been read.
 * - `sent`: OBF has it as `event`. The earners' records are not all written yet.
 */
const form = z.object({
  state: z.enum(['open', 'sending', 'sent']),
  earners: z.array(z.string().transform(asEarnerKey)).readonly(),
  createdMs: z.number(),
  /** When the call was about to be made, Unix milliseconds. */
  sentMs: z.number().nullable(),
  event: z.string().transform(asEventId).nullable(),
  /** OBF sends no e-mail to its earners. */
  suppressEmail: z.boolean().default(false),
  /** When OBF first refused this batch, or the one it was split from, Unix milliseconds; null: never. */
  refusedMs: z.number().nullable().default(null),
  /** OBF refused it when it had a single earner. */
  refusedAlone: z.boolean().default(false),
  /** How many runs have begun: of those that a lost lock lets overlap, the latest has the batch. */
  run: z.int().default(0),
});

/** The earners of one issue call for one badge. */
export interface Batch extends z.output<typeof form> {
  readonly id: BatchId;
  readonly badgeId: BadgeId;
}

const newBatch = (
  fields: Pick<Batch, 'badgeId' | 'earners' | 'createdMs' | 'suppressEmail' | 'refusedMs'>,
): Batch => ({
  id: asBatchId(randomUUID()),
  state: 'open',
  sentMs: null,
  event: null,
  refusedAlone: false,
  run: 0,
  ...fields,
});

/** Encodes a batch always in the same way: `SWAP` compares it byte by byte. */
const encodeBatch = (batch: Batch): string => {
  const { state, earners, createdMs, sentMs, event, suppressEmail, refusedMs, refusedAlone, run } = batch;
  const emailFields = suppressEmail ? { suppressEmail } : {};
  const refusalFields = refusedMs === null ? {} : { refusedMs, refusedAlone };
  const fields = { state, earners, createdMs, sentMs, event, run };
  return JSON.stringify({ ...fields, ...emailFields, ...refusalFields });
};

/** Another run has this batch by now: it does the rest. */
export class BatchTaken extends Error {
  readonly code = 'batch_taken';
  constructor() {
    super('Another run has this batch by now');
  }
}

export type Batches = ReturnType<typeof createBatches>;

const SWAP = scriptOf(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`);

/** Deletes a batch that this run has, and adds others in its place. ARGV: its id, the run; id and text of each other. */
const REPLACE = scriptOf(`
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text or cjson.decode(text).run ~= tonumber(ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[3] then redis.call('HSET', KEYS[1], unpack(ARGV, 3)) end
return 1`);

/** The batches that are not finished. @param prefix of the keys, without a hash tag */
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
    ids: async (badgeId: BadgeId): Promise<readonly BatchId[]> =>
      (await redis.hkeys(key(badgeId))).map(asBatchId),
    find: async (badgeId: BadgeId, id: BatchId): Promise<Batch | null> =>
      decode(badgeId, id, await redis.hget(key(badgeId), id)),
    async all(badgeId: BadgeId): Promise<readonly Batch[]> {
      const texts = Object.entries(await redis.hgetall(key(badgeId)));
      return texts.flatMap(([id, text]) => decode(badgeId, asBatchId(id), text) ?? []);
    },
    /** Gives a batch, as it was read, to a new run: no older run sends, splits or deletes it. @throws BatchTaken */
    async begin(batch: Batch): Promise<Batch> {
      const begun = await swap(batch, { ...batch, run: batch.run + 1 });
      if (begun === null) throw new BatchTaken();
      return begun;
    },
    /** Moves a batch, as it was read, to `sending`, with these earners; null: another caller was quicker. */
    startSending: async (batch: Batch, earners: readonly EarnerKey[]): Promise<Batch | null> =>
      swap(batch, { ...batch, state: 'sending', sentMs: await now(), earners }),
    /** Sets the time of sending to the present. @returns it, Unix milliseconds */
    async restamp(sending: Batch): Promise<number> {
      const sentMs = await now();
      await swap(sending, { ...sending, sentMs });
      return sentMs;
    },
    /** Moves a batch from `sending` to `sent`; null: Redis has lost it meanwhile. */
    markSent: (sending: Batch, event: EventId): Promise<Batch | null> =>
      swap(sending, { ...sending, state: 'sent', event }),
    /** Moves a batch from `sending` back to `open`: OBF certainly has nothing of it. */
    rollbackSend: (sending: Batch): Promise<unknown> =>
      swap(sending, { ...sending, state: 'open', sentMs: null }),
    /** As `rollbackSend`, and stores that OBF refused it. @throws BatchTaken */
    async reopenRefused(sending: Batch): Promise<Batch> {
      const refusedMs = sending.refusedMs ?? (await now());
      const refusedAlone = sending.earners.length === 1;
      const open = await swap(sending, { ...sending, state: 'open', sentMs: null, refusedMs, refusedAlone });
      if (open === null) throw new BatchTaken();
      return open;
    },
    /** Replaces a batch by one batch for each group that has earners. @throws BatchTaken */
    async split(batch: Batch, groups: readonly (readonly EarnerKey[])[]): Promise<readonly BatchId[]> {
      const { badgeId, suppressEmail, refusedMs } = batch;
      const createdMs = await now();
      const smaller = groups
        .filter((earners) => earners.length > 0)
        .map((earners) => newBatch({ badgeId, earners, createdMs, suppressEmail, refusedMs }));
      const fields = smaller.flatMap((one) => [one.id, encodeBatch(one)]);
      const replaced = await REPLACE(redis, [key(badgeId)], [batch.id, batch.run, ...fields]);
      if (replaced !== 1) throw new BatchTaken();
      return smaller.map(({ id }) => id);
    },
    /** Deletes a batch, once everything about it is recorded; not one that another run has. */
    finish: ({ badgeId, id, run }: Batch): Promise<unknown> => REPLACE(redis, [key(badgeId)], [id, run]),
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

/** Another job gathered the same badge at the same time: this one is tried again. */
export class OutboxError extends Error {
  readonly code = 'outbox_contention';
}

/** Moves the earners from the outbox into the batch if all of them still wait; else does nothing. */
const TAKE_BATCH = scriptOf(`
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then return 0 end
end
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`);

/** Precedes the earner key when OBF sends no e-mail. */
const NO_EMAIL = '~';
const hasNoEmail = (member: string): boolean => member.startsWith(NO_EMAIL);
const earnerOf = (member: string): EarnerKey => asEarnerKey(hasNoEmail(member) ? member.slice(1) : member);

/** Due awards that wait to leave together, by badge. They leave only into a batch. */
export function createOutbox(redis: RedisConnection, prefix: string, now: RedisTime) {
  const key = (badgeId: BadgeId): string => `${prefix}:outbox:{${badgeId}}`;
  return {
    /**
     * Adds an earner, once.
     * @param suppressEmail OBF sends no e-mail: such awards leave in batches of their own
     */
    async put(badgeId: BadgeId, earner: EarnerKey, suppressEmail = false): Promise<void> {
      await redis.zadd(key(badgeId), 'NX', await now(), (suppressEmail ? NO_EMAIL : '') + earner);
    },
    /** Removes earners, waiting or not. */
    async remove(badgeId: BadgeId, earners: readonly EarnerKey[]): Promise<void> {
      const members = earners.flatMap((earner) => [earner, NO_EMAIL + earner]);
      if (members.length > 0) await redis.zrem(key(badgeId), ...members);
    },
    waiting: (badgeId: BadgeId): Promise<number> => redis.zcard(key(badgeId)),
    /** Returns how many wait, and how long ago the oldest and the newest came, milliseconds; null: none waits. */
    async waitTimes(badgeId: BadgeId) {
      const at = (place: '0' | '-1') => redis.zrange(key(badgeId), place, place, 'WITHSCORES');
      const waiting = await redis.zcard(key(badgeId));
      const [[, oldest], [, newest]] = [await at('0'), await at('-1')];
      if (oldest === undefined || newest === undefined) return null;
      const nowMs = await now();
      return { waiting, waitedMs: nowMs - Number(oldest), quietForMs: nowMs - Number(newest) };
    },
    /**
     * Moves up to `max` earners, oldest first, into a new batch in one step; null: none waits. OBF sends an e-mail to
     * all earners of a batch, or to none.
     * @throws OutboxError when another job gathered the same badge first
     */
    async takeBatch(badgeId: BadgeId, max: number): Promise<Batch | null> {
      const waiting = await redis.zrange(key(badgeId), '0', String(max - 1));
      if (waiting.length === 0) return null;
      const suppressEmail = hasNoEmail(waiting[0] ?? '');
      const leaving = waiting.filter((member) => hasNoEmail(member) === suppressEmail);
      const earners = leaving.map(earnerOf);
      const batch = newBatch({ badgeId, earners, createdMs: await now(), suppressEmail, refusedMs: null });
      const keys = [key(badgeId), batchesKey(prefix, badgeId)];
      const moved = await TAKE_BATCH(redis, keys, [batch.id, encodeBatch(batch), ...leaving]);
      if (moved !== 1) throw new OutboxError('Another job gathered this badge at the same time: try again');
      return batch;
    },
  };
}
