import { z } from 'zod';
import { asBadgeId, asEarnerKey, type BadgeId, type EarnerKey } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** A held award whose rule is no longer met because a badge was revoked: a human is to look at it. */
export interface Flag {
  readonly earner: EarnerKey;
  readonly badgeId: BadgeId;
  /** Since when, Unix seconds. */
  readonly atS: number;
}

export interface Flags {
  /** Resolves with when it was raised first, and whether that is now. */
  raise(flag: Flag): Promise<{ readonly isNew: boolean; readonly sinceS: number }>;
  /** Their rules are met again, or they are held no more. */
  lower(earner: EarnerKey, badgeIds: readonly BadgeId[]): Promise<void>;
  /** Every flag, oldest first. */
  list(): Promise<readonly Flag[]>;
}

const form = z.tuple([z.string().transform(asEarnerKey), z.string().transform(asBadgeId)]);

const memberOf = (earner: EarnerKey, badgeId: BadgeId): string => JSON.stringify([earner, badgeId]);

/** @param prefix of the key */
export function createFlags(redis: RedisConnection, prefix: string): Flags {
  const key = `${prefix}:flags`;
  return {
    async raise({ earner, badgeId, atS }) {
      const member = memberOf(earner, badgeId);
      const isNew = (await redis.zadd(key, 'NX', atS, member)) === 1;
      return { isNew, sinceS: isNew ? atS : Number((await redis.zscore(key, member)) ?? atS) };
    },
    async lower(earner, badgeIds) {
      if (badgeIds.length > 0) await redis.zrem(key, ...badgeIds.map((id) => memberOf(earner, id)));
    },
    async list() {
      const flat = await redis.zrange(key, '0', '-1', 'WITHSCORES');
      return flat.flatMap((text, at) => (at % 2 === 0 ? [flagOf(text, Number(flat[at + 1]))] : []));
    },
  };
}

function flagOf(text: string, atS: number): Flag {
  const [earner, badgeId] = form.parse(JSON.parse(text));
  return { earner, badgeId, atS };
}
