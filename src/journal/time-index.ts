import { createHash } from 'node:crypto';
import { DateTime } from 'luxon';
import { isGiving, type JournalEntry } from '../earners/journal-entry.js';
import { asAwardId, type AwardId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/redis-commands.js';

/** The place of an entry: by when it happened, then by its name. */
export interface Place {
  /** Unix seconds. */
  readonly atS: number;
  /** `<earner>:<place in its journal>`, or `:<id>` for an entry about nobody. */
  readonly member: string;
}

/** An entry to be listed. One that is not counted was, under another name. */
export interface Listed {
  readonly member: string;
  readonly entry: JournalEntry;
  readonly isCounted: boolean;
}

export type Way = 'older' | 'newer';

/** Inclusive and exclusive, Unix seconds. */
export interface Span {
  readonly fromS?: number;
  readonly untilS?: number;
}

/** Which places are walked through: beyond a place, or from an end. */
export interface Walk extends Span {
  readonly way: Way;
  readonly beyond: Place | null;
}

/** How many of each award were issued, by calendar day (`2026-11-23`, in the scheme's zone). */
export type IssuedByDay = ReadonlyMap<string, ReadonlyMap<AwardId, number>>;

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
const [FIRST_HOURS, HOURS_TOGETHER] = [4, 32];

const hourOf = (atS: number): number => Math.floor(atS / HOUR_S);
const monthOf = (day: string): string => day.slice(0, 'yyyy-MM'.length);

/**
 * The entries of all journals by time. An index: written after the records by idempotent commands, rebuilt from them
 * by one command, and never asked who holds what.
 * @param prefix of the keys, which are in one slot
 * @param timeZone whose days are counted
 */
export function createTimeIndex(redis: RedisConnection, prefix: string, timeZone: string) {
  const base = `${prefix}:journal:{log}`;
  const [hoursKey, monthsKey] = [`${base}:hours`, `${base}:months`];
  const hourKey = (hour: number): string => `${base}:h:${hour}`;
  const monthKey = (month: string): string => `${base}:issued:${month}`;
  const eventsKey = (event: string): string =>
    `${base}:events:${createHash('sha256').update(event).digest().readUInt16BE(1) % EVENT_HASHES}`;
  const dayOf = (atS: number): string => DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');
  const placesIn: PlacesIn = async (hour, from, until) => {
    const flat = await redis.zrangebyscore(hourKey(hour), from, until, 'WITHSCORES');
    return flat.flatMap((member, at) => (at % 2 === 0 ? [{ member, atS: Number(flat[at + 1]) }] : []));
  };
  const fieldOf = ({ entry: { kind, award, atS }, isCounted }: Listed): string =>
    isCounted && kind === 'issued' && award !== null ? `${dayOf(atS)} ${award}` : '';

  return {
    /** Adds entries; counts those that are new. Idempotent. */
    async add(listed: readonly Listed[]): Promise<void> {
      const groups = grouped(listed, (one) => {
        const { entry } = one;
        const event = isGiving(entry) ? (entry.event ?? '') : '';
        return [hourOf(entry.atS), monthOf(fieldOf(one)), event] as const;
      });
      const add = ([[hour, month, event], group]: (typeof groups)[number]): Promise<unknown> => {
        const keys = [hourKey(hour), hoursKey, monthKey(month), eventsKey(event), monthsKey];
        const args = group.flatMap((one) => [one.entry.atS, one.member, fieldOf(one)]);
        return ADD(redis, keys, [hour, event, month, ...args]);
      };
      await Promise.all(groups.map(add));
    },
    async remove(places: readonly Place[]): Promise<void> {
      for (const [[hour], group] of grouped(places, ({ atS }) => [hourOf(atS)] as const))
        await REMOVE(redis, [hourKey(hour), hoursKey], [hour, ...group.map(({ member }) => member)]);
    },
    /** Places in the order of the way, in chunks. */
    walk: (walk: Walk): AsyncIterable<readonly Place[]> => walkHours(redis, hoursKey, placesIn, walk),
    /** The places of the entries of one event, among others of the same instant. */
    async ofEvent(event: EventId): Promise<readonly Place[]> {
      const [first, last] = ((await redis.hget(eventsKey(event), event)) ?? '').split(' ').map(Number);
      if (first === undefined || last === undefined) return [];
      const hours = await redis.zrangebyscore(hoursKey, hourOf(first), hourOf(last));
      return (await Promise.all(hours.map((hour) => placesIn(Number(hour), first, last)))).flat();
    },
    /** On whole days: that of `fromS`, that of the last second before `untilS`, and those between. */
    async issuedByDay({ fromS, untilS }: Span): Promise<IssuedByDay> {
      const from = fromS === undefined ? '' : dayOf(fromS);
      const until = untilS === undefined ? '9999-12-31' : dayOf(untilS - 1);
      const months = (await redis.smembers(monthsKey)).filter(
        (month) => month >= monthOf(from) && month <= monthOf(until),
      );
      const counts = await Promise.all(months.map((month) => redis.hgetall(monthKey(month))));
      return byDay(Object.assign({}, ...counts), (day) => day >= from && day <= until);
    },
    /** Empties the index, to be filled from the records again. */
    async clear(): Promise<void> {
      const hours = (await redis.zrange(hoursKey, '0', '-1')).map((hour) => hourKey(Number(hour)));
      const months = await redis.smembers(monthsKey);
      const events = Array.from({ length: EVENT_HASHES }, (_, at) => `${base}:events:${at}`);
      const keys = [...hours, ...months.map(monthKey), ...events];
      for (let at = 0; at < keys.length; at += CHUNK) await redis.del(...keys.slice(at, at + CHUNK));
      await redis.del(hoursKey, monthsKey);
    },
  };
}

/** @param counts by `<day> <award>` */
function byDay(counts: Readonly<Record<string, string>>, isAsked: (day: string) => boolean): IssuedByDay {
  const days = new Map<string, Map<AwardId, number>>();
  for (const [field, count] of Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [day = '', award = ''] = field.split(' ');
    if (!isAsked(day)) continue;
    const ofDay = days.get(day) ?? new Map<AwardId, number>();
    days.set(day, ofDay.set(asAwardId(award), Number(count)));
  }
  return days;
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

/** What is alike in its name, in groups of at most `CHUNK`, each with that name. */
function grouped<T, Name>(all: readonly T[], nameOf: (one: T) => Name): readonly [Name, readonly T[]][] {
  const open = new Map<string, [Name, T[]]>();
  const groups: [Name, T[]][] = [];
  for (const one of all) {
    const name = nameOf(one);
    const key = JSON.stringify(name);
    let group = open.get(key);
    if (group === undefined || group[1].length === CHUNK) {
      group = [name, []];
      groups.push(group);
      open.set(key, group);
    }
    group[1].push(one);
  }
  return groups;
}

/** Where to go on, as one word. */
export const cursorOf = ({ atS, member }: Place): string => `${atS}-${member}`;

/** Null: nobody ever wrote that cursor. */
export function placeIn(cursor: string): Place | null {
  const [, atS, member] = /^(-?\d{1,12})-([\w-]{0,64}:[\w-]{1,64})$/.exec(cursor) ?? [];
  return atS === undefined || member === undefined ? null : { atS: Number(atS), member };
}
