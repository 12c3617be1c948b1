import { z } from 'zod';
import type { JournalEntry } from '../earners/journal-entry.js';
import { isErased, RecordUnreadable } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { asBadgeId, asEarnerKey, type BadgeId, type EarnerKey } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import type { RedisConnection } from '../platform/redis.js';

/** A held award whose rule is no longer met because a badge was revoked: a human is to look at it. */
export interface Flag {
  readonly earner: EarnerKey;
  readonly badgeId: BadgeId;
  /** Since when, Unix seconds. */
  readonly atS: number;
}

/** A flag is part of its earner's record; the review list is an index of those. */
export interface ReviewFlags {
  /**
   * Raises a flag and writes the entry that tells it, in one write.
   * @param tell the entry, made from since when the flag is raised
   * @returns since when it is raised, and whether that is now
   */
  add(
    flag: Flag,
    tell?: (sinceS: number) => JournalEntry,
  ): Promise<{ readonly isNew: boolean; readonly sinceS: number }>;
  /** Their rules are met again, or they are held no more. @returns how many were raised */
  remove(earner: EarnerKey, badgeIds: readonly BadgeId[]): Promise<number>;
  /** Every flag, oldest first. */
  list(): Promise<readonly Flag[]>;
  /** After an erasure: takes these people off the list. */
  unlist(earners: ReadonlySet<EarnerKey>): Promise<void>;
  /** Puts on the list what records say; it is idempotent. */
  relist(earner: EarnerKey, flags: ReadonlyMap<BadgeId, number>): Promise<void>;
}

export interface ReviewFlagParts {
  readonly redis: RedisConnection;
  /** Of the key, without a hash tag. */
  readonly prefix: string;
  readonly earners: Pick<EarnerStore, 'readMany' | 'update'>;
  readonly journal: Pick<Journal, 'tell'>;
}

export function createReviewFlags({ redis, prefix, earners, journal }: ReviewFlagParts): ReviewFlags {
  const key = `${prefix}:flags`;
  const listed = async (): Promise<readonly Omit<Flag, 'atS'>[]> =>
    (await redis.zrange(key, '0', '-1')).map(flagOf);
  return {
    async add({ earner, badgeId, atS }, tell) {
      const known: { sinceS?: number } = {};
      const stored = await journal.tell(earner, (record) => {
        const since = record.flags.get(badgeId);
        if (since !== undefined) known.sinceS = since;
        const entries = tell === undefined ? [] : [tell(since ?? atS)];
        if (since !== undefined || isErased(record)) return { record, entries };
        return { record: { ...record, flags: new Map(record.flags).set(badgeId, atS) }, entries };
      });
      const sinceS = known.sinceS ?? atS;
      if (!isErased(stored)) await redis.zadd(key, 'NX', sinceS, memberOf(earner, badgeId));
      return { isNew: known.sinceS === undefined, sinceS };
    },
    async remove(earner, badgeIds) {
      if (badgeIds.length === 0) return 0;
      let lowered = 0;
      await earners.update(earner, (record) => {
        const raised = badgeIds.filter((badgeId) => record.flags.has(badgeId));
        lowered = raised.length;
        if (lowered === 0) return record;
        const flags = new Map([...record.flags].filter(([badgeId]) => !raised.includes(badgeId)));
        return { ...record, flags };
      });
      await redis.zrem(key, ...badgeIds.map((badgeId) => memberOf(earner, badgeId)));
      return lowered;
    },
    async list() {
      const all = await listed();
      const keys = [...new Set(all.map(({ earner }) => earner))];
      const records = await earners.readMany(keys);
      const flags = new Map(
        keys.map((earner, at) => {
          const record = records[at];
          return [earner, record instanceof RecordUnreadable ? undefined : record?.flags] as const;
        }),
      );
      return all
        .flatMap(({ earner, badgeId }) => {
          const atS = flags.get(earner)?.get(badgeId);
          return atS === undefined ? [] : [{ earner, badgeId, atS }];
        })
        .toSorted((a, b) => a.atS - b.atS);
    },
    async unlist(people) {
      const theirs = (await listed()).filter(({ earner }) => people.has(earner));
      if (theirs.length > 0)
        await redis.zrem(key, ...theirs.map(({ earner, badgeId }) => memberOf(earner, badgeId)));
    },
    async relist(earner, flags) {
      for (const [badgeId, atS] of flags) await redis.zadd(key, 'NX', atS, memberOf(earner, badgeId));
    },
  };
}

const form = z.tuple([z.string().transform(asEarnerKey), z.string().transform(asBadgeId)]);

const memberOf = (earner: EarnerKey, badgeId: BadgeId): string => JSON.stringify([earner, badgeId]);

function flagOf(text: string): Omit<Flag, 'atS'> {
  const [earner, badgeId] = form.parse(JSON.parse(text));
  return { earner, badgeId };
}
