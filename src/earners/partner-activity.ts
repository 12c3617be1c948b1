import { asBadgeId, asClientId, type BadgeId, type ClientId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** The latest arrival of something, and how many there were. */
export interface Latest {
  /** Unix seconds. */
  readonly lastS: number;
  /** Approximate: an event that comes again after others counts again. */
  readonly count: number;
  /** Null when a hosted credential names no event. */
  readonly eventId: string | null;
}

export type PartnerActivity = ReturnType<typeof createPartnerActivity>;

/** How many ignored ids are kept: a sender of notices may name anything. */
const MAX_KEPT = 200;

/** Keeps the later instant. KEYS: a hash of `<instant> <count> <event>`. ARGV: field, instant, event ('': none). */
const NOTE = scriptOf(`
local known = redis.call('HGET', KEYS[1], ARGV[1]) or '-inf 0 '
local at, count, event = string.match(known, '^(%S+) (%d+) (.*)$')
if event == '' or event ~= ARGV[3] then count = count + 1 end
if at == '-inf' or tonumber(at) < tonumber(ARGV[2]) then at, event = ARGV[2], ARGV[3] end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%s %d %s', at, count, event))`);

/**
 * The latest event of each partner, so that ops see who has fallen silent. Also that of each badge and client that
 * does not count: a partner may have forgotten to enrol it.
 * @param prefix of the keys, without a hash tag
 */
export function createPartnerActivity(redis: RedisConnection, prefix: string, maxKept = MAX_KEPT) {
  const partnersKey = `${prefix}:news`;
  const clientsKey = `${prefix}:ignored:clients`;
  const badgesKey = (clientId: ClientId): string => `${prefix}:ignored:badges:{${clientId}}`;
  const note = async (key: string, field: string, atS: number, event?: EventId | null): Promise<void> => {
    await NOTE(redis, [key], [field, atS, event ?? '']);
  };
  /** Reads a hash, the latest first. */
  const latest = async <Id>(key: string, asId: (id: string) => Id): Promise<ReadonlyMap<Id, Latest>> => {
    const all = Object.entries(await redis.hgetall(key)).map(([id, text]): [Id, Latest] => {
      const [lastS, count, event = ''] = text.split(' ');
      const eventId = event === '' ? null : event;
      return [asId(id), { lastS: Number(lastS), count: Number(count), eventId }];
    });
    return new Map(all.toSorted(([, a], [, b]) => b.lastS - a.lastS));
  };
  const ignore = async (key: string, field: string, atS: number, event?: EventId | null): Promise<void> => {
    await note(key, field, atS, event);
    const excess = [...(await latest(key, String)).keys()].slice(maxKept);
    if (excess.length > 0) await redis.hdel(key, ...excess);
  };
  return {
    /** Notes a stored event of a partner, in any order and any number of times. @param atS when OBF recorded it */
    seen: (clientId: ClientId, atS: number, event?: EventId | null) =>
      note(partnersKey, clientId, atS, event),
    /** The latest of every client with a stored assertion. */
    partners: () => latest(partnersKey, asClientId),
    /** Notes an event, or a credential, of a badge that is not enrolled. */
    ignoreBadge: (clientId: ClientId, badgeId: BadgeId, atS: number, event?: EventId | null) =>
      ignore(badgesKey(clientId), badgeId, atS, event),
    ignoredBadges: (clientId: ClientId) => latest(badgesKey(clientId), asBadgeId),
    /** Notes a credential of a client that takes no part. */
    ignoreClient: (clientId: ClientId, atS: number, event?: EventId | null) =>
      ignore(clientsKey, clientId, atS, event),
    ignoredClients: () => latest(clientsKey, asClientId),
  };
}
