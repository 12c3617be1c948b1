import { z } from 'zod';
import type { ObfAccount } from '../obf/account.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';

export type Quota = ReturnType<typeof createQuota>;

/** Issuing would go below the floor: it waits (hold.ts), rather than failing one by one. */
export class QuotaLow extends Error {
  readonly code = 'quota_low';
  constructor(
    readonly left: number,
    readonly floor: number,
  ) {
    super(
      `OBF's quota has ${left} badges left, and issuing stops at ${floor}: have the subscription's quota raised; ` +
        'issuing goes on by itself then',
    );
    this.name = 'QuotaLow';
  }
}

/** What is left of the Région's yearly quota of issued badges, as last read in OBF less what was issued since. */
const form = z.object({
  /** Null: OBF does not say. */
  left: z.union([z.literal('').transform(() => null), z.coerce.number()]),
  /** Unix milliseconds. */
  readMs: z.coerce.number(),
});
type QuotaReading = z.output<typeof form>;

/** @param prefix of the keys */
export function createQuota(
  redis: RedisConnection,
  prefix: string,
  account: ObfAccount,
  present: RedisTime,
  limits: Readonly<Record<'floor' | 'largeBatch' | 'freshMs' | 'maxAgeMs', number>>,
) {
  const key = `${prefix}:quota`;
  const known = async (): Promise<QuotaReading | null> => {
    const read = form.safeParse(await redis.hgetall(key));
    return read.success ? read.data : null;
  };
  const read = async (signal: AbortSignal): Promise<QuotaReading> => {
    const left = await account.issuingLimit(signal);
    const reading = { left, readMs: await present() };
    await redis.hset(key, { left: left ?? '', readMs: reading.readMs });
    return reading;
  };
  return {
    /** What was read last; null: never. */
    known,
    /** Reads it in OBF now. */
    read,
    /** Reads it if that was a day ago: a quota that nears its end shows, even while nothing is issued. */
    async keepFresh(signal: AbortSignal): Promise<void> {
      const reading = await known();
      if (reading === null || (await present()) - reading.readMs >= limits.maxAgeMs) await read(signal);
    },
    /**
     * Before a batch of `count`: goes on, or throws. OBF is asked again once a day, and before a large
     * batch if the last reading is not fresh.
     * @param now OBF is asked in any case
     * @throws QuotaLow when less than the floor would be left
     */
    async require(count: number, signal: AbortSignal, now = false): Promise<void> {
      const isLow = ({ left }: QuotaReading): boolean => left !== null && left - count < limits.floor;
      const before = now ? null : await known();
      const ageMs = before === null ? NaN : (await present()) - before.readMs;
      const maxAgeMs = count >= limits.largeBatch ? limits.freshMs : limits.maxAgeMs;
      // A reading that would stop issuing must be fresh too: the quota may have been raised since.
      if (before !== null && ageMs >= 0 && ageMs < maxAgeMs && !isLow(before)) return;
      const reading = await read(signal);
      if (isLow(reading)) throw new QuotaLow(reading.left ?? 0, limits.floor);
    },
    /** So many were issued. */
    async spend(count: number): Promise<void> {
      if (((await known())?.left ?? null) !== null) await redis.hincrby(key, 'left', -count);
    },
  };
}
