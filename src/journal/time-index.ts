import { createHash } from 'node:crypto';
import { asEventId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** Where an entry stands: by when it happened, then by its name. */
export interface Place {
  /** Unix seconds. */
  readonly atS: number;
  /** `<earner>:<place in its journal>`, or `:<id>` for an entry about nobody. */
  readonly member: string;
}

/** What the index is told of an entry. */
export interface Indexed extends Place {
  /** The month and the field that count it; null: it is not counted. */
  readonly counted: { readonly month: string; readonly field: string } | null;
  /** The OBF event that gave the award by it; null: none. */
  readonly event: EventId | null;
}

export type Way = 'older' | 'newer';

/** Which places are walked through. */
export interface Walk {
  readonly way: Way;
  /** Begins beyond this place; null: at the end. */
  readonly beyond: Place | null;
  /** Inclusive and exclusive, Unix seconds. */
  readonly fromS?: number | undefined;
  readonly untilS?: number | undefined;
}

/**
 * The entries of all journals by time. An index: written after the records by idempotent commands, rebuilt from them
 * by one command, and never asked who holds what.
 */
export interface TimeIndex {
  /** Adds places; counts those that are new. Idempotent. */
  add(places: readonly Indexed[]): Promise<void>;
  remove(places: readonly Place[]): Promise<void>;
  /** Places in the order of the way, in chunks. */
  walk(walk: Walk): AsyncIterable<readonly Place[]>;
  /** Where the entries stand that tell whom an event gave its award to, among others of the same instant. */
  ofEvent(event: EventId): Promise<readonly Place[]>;
  /** What was counted in a month, by field. */
  counts(month: string): Promise<Readonly<Record<string, string>>>;
  /** The months in which something was counted. */
  months(): Promise<readonly string[]>;
  /** Empties the index, to be filled from the records again. */
  clear(): Promise<void>;
}

/**
 * KEYS: the hour, the hours, the month's counts, the events, the months. ARGV: the hour's number, the event ('': none), the
 * month, then of each place when, its member and the field that counts it ('': not counted).
 */
const ADD = scriptOf(`
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[1])
local first, last
for at = 4, #ARGV, 3 do
  local when = tonumber(ARGV[at])
  first, last = math.min(first or when, when), math.max(last or when, when)
  if redis.call('ZADD', KEYS[1], 'NX', ARGV[at], ARGV[at + 1]) == 1 and ARGV[at + 2] ~= '' then
    redis.call('HINCRBY', KEYS[3], ARGV[at + 2], 1)
    redis.call('SADD', KEYS[5], ARGV[3])
  end
end
if ARGV[2] ~= '' then
  local from, to = string.match(redis.call('HGET', KEYS[4], ARGV[2]) or '', '^(%S+) (%S+)$')
  first, last = math.min(tonumber(from) or first, first), math.max(tonumber(to) or last, last)
  redis.call('HSET', KEYS[4], ARGV[2], string.format('%d %d', first, last))
end`);

/** KEYS: the hour, the hours. ARGV: the hour's number, then members. An empty hour is forgotten. */
const REMOVE = scriptOf(`
redis.call('ZREM', KEYS[1], unpack(ARGV, 2))
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end`);

/**
 * A sorted set an hour: Redis keeps one of up to 128 members in a quarter of the memory. The events are spread over
 * hashes for the same reason.
 */
const HOUR_S = 3600;
const EVENT_HASHES = 1024;
/** How many places one command names. */
const CHUNK = 500;
/** How many hours are read at first, a page's worth; then at a time. */
const FIRST_HOURS = 4;
const HOURS_TOGETHER = 32;

const hourOf = (atS: number): number => Math.floor(atS / HOUR_S);

/** @param prefix of the keys, which are in one slot */
export function createTimeIndex(redis: RedisConnection, prefix: string): TimeIndex {
  const base = `${prefix}:journal:{log}`;
  const hoursKey = `${base}:hours`;
  const monthsKey = `${base}:months`;
  const hourKey = (hour: number): string => `${base}:h:${hour}`;
  const monthKey = (month: string): string => `${base}:issued:${month}`;
  const eventsKey = (event: EventId): string =>
    `${base}:events:${createHash('sha256').update(event).digest().readUInt16BE(1) % EVENT_HASHES}`;
  const placesIn: PlacesIn = async (hour, from, until) => {
    const flat = await redis.zrangebyscore(hourKey(hour), from, until, 'WITHSCORES');
    return flat.flatMap((member, at) => (at % 2 === 0 ? [{ member, atS: Number(flat[at + 1]) }] : []));
  };
  const addGroup = async (group: readonly Indexed[]): Promise<void> => {
    const { counted = null, event = null, atS = 0 } = group[0] ?? {};
    const keys = [
      hourKey(hourOf(atS)),
      hoursKey,
      monthKey(counted?.month ?? ''),
      eventsKey(event ?? asEventId('')),
      monthsKey,
    ];
    const args = group.flatMap((one) => [one.atS, one.member, one.counted?.field ?? '']);
    await ADD(redis, keys, [hourOf(atS), event ?? '', counted?.month ?? '', ...args]);
  };

  return {
    async add(places) {
      await Promise.all(grouped(places, nameOfGroup).map(addGroup));
    },
    async remove(places) {
      for (const group of grouped(places, ({ atS }) => String(hourOf(atS)))) {
        const hour = hourOf(group[0]?.atS ?? 0);
        await REMOVE(redis, [hourKey(hour), hoursKey], [hour, ...group.map(({ member }) => member)]);
      }
    },
    walk: (walk) => walkHours(redis, hoursKey, placesIn, walk),
    async ofEvent(event) {
      const [first, last] = ((await redis.hget(eventsKey(event), event)) ?? '').split(' ').map(Number);
      if (first === undefined || last === undefined) return [];
      const hours = await redis.zrangebyscore(hoursKey, hourOf(first), hourOf(last));
      return (await Promise.all(hours.map((hour) => placesIn(Number(hour), first, last)))).flat();
    },
    counts: (month) => redis.hgetall(monthKey(month)),
    months: () => redis.smembers(monthsKey),
    async clear() {
      const hours = (await redis.zrange(hoursKey, '0', '-1')).map((hour) => hourKey(Number(hour)));
      const months = await redis.smembers(monthsKey);
      const events = Array.from({ length: EVENT_HASHES }, (_, at) => `${base}:events:${at}`);
      const keys = [...hours, ...months.map(monthKey), ...events];
      for (let at = 0; at < keys.length; at += CHUNK) await redis.del(...keys.slice(at, at + CHUNK));
      await redis.del(hoursKey, monthsKey);
    },
  };
}

/** The places in one hour, between two bounds as ZRANGEBYSCORE takes them. */
type PlacesIn = (hour: number, from: string | number, until: string | number) => Promise<readonly Place[]>;

async function* walkHours(
  redis: RedisConnection,
  hoursKey: string,
  placesIn: PlacesIn,
  { way, beyond, fromS, untilS }: Walk,
): AsyncGenerator<readonly Place[]> {
  const isNewer = way === 'newer';
  const isBeyond = (one: Place): boolean =>
    beyond === null || (isNewer ? compare(one, beyond) > 0 : compare(one, beyond) < 0);
  const least = isNewer && beyond !== null ? Math.max(beyond.atS, fromS ?? beyond.atS) : fromS;
  const most = !isNewer && beyond !== null ? Math.min(beyond.atS, untilS ?? beyond.atS) : untilS;
  const min = least === undefined ? '-inf' : hourOf(least);
  const max = most === undefined ? '+inf' : hourOf(most);
  const [from, until] = [fromS ?? '-inf', untilS === undefined ? '+inf' : `(${untilS}`];
  let next: string | number = isNewer ? min : max;
  for (let count = FIRST_HOURS; ; count = HOURS_TOGETHER) {
    const limit = ['LIMIT', 0, count] as const;
    const hours = isNewer
      ? await redis.zrangebyscore(hoursKey, next, max, ...limit)
      : await redis.zrevrangebyscore(hoursKey, next, min, ...limit);
    const found = await Promise.all(hours.map((hour) => placesIn(Number(hour), from, until)));
    const places = found.flatMap((of) => (isNewer ? of : of.toReversed())).filter(isBeyond);
    for (let at = 0; at < places.length; at += CHUNK) yield places.slice(at, at + CHUNK);
    if (hours.length < count) return;
    next = `(${hours.at(-1)}`;
  }
}

const compare = (a: Place, b: Place): number =>
  a.atS - b.atS || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

const nameOfGroup = ({ atS, counted, event }: Indexed): string =>
  JSON.stringify([hourOf(atS), counted?.month, event]);

/** Groups of at most `CHUNK`. */
function grouped<T>(all: readonly T[], nameOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const name = nameOf(one);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / CHUNK) }, (_, at) =>
      group.slice(at * CHUNK, at * CHUNK + CHUNK),
    ),
  );
}

/** Where to go on, as one word. */
export const cursorOf = ({ atS, member }: Place): string => `${atS}-${member}`;

/** Null: nobody ever wrote that cursor. */
export function placeIn(cursor: string): Place | null {
  const [, atS, member] = /^(-?\d{1,12})-([\w-]{0,64}:[\w-]{1,64})$/.exec(cursor) ?? [];
  return atS === undefined || member === undefined ? null : { atS: Number(atS), member };
}
