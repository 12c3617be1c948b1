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

export const newBatch = (
  of: Pick<Batch, 'badgeId' | 'earners' | 'createdMs' | 'suppressEmail'> & Partial<Batch>,
): Batch => ({
  id: asBatchId(randomUUID()),
  state: 'open',
  sentMs: null,
  event: null,
  refusedMs: null,
  refusedAlone: false,
  ...of,
});

/** One writing of a batch, so that what was read can be compared byte by byte. */
export const encodeBatch = (batch: Batch): string => {
  const { state, earners, createdMs, sentMs, event, suppressEmail, refusedMs, refusedAlone } = batch;
  const quiet = suppressEmail ? { suppressEmail } : {};
  const refused = refusedMs === null ? {} : { refusedMs, refusedAlone };
  return JSON.stringify({ state, earners, createdMs, sentMs, event, ...quiet, ...refused });
};

/** @throws ZodError when no version that we know wrote it */
const decode = (badgeId: BadgeId, id: BatchId, text: string): Batch => ({
  ...form.parse(JSON.parse(text)),
  id,
  badgeId,
});

/** Where a badge's batches and its outbox stand: in one slot of a cluster. */
export const batchesKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:batches:{${badgeId}}`;
export const outboxKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:outbox:{${badgeId}}`;

export type Batches = ReturnType<typeof createBatches>;

const SWAP = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

const SPLIT = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
return 1`;

/**
 * The batches that are under way.
 * @param prefix of the keys, without a hash tag
 */
export function createBatches(redis: RedisConnection, prefix: string, now: RedisTime) {
  const key = (badgeId: BadgeId): string => batchesKey(prefix, badgeId);
  const swap = async (from: Batch, to: Batch): Promise<Batch | null> => {
    const texts = [encodeBatch(from), encodeBatch(to)] as const;
    const swapped = await redis.eval(SWAP, 1, key(from.badgeId), from.id, ...texts);
    return swapped === 1 ? to : null;
  };
  return {
    of: async (badgeId: BadgeId): Promise<readonly BatchId[]> =>
      (await redis.hkeys(key(badgeId))).map(asBatchId),
    async find(badgeId: BadgeId, id: BatchId): Promise<Batch | null> {
      const text = await redis.hget(key(badgeId), id);
      return text === null ? null : decode(badgeId, id, text);
    },
    async all(badgeId: BadgeId): Promise<readonly Batch[]> {
      const texts = Object.entries(await redis.hgetall(key(badgeId)));
      return texts.map(([id, text]) => decode(badgeId, asBatchId(id), text));
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
      await redis.eval(SPLIT, 1, key(badgeId), batch.id, ...fields);
      return smaller.map(({ id }) => id);
    },
    /** Everything about the batch is recorded: forget it. */
    finish: ({ badgeId, id }: Batch): Promise<unknown> => redis.hdel(key(badgeId), id),
  };
}
