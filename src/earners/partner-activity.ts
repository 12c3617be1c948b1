import { asBadgeId, asClientId, type BadgeId, type ClientId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** What last came, and how often. */
export interface Latest {
  /** Unix seconds. */
  readonly lastS: number;
  /** About right: an event that is told again, others having come between, counts again. */
  readonly count: number;
  /** Null where a hosted credential does not name its event. */
  readonly eventId: string | null;
}

export type PartnerActivity = ReturnType<typeof createPartnerActivity>;

/** So many are kept of what is ignored: a sender of notices may name anything. */
const MAX_KEPT = 200;

/** The later of two stays. KEYS: a hash of `<when> <count> <event>`. ARGV: the field, when, its event ('': none). */
const NOTE = scriptOf(`
local known = redis.call('HGET', KEYS[1], ARGV[1]) or '-inf 0 '
local at, count, event = string.match(known, '^(%S+) (%d+) (.*)$')
if event == '' or event ~= ARGV[3] then count = count + 1 end
if at == '-inf' or tonumber(at) < tonumber(ARGV[2]) then at, event = ARGV[2], ARGV[3] end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%s %d %s', at, count, event))`);

/**
 * What last came: of partners, so that one who has fallen silent stands out, and of what counts for nothing, so that
 * ops can see what a partner forgot to have enrolled.
 * @param prefix of the keys, without a hash tag
 */
export function createPartnerActivity(redis: RedisConnection, prefix: string, maxKept = MAX_KEPT) {
  const partnersKey = `${prefix}:news`;
  const clientsKey = `${prefix}:ignored:clients`;
  const badgesKey = (clientId: ClientId): string => `${prefix}:ignored:badges:{${clientId}}`;
  const note = async (key: string, field: string, atS: number, event?: EventId | null): Promise<void> => {
    await NOTE(redis, [key], [field, atS, event ?? '']);
  };
  /** The latest first. */
  const latest = async <Id>(key: string, named: (id: string) => Id): Promise<ReadonlyMap<Id, Latest>> => {
    const all = Object.entries(await redis.hgetall(key)).map(([id, text]): [Id, Latest] => {
      const [lastS, count, event = ''] = text.split(' ');
      const eventId = event === '' ? null : event;
      return [named(id), { lastS: Number(lastS), count: Number(count), eventId }];
    });
    return new Map(all.toSorted(([, a], [, b]) => b.lastS - a.lastS));
  };
  const ignore = async (...what: Parameters<typeof note>): Promise<void> => {
    await note(...what);
    const [key] = what;
    const tooMany = [...(await latest(key, String)).keys()].slice(maxKept);
    if (tooMany.length > 0) await redis.hdel(key, ...tooMany);
  };
  return {
    /** Told of every event that is stored, in any order and however often. @param atS when OBF recorded it */
    seen: (clientId: ClientId, atS: number, event?: EventId | null) =>
      note(partnersKey, clientId, atS, event),
    /** Of every client with a stored assertion. */
    partners: () => latest(partnersKey, asClientId),
    /** An event of a badge that is not enrolled, or a credential of one. */
    ignoreBadge: (clientId: ClientId, badgeId: BadgeId, atS: number, event?: EventId | null) =>
      ignore(badgesKey(clientId), badgeId, atS, event),
    ignoredBadges: (clientId: ClientId) => latest(badgesKey(clientId), asBadgeId),
    /** A credential of a client that takes no part. */
    ignoreClient: (clientId: ClientId, atS: number, event?: EventId | null) =>
      ignore(clientsKey, clientId, atS, event),
    ignoredClients: () => latest(clientsKey, asClientId),
  };
}
