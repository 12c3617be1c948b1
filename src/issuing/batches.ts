import { asBatchId, type BadgeId, type BatchId, type EarnerKey, type EventId } from '../ids.js';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { batchesKey, decodeBatch, encodeBatch, newBatch, type Batch } from './batch.js';

/** The batches that are under way. */
export interface Batches {
  of(badgeId: BadgeId): Promise<readonly BatchId[]>;
  find(badgeId: BadgeId, id: BatchId): Promise<Batch | null>;
  /**
   * From the state in which it was read to `sending`, with only those earners who are sent; null: another
   * caller was quicker.
   */
  startSending(batch: Batch, earners: readonly EarnerKey[]): Promise<Batch | null>;
  /** From `sending` to `sent`; null: the batch is no longer known (Redis was lost meanwhile). */
  markSent(sending: Batch, event: EventId): Promise<Batch | null>;
  /** From `sending` back to `open`: OBF certainly has nothing of it. */
  reopen(sending: Batch): Promise<void>;
  /** The same, and remembers that OBF said so. */
  reopenRefused(sending: Batch): Promise<Batch>;
  /** Puts a batch for each of these parts in the batch's place, once; a part without earners is none. */
  split(batch: Batch, parts: readonly (readonly EarnerKey[])[]): Promise<readonly BatchId[]>;
  /** Everything about the batch is recorded: forget it. */
  finish(batch: Batch): Promise<void>;
}

const SWAP = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

const SPLIT = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
return 1`;

/** @param prefix of the keys, without a hash tag */
export function createBatches(redis: RedisConnection, prefix: string, clock: Clock): Batches {
  const key = (badgeId: BadgeId): string => batchesKey(prefix, badgeId);
  const swap = async (from: Batch, to: Batch): Promise<Batch | null> => {
    const texts = [encodeBatch(from), encodeBatch(to)] as const;
    const swapped = await redis.eval(SWAP, 1, key(from.badgeId), from.id, ...texts);
    return swapped === 1 ? to : null;
  };
  return {
    of: async (badgeId) => (await redis.hkeys(key(badgeId))).map(asBatchId),
    async find(badgeId, id) {
      const text = await redis.hget(key(badgeId), id);
      return text === null ? null : decodeBatch(badgeId, id, text);
    },
    startSending: (batch, earners) =>
      swap(batch, { ...batch, state: 'sending', sentMs: clock(), earners: [...earners] }),
    markSent: (sending, event) => swap(sending, { ...sending, state: 'sent', event }),
    async reopen(sending) {
      await swap(sending, { ...sending, state: 'open', sentMs: null });
    },
    async reopenRefused(sending) {
      const refusedMs = sending.refusedMs ?? clock();
      const refusedAlone = sending.earners.length === 1;
      const open: Batch = { ...sending, state: 'open', sentMs: null, refusedMs, refusedAlone };
      await swap(sending, open);
      return open;
    },
    async split(batch, parts) {
      const filled = parts.filter((earners) => earners.length > 0);
      const smaller = filled.map((earners) =>
        newBatch(batch.badgeId, earners, clock(), batch.quiet, batch.refusedMs),
      );
      const fields = smaller.flatMap((one) => [one.id, encodeBatch(one)]);
      await redis.eval(SPLIT, 1, key(batch.badgeId), batch.id, ...fields);
      return smaller.map(({ id }) => id);
    },
    async finish(batch) {
      await redis.hdel(key(batch.badgeId), batch.id);
    },
  };
}
