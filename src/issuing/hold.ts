import { z } from 'zod';
import { asBatchId, type BadgeId } from '../ids.js';
import type { ObfAccount } from '../obf/account.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored, scriptOf } from '../platform/redis-commands.js';

/** What keeps badges from being issued: a hold of one badge, and a quota that nears its end. */

/** Issuing of one badge waits. Times are Unix milliseconds. */
const holdForm = z.object({
  /**
   * - `quota`: fewer badges are left than a batch needs, or than Palier leaves untouched;
   * - `badge`: it is not in the Région's account, or is a draft there;
   * - `client`: OBF refuses the Région's calls altogether;
   * - `refusal`: OBF refuses the issue call, and the account looks well.
   */
  code: z.enum(['quota', 'badge', 'client', 'refusal']),
  /** What OBF said, without addresses; null: it said nothing. */
  words: z.string().nullable(),
  sinceMs: z.number(),
  /** When one batch looks again. */
  nextMs: z.number(),
  /** How far apart the last two looks are. */
  waitMs: z.number(),
});
export type Hold = z.output<typeof holdForm>;
export type HoldCause = Pick<Hold, 'code' | 'words'>;

/** How far apart the first looks are, and the last. */
type HoldPace = Readonly<Record<'holdFirstMs' | 'holdMaxMs', number>>;

/** The last recipient of a badge whom OBF refused alone, with nothing accepted since. */
const refusalForm = z.object({ words: z.string(), batch: z.string().transform(asBatchId) });
type LoneRefusal = z.output<typeof refusalForm>;

export type Holds = ReturnType<typeof createHolds>;

const SWAP = scriptOf(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/** A hold at which nobody looks any more, since nothing of its badge is left to issue, is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000;

/** What keeps whole badges from being issued. Whatever OBF accepts clears it. */
export function createHolds(redis: RedisConnection, prefix: string, now: RedisTime, pace: HoldPace) {
  const holdKey = (badgeId: BadgeId): string => `${prefix}:hold:{${badgeId}}`;
  const refusalKey = (badgeId: BadgeId): string => `${prefix}:refused-alone:{${badgeId}}`;
  const acceptedKey = (badgeId: BadgeId): string => `${prefix}:accepted:{${badgeId}}`;
  const of = async (badgeId: BadgeId): Promise<Hold | null> =>
    parseStored(holdForm, holdKey(badgeId), await redis.get(holdKey(badgeId)));
  /** The hold with its next look moved ahead. */
  const later = (held: Hold, nowMs: number): Hold => {
    const waitMs = held.waitMs === 0 ? pace.holdFirstMs : Math.min(2 * held.waitMs, pace.holdMaxMs);
    return { ...held, waitMs, nextMs: nowMs + waitMs };
  };
  return {
    of,
    /** Begins a hold, or goes on with it for this cause; a look that lies ahead stays where it is. */
    async put(badgeId: BadgeId, why: HoldCause): Promise<Hold> {
      const nowMs = await now();
      const { sinceMs, nextMs, waitMs } = (await of(badgeId)) ?? { sinceMs: nowMs, nextMs: nowMs, waitMs: 0 };
      const same = { ...why, sinceMs, nextMs, waitMs };
      const held = nextMs > nowMs ? same : later(same, nowMs);
      await redis.set(holdKey(badgeId), encode(held), 'PX', FORGOTTEN_MS);
      return held;
    },
    /** Moves the next look ahead; true for exactly one of those who saw this hold. */
    async takeTurn(badgeId: BadgeId, seen: Hold): Promise<boolean> {
      const texts = [encode(seen), encode(later(seen, await now()))];
      return (await SWAP(redis, [holdKey(badgeId)], [...texts, FORGOTTEN_MS])) === 1;
    },
    /** Remembers a lone refusal; resolves with the one before it. */
    async refusedAlone(badgeId: BadgeId, { words, batch }: LoneRefusal): Promise<LoneRefusal | null> {
      const before = await redis.set(refusalKey(badgeId), JSON.stringify({ words, batch }), 'GET');
      return parseStored(refusalForm, refusalKey(badgeId), before);
    },
    /** OBF accepted a call: the badge is held no more, and who was refused alone is forgotten. */
    async accepted(badgeId: BadgeId): Promise<void> {
      await redis.set(acceptedKey(badgeId), await now());
      await redis.del(holdKey(badgeId), refusalKey(badgeId));
    },
    /** When OBF last accepted a call; 0: never. */
    acceptedMs: async (badgeId: BadgeId): Promise<number> =>
      Number((await redis.get(acceptedKey(badgeId))) ?? 0),
    /** It is not about the account, or that was found well and nothing is left to send. */
    end: (badgeId: BadgeId): Promise<unknown> => redis.del(holdKey(badgeId), refusalKey(badgeId)),
  };
}

/** One writing of a hold, so that what was read can be compared byte by byte. */
const encode = ({ code, words, sinceMs, nextMs, waitMs }: Hold): string =>
  JSON.stringify({ code, words, sinceMs, nextMs, waitMs });

/** The badge is on hold: its batch is to be run again once `waitMs` have passed. Nothing was sent. */
export class OnHold extends Error {
  readonly code = 'on_hold';
  constructor(
    badgeId: BadgeId,
    readonly hold: Hold,
    readonly waitMs: number,
    /** The account was looked at just now, and this is what was found. */
    readonly looked: boolean,
  ) {
    super(
      `Badge ${badgeId} is on hold (${hold.words ?? hold.code}); looked at again in ${Math.ceil(waitMs / 1000)} s`,
    );
    this.name = 'OnHold';
  }
}

export type Quota = ReturnType<typeof createQuota>;

/** Issuing would go below the floor: it waits, rather than failing one by one. */
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
  present: RedisTime,
  limits: Readonly<Record<'floor' | 'largeBatch' | 'freshMs' | 'maxAgeMs', number>>,
) {
  const key = `${prefix}:quota`;
  const known = async (): Promise<QuotaReading | null> => {
    const read = quotaForm.safeParse(await redis.hgetall(key));
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
    async spend(count: number): Promise<void> {
      if (((await known())?.left ?? null) !== null) await redis.hincrby(key, 'left', -count);
    },
  };
}
