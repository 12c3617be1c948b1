import { z } from 'zod';
import { asBatchId, type BadgeId } from '../ids.js';
import type { ObfAccount } from '../obf/account.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored, scriptOf } from '../platform/redis-commands.js';

// Two things stop issuing: a hold of one badge, and a quota that nears its end.

/** Issuing of one badge waits. Times are Unix milliseconds. */
const holdForm = z.object({
  /**
   * - `quota`: the batch would leave fewer badges than the floor.
   * - `badge`: it is not in the Région's account, or is a draft there.
   * - `client`: OBF refuses all calls of the Région's client.
   * - `refusal`: OBF refuses the issue call, and the account looks well.
   */
  code: z.enum(['quota', 'badge', 'client', 'refusal']),
  /** OBF's message, without addresses; null: it gave none. */
  words: z.string().nullable(),
  sinceMs: z.number(),
  /** When one batch checks the account again. */
  nextMs: z.number(),
  /** The delay between the last check and the next. */
  waitMs: z.number(),
});
export type Hold = z.output<typeof holdForm>;
export type HoldCause = Pick<Hold, 'code' | 'words'>;

/** The first delay between two checks, and the longest. */
type HoldPace = Readonly<Record<'holdFirstMs' | 'holdMaxMs', number>>;

/** The last batch of a single earner that OBF refused, with no call accepted since. */
const refusalForm = z.object({ words: z.string(), batch: z.string().transform(asBatchId) });
type LoneRefusal = z.output<typeof refusalForm>;

export type Holds = ReturnType<typeof createHolds>;

const SWAP = scriptOf(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/** A hold that no batch checks any more, since nothing is left to issue, expires after this. */
const HOLD_TTL_MS = 24 * 3_600_000;

/** The holds of badges. An issue call that OBF accepts ends the hold of its badge. */
export function createHolds(redis: RedisConnection, prefix: string, now: RedisTime, pace: HoldPace) {
  const holdKey = (badgeId: BadgeId): string => `${prefix}:hold:{${badgeId}}`;
  const refusalKey = (badgeId: BadgeId): string => `${prefix}:refused-alone:{${badgeId}}`;
  const acceptedKey = (badgeId: BadgeId): string => `${prefix}:accepted:{${badgeId}}`;
  const of = async (badgeId: BadgeId): Promise<Hold | null> =>
    parseStored(holdForm, holdKey(badgeId), await redis.get(holdKey(badgeId)));
  /** Moves the next check ahead. */
  const postponed = (hold: Hold, nowMs: number): Hold => {
    const waitMs = hold.waitMs === 0 ? pace.holdFirstMs : Math.min(2 * hold.waitMs, pace.holdMaxMs);
    return { ...hold, waitMs, nextMs: nowMs + waitMs };
  };
  return {
    of,
    /** Begins a hold, or prolongs it for this cause; keeps the time of a check that lies ahead. */
    async put(badgeId: BadgeId, why: HoldCause): Promise<Hold> {
      const nowMs = await now();
      const { sinceMs, nextMs, waitMs } = (await of(badgeId)) ?? { sinceMs: nowMs, nextMs: nowMs, waitMs: 0 };
      const unchanged = { ...why, sinceMs, nextMs, waitMs };
      const hold = nextMs > nowMs ? unchanged : postponed(unchanged, nowMs);
      await redis.set(holdKey(badgeId), encode(hold), 'PX', HOLD_TTL_MS);
      return hold;
    },
    /** Moves the next check ahead; true for exactly one of the callers that read this hold. */
    async takeTurn(badgeId: BadgeId, seen: Hold): Promise<boolean> {
      const texts = [encode(seen), encode(postponed(seen, await now()))];
      return (await SWAP(redis, [holdKey(badgeId)], [...texts, HOLD_TTL_MS])) === 1;
    },
    /** Stores the refusal of a single earner. @returns the one before it */
    async refusedAlone(badgeId: BadgeId, { words, batch }: LoneRefusal): Promise<LoneRefusal | null> {
      const before = await redis.set(refusalKey(badgeId), JSON.stringify({ words, batch }), 'GET');
      return parseStored(refusalForm, refusalKey(badgeId), before);
    },
    /** Notes that OBF accepted a call: ends the hold, and forgets the lone refusal. */
    async accepted(badgeId: BadgeId): Promise<void> {
      await redis.set(acceptedKey(badgeId), await now());
      await redis.del(holdKey(badgeId), refusalKey(badgeId));
    },
    /** Returns when OBF last accepted a call, Unix milliseconds; 0: never. */
    acceptedMs: async (badgeId: BadgeId): Promise<number> =>
      Number((await redis.get(acceptedKey(badgeId))) ?? 0),
    /** Ends a hold: the account is not its cause, or is well again with nothing left to send. */
    end: (badgeId: BadgeId): Promise<unknown> => redis.del(holdKey(badgeId), refusalKey(badgeId)),
  };
}

/** Encodes a hold always in the same way: `SWAP` compares it byte by byte. */
const encode = ({ code, words, sinceMs, nextMs, waitMs }: Hold): string =>
  JSON.stringify({ code, words, sinceMs, nextMs, waitMs });

/** The badge is on hold, and nothing was sent: the batch is to run again after `waitMs`. */
export class OnHold extends Error {
  readonly code = 'on_hold';
  constructor(
    badgeId: BadgeId,
    readonly hold: Hold,
    readonly waitMs: number,
    /** Whether this run has just checked the account. */
    readonly hasCheckedAccount: boolean,
  ) {
    super(
      `Badge ${badgeId} is on hold (${hold.words ?? hold.code}); looked at again in ${Math.ceil(waitMs / 1000)} s`,
    );
    this.name = 'OnHold';
  }
}

export type Quota = ReturnType<typeof createQuota>;

/** Issuing would leave fewer badges than the floor: it waits, rather than fail award by award. */
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

/** The rest of the Région's yearly quota of badges: as last read from OBF, less those issued since. */
const quotaForm = z.object({
  /** Null: OBF does not say. */
  left: z.union([z.literal('').transform(() => null), z.coerce.number()]),
  /** Unix milliseconds. */
  readMs: z.coerce.number(),
});
type QuotaReading = z.output<typeof quotaForm>;

export function createQuota(
  redis: RedisConnection,
  prefix: string,
  account: ObfAccount,
  now: RedisTime,
  limits: Readonly<Record<'floor' | 'largeBatch' | 'freshMs' | 'maxAgeMs', number>>,
) {
  const key = `${prefix}:quota`;
  const known = async (): Promise<QuotaReading | null> => {
    const read = quotaForm.safeParse(await redis.hgetall(key));
    return read.success ? read.data : null;
  };
  const read = async (signal: AbortSignal): Promise<QuotaReading> => {
    const left = await account.issuingLimit(signal);
    const reading = { left, readMs: await now() };
    await redis.hset(key, { left: left ?? '', readMs: reading.readMs });
    return reading;
  };
  return {
    /** Returns the last reading; null: there is none. */
    known,
    read,
    /** Reads the quota again after a day, so that a low quota shows even while nothing is issued. */
    async keepFresh(signal: AbortSignal): Promise<void> {
      const reading = await known();
      if (reading === null || (await now()) - reading.readMs >= limits.maxAgeMs) await read(signal);
    },
    /**
     * Requires quota for a batch of `count`. Reads OBF again once a day, and before a large batch if the last reading
     * is not fresh.
     * @param isForced reads OBF in any case
     * @throws QuotaLow when fewer badges than the floor would be left
     */
    async require(count: number, signal: AbortSignal, isForced = false): Promise<void> {
      const isLow = ({ left }: QuotaReading): boolean => left !== null && left - count < limits.floor;
      const before = isForced ? null : await known();
      const ageMs = before === null ? NaN : (await now()) - before.readMs;
      const maxAgeMs = count >= limits.largeBatch ? limits.freshMs : limits.maxAgeMs;
      // A reading that would stop issuing must be fresh too: the quota may have been raised since.
      if (before !== null && ageMs >= 0 && ageMs < maxAgeMs && !isLow(before)) return;
      const reading = await read(signal);
      if (isLow(reading)) throw new QuotaLow(reading.left ?? 0, limits.floor);
    },
    async spend(count: number): Promise<void> {
      if (((await known())?.left ?? null) !== null) await redis.hincrby(key, 'left', -count);
    },
  };
}
