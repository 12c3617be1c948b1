import type { RedisConnection } from '../../../platform/redis.js';
import { obfCounts, type ObfCounts } from './obf-counts.js';

/** How often, and for how long, the counts are kept: enough to tell of the last hour. */
export const SLOT_S = 300;
const KEPT = 14;

/** What was counted at some instants of the last hour, so that it can be told what happened since. */
export interface ObfSamples {
  /** Whether the counts of these five minutes are to be kept yet. */
  isDue(atS: number): Promise<boolean>;
  /** Keeps them, unless another process did. */
  keep(counts: ObfCounts): Promise<void>;
  /** Oldest first. */
  all(): Promise<readonly ObfCounts[]>;
}

/** @param prefix of the key, a hash: which five minutes -> the counts */
export function createObfSamples(redis: RedisConnection, prefix: string): ObfSamples {
  const key = `${prefix}:obf-samples`;
  return {
    isDue: async (atS) => (await redis.hexists(key, String(slotOf(atS)))) === 0,
    async keep(counts) {
      const slot = slotOf(counts.atS);
      if ((await redis.hsetnx(key, String(slot), JSON.stringify(counts))) === 0) return;
      const old = (await redis.hkeys(key)).filter((one) => !(Number(one) > slot - KEPT));
      if (old.length > 0) await redis.hdel(key, ...old);
    },
    async all() {
      const read = Object.values(await redis.hgetall(key)).map((text) =>
        obfCounts.safeParse(JSON.parse(text)),
      );
      return read.flatMap(({ data }) => data ?? []).toSorted((a, b) => a.atS - b.atS);
    },
  };
}

const slotOf = (atS: number): number => Math.floor(atS / SLOT_S);

/**
 * Pure. The latest sample that is at least so old, else the oldest there is; null: there is none.
 * @param samples oldest first
 */
export const sampleBefore = (samples: readonly ObfCounts[], nowS: number, ageS: number): ObfCounts | null =>
  samples.findLast(({ atS }) => atS <= nowS - ageS) ?? samples[0] ?? null;
