import { z } from 'zod';
import { asBatchId, type BadgeId } from '../ids.js';
import type { RedisTime } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored } from '../platform/redis-commands.js';

/** Issuing of one badge waits. Times are Unix milliseconds. */
const form = z.object({
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
export type Hold = z.output<typeof form>;
export type HoldCause = Pick<Hold, 'code' | 'words'>;

/** How far apart the first looks are, and the last. */
type HoldPace = Readonly<Record<'holdFirstMs' | 'holdMaxMs', number>>;

/** The last recipient of a badge whom OBF refused alone, with nothing accepted since. */
const refusalForm = z.object({ words: z.string(), batch: z.string().transform(asBatchId) });
type LoneRefusal = z.output<typeof refusalForm>;

export type Holds = ReturnType<typeof createHolds>;

const SWAP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** A hold at which nobody looks any more, since nothing of its badge is left to issue, is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000;

/**
 * What keeps whole badges from being issued. Whatever OBF accepts clears it.
 * @param prefix of the keys, without a hash tag
 */
export function createHolds(redis: RedisConnection, prefix: string, now: RedisTime, pace: HoldPace) {
  const holdKey = (badgeId: BadgeId): string => `${prefix}:hold:{${badgeId}}`;
  const refusalKey = (badgeId: BadgeId): string => `${prefix}:refused-alone:{${badgeId}}`;
  const acceptedKey = (badgeId: BadgeId): string => `${prefix}:accepted:{${badgeId}}`;
  const of = async (badgeId: BadgeId): Promise<Hold | null> =>
    parseStored(form, holdKey(badgeId), await redis.get(holdKey(badgeId)));
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
      return (await redis.eval(SWAP, 1, holdKey(badgeId), ...texts, FORGOTTEN_MS)) === 1;
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
