import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asBadgeId, asClientId, type BadgeId, type ClientId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/script.js';

/** A badge, and the OBF client that it is of. */
export interface ClientBadge {
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
}

/** How many bytes a badge's number takes. */
export const BADGE_NUMBER_BYTES = 4;

/**
 * The number by which assertions name their badge: some of a hash, so that everybody gives a badge the same
 * one at any time, be Redis emptied meanwhile. Among five thousand badges two meet in one country of three
 * hundred; the second is then written out in full.
 */
export const badgeNumberOf = ({ clientId, badgeId }: ClientBadge): number =>
  createHash('sha256').update(textOf({ clientId, badgeId })).digest().readUIntBE(0, BADGE_NUMBER_BYTES);

const textOf = ({ clientId, badgeId }: ClientBadge): string => JSON.stringify([clientId, badgeId]);
const form = z.tuple([z.string(), z.string()]);

/** Which badge each number stands for. */
export interface BadgeBook {
  /**
   * Sees to it that a badge can be told by its number. To be asked after the number was written, whatever is
   * known: a Redis that was emptied before has forgotten it.
   * @returns the number; null when it stands for another badge
   */
  readonly enter: (badge: ClientBadge) => Promise<number | null>;
  /** The same, but that a badge which this process has met is not entered again. */
  readonly numberOf: (badge: ClientBadge) => Promise<number | null>;
  /** Enters again all that this process has met. */
  enterAll(): Promise<void>;
  /** As far as this process has learned: a number never changes its meaning. */
  find(number: number): ClientBadge | null;
  /** Reads the whole book, some thousand lines at most; several who ask at a time share one reading. */
  learn(): Promise<void>;
}

/** KEYS: the book. ARGV: a number, its badge. Returns whether it is new, and the badge that the number stands for. */
const ENTER = scriptOf(`
local isNew = redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return { isNew, redis.call('HGET', KEYS[1], ARGV[1]) }`);
const entered = z.tuple([z.number(), z.string()]);

/** One hash: number -> `["client","badge"]`. @param prefix of the key, without a hash tag */
export function createBadgeBook(redis: RedisConnection, prefix: string): BadgeBook {
  const key = `${prefix}:badges`;
  const known = new Map<number, ClientBadge>();
  let learning: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    for (const [number, text] of Object.entries(await redis.hgetall(key))) {
      const [clientId, badgeId] = form.parse(JSON.parse(text));
      known.set(Number(number), { clientId: asClientId(clientId), badgeId: asBadgeId(badgeId) });
    }
  };
  const enter = async (badge: ClientBadge): Promise<number | null> => {
    const number = badgeNumberOf(badge);
    const [isNew, text] = entered.parse(await ENTER(redis, [key], [number, textOf(badge)]));
    // The book was emptied with all of Redis: of two that meet, the other one may be entered first now.
    if (isNew === 1 && known.has(number)) known.clear();
    if (text !== textOf(badge)) return null;
    known.set(number, { clientId: badge.clientId, badgeId: badge.badgeId });
    return number;
  };
  return {
    enter,
    async numberOf(badge) {
      const number = badgeNumberOf(badge);
      const met = known.get(number);
      return met !== undefined && textOf(met) === textOf(badge) ? number : enter(badge);
    },
    async enterAll() {
      for (const badge of Array.from(known.values())) await enter(badge);
    },
    find: (number) => known.get(number) ?? null,
    async learn() {
      learning ??= read().finally(() => {
        learning = null;
      });
      await learning;
    },
  };
}
