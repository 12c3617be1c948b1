import { z } from 'zod';
import { asBadgeId, asClientId, type BadgeId, type ClientId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** How often something came that Palier had no use for, and when last. */
export interface IgnoredCount {
  readonly count: number;
  /** Unix seconds. */
  readonly lastS: number;
}

export type UnenrolledBadges = ReturnType<typeof createUnenrolledBadges>;

/** So many are kept of each kind: a sender of notices may name anything. */
const MAX_KEPT = 200;

/**
 * Counts one more, unless it is the one that was counted last; above the limit whatever came last the longest
 * ago gives way, which may be years. KEYS: the hash. ARGV: the field, what it is about, Unix seconds, the limit.
 */
const COUNT = `
local count, about = 0, ''
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
  local read = cjson.decode(known)
  count, about = read[1], read[3]
end
if about ~= ARGV[2] then count = count + 1 end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({ count, tonumber(ARGV[3]), ARGV[2] }))
if redis.call('HLEN', KEYS[1]) <= tonumber(ARGV[4]) then return count end
local oldest, oldestS = nil, nil
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local lastS = cjson.decode(all[at + 1])[2]
  if all[at] ~= ARGV[1] and (oldestS == nil or lastS < oldestS) then oldest, oldestS = all[at], lastS end
end
redis.call('HDEL', KEYS[1], oldest)
return count`;

const form = z.tuple([z.number(), z.number(), z.string()]);

/**
 * What comes and counts for nothing, so that ops can see what a partner forgot to have enrolled. Counts are
 * about right: an event that is told again, others having come between, is counted again.
 * @param prefix of the keys, without a hash tag
 */
export function createUnenrolledBadges(redis: RedisConnection, prefix: string, maxKept = MAX_KEPT) {
  const badgesKey = (clientId: ClientId): string => `${prefix}:ignored:badges:{${clientId}}`;
  const clientsKey = `${prefix}:ignored:clients`;
  const count = (key: string, field: string, about: string, atS: number): Promise<unknown> =>
    redis.eval(COUNT, 1, key, field, about, atS, maxKept);
  return {
    /** An event of a badge that is not enrolled, or a credential of one. @param about the event's or credential's id */
    async badge(clientId: ClientId, badgeId: BadgeId, about: string, atS: number): Promise<void> {
      await count(badgesKey(clientId), badgeId, about, atS);
    },
    /** A notice of a client that takes no part, or a credential of its. @param about its event, or credential */
    async client(clientId: ClientId, about: string, atS: number): Promise<void> {
      await count(clientsKey, clientId, about, atS);
    },
    /** The badges of a client. */
    badgesOf: async (clientId: ClientId): Promise<ReadonlyMap<BadgeId, IgnoredCount>> =>
      readAll(await redis.hgetall(badgesKey(clientId)), asBadgeId),
    /** How many badges `badgesOf` has. */
    badgeCount: (clientId: ClientId): Promise<number> => redis.hlen(badgesKey(clientId)),
    clients: async (): Promise<ReadonlyMap<ClientId, IgnoredCount>> =>
      readAll(await redis.hgetall(clientsKey), asClientId),
  };
}

/** What came last stands first. */
function readAll<K>(
  fields: Readonly<Record<string, string>>,
  named: (id: string) => K,
): Map<K, IgnoredCount> {
  const all = Object.entries(fields).flatMap(([id, text]) => {
    const read = form.safeParse(JSON.parse(text));
    return read.success ? [[named(id), { count: read.data[0], lastS: read.data[1] }] as const] : [];
  });
  return new Map(all.toSorted(([, a], [, b]) => b.lastS - a.lastS));
}
