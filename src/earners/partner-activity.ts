import { asBadgeId, asClientId, type BadgeId, type ClientId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

export type PartnerActivity = ReturnType<typeof createPartnerActivity>;

/** So many are kept of what is ignored: a sender of notices may name anything. */
const MAX_KEPT = 200;

/**
 * When something last came, Unix seconds: of partners, so that one who has fallen silent stands out, and of what counts
 * for nothing, so that ops can see what a partner forgot to have enrolled. Each is a sorted set, where the later of two
 * instants stays.
 * @param prefix of the keys, without a hash tag
 */
export function createPartnerActivity(redis: RedisConnection, prefix: string, maxKept = MAX_KEPT) {
  const partnersKey = `${prefix}:news`;
  const clientsKey = `${prefix}:ignored:clients`;
  const badgesKey = (clientId: ClientId): string => `${prefix}:ignored:badges:{${clientId}}`;
  const ignore = async (key: string, member: string, atS: number): Promise<void> => {
    await redis.zadd(key, 'GT', atS, member);
    await redis.zremrangebyrank(key, 0, -maxKept - 1);
  };
  /** The latest first. */
  const latest = async <Id>(key: string, named: (id: string) => Id): Promise<ReadonlyMap<Id, number>> => {
    const flat = await redis.zrevrange(key, 0, -1, 'WITHSCORES');
    return new Map(flat.flatMap((id, at) => (at % 2 === 0 ? [[named(id), Number(flat[at + 1])]] : [])));
  };
  return {
    /** Told of every event that is stored, in any order and however often. @param atS when OBF recorded it */
    async seen(clientId: ClientId, atS: number): Promise<void> {
      await redis.zadd(partnersKey, 'GT', atS, clientId);
    },
    /** Of every client with a stored assertion. */
    partners: () => latest(partnersKey, asClientId),
    /** An event of a badge that is not enrolled, or a credential of one. */
    ignoreBadge: (clientId: ClientId, badgeId: BadgeId, atS: number) =>
      ignore(badgesKey(clientId), badgeId, atS),
    ignoredBadges: (clientId: ClientId) => latest(badgesKey(clientId), asBadgeId),
    /** A notice of a client that takes no part, or a credential of its. */
    ignoreClient: (clientId: ClientId, atS: number) => ignore(clientsKey, clientId, atS),
    ignoredClients: () => latest(clientsKey, asClientId),
  };
}
