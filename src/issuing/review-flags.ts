import { z } from 'zod';
import type { JournalEntry } from '../earners/journal-entry.js';
import { isErased, RecordUnreadable } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { asBadgeId, asEarnerKey, type BadgeId, type EarnerKey } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import type { RedisConnection } from '../platform/redis.js';
import { parseStored } from '../platform/redis-commands.js';

/** A held award for a human to review: a badge was revoked, and its rule is no longer met. */
export interface Flag {
  readonly earner: EarnerKey;
  readonly badgeId: BadgeId;
  /** When it was flagged, Unix seconds. */
  readonly atS: number;
}

export type ReviewFlags = ReturnType<typeof createReviewFlags>;

/** Flags are part of their earners' records; the review list is an index of them. */
export function createReviewFlags(
  redis: RedisConnection,
  prefix: string,
  earners: Pick<EarnerStore, 'readMany' | 'update'>,
  journal: Pick<Journal, 'updateWithEntries'>,
) {
  const key = `${prefix}:flags`;
  const listed = async (atMost = Infinity) => {
    const last = atMost === Infinity ? '-1' : String(atMost - 1);
    return (await redis.zrange(key, '0', last)).flatMap((text) => parseStored(form, key, text) ?? []);
  };
  return {
    /**
     * Adds a flag and its journal entry, in one write.
     * @param makeEntry makes the entry from when the award was first flagged
     * @returns whether the flag is new
     */
    async add({ earner, badgeId, atS }: Flag, makeEntry?: (sinceS: number) => JournalEntry) {
      let knownS: number | undefined;
      const stored = await journal.updateWithEntries(earner, (record) => {
        knownS = record.flags.get(badgeId);
        const entries = makeEntry === undefined ? [] : [makeEntry(knownS ?? atS)];
        if (knownS !== undefined || isErased(record)) return { record, entries };
        return { record: { ...record, flags: new Map(record.flags).set(badgeId, atS) }, entries };
      });
      if (!isErased(stored)) await redis.zadd(key, 'NX', knownS ?? atS, memberOf(earner, badgeId));
      return knownS === undefined;
    },
    /** Removes flags: the rules are met again, or the awards are no longer held. */
    async remove(earner: EarnerKey, badgeIds: readonly BadgeId[]): Promise<void> {
      if (badgeIds.length === 0) return;
      await earners.update(earner, (record) => {
        const flags = new Map([...record.flags].filter(([badgeId]) => !badgeIds.includes(badgeId)));
        return flags.size === record.flags.size ? record : { ...record, flags };
      });
      await redis.zrem(key, ...badgeIds.map((badgeId) => memberOf(earner, badgeId)));
    },
    /** Lists flags, oldest first. */
    async list(atMost?: number): Promise<readonly Flag[]> {
      const members = await listed(atMost);
      const records = await earners.readMany([...new Set(members.map(({ earner }) => earner))]);
      return members.flatMap(({ earner, badgeId }) => {
        const record = records.get(earner);
        const atS = record instanceof RecordUnreadable ? undefined : record?.flags.get(badgeId);
        return atS === undefined ? [] : [{ earner, badgeId, atS }];
      });
    },
    /** Takes erased people off the list. */
    async unlist(people: ReadonlySet<EarnerKey>): Promise<void> {
      const members = (await listed()).filter(({ earner }) => people.has(earner));
      if (members.length > 0)
        await redis.zrem(key, ...members.map(({ earner, badgeId }) => memberOf(earner, badgeId)));
    },
    /** Puts the flags of a record on the list. Idempotent. */
    async relist(earner: EarnerKey, flags: ReadonlyMap<BadgeId, number>): Promise<void> {
      for (const [badgeId, atS] of flags) await redis.zadd(key, 'NX', atS, memberOf(earner, badgeId));
    },
  };
}

const form = z
  .tuple([z.string().transform(asEarnerKey), z.string().transform(asBadgeId)])
  .transform(([earner, badgeId]) => ({ earner, badgeId }));

const memberOf = (earner: EarnerKey, badgeId: BadgeId): string => JSON.stringify([earner, badgeId]);
