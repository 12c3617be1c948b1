import { DateTime } from 'luxon';
import { recordsAward, type JournalEntry } from '../earners/journal-entry.js';
import { asAwardId, type AwardId, type EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { chunked, scriptOf } from '../platform/redis-commands.js';

/** The place of an entry in the index, ordered by instant, then by member. */
export interface IndexPlace {
  /** Unix seconds. */
  readonly atS: number;
  /** `<earner>:<place in its journal>`, or `:<id>` for an entry about nobody. */
  readonly member: string;
}

/** An entry to index. */
export interface IndexedEntry {
  readonly member: string;
  readonly entry: JournalEntry;
}

/** From (inclusive) and until (exclusive), Unix seconds. */
export interface Span {
  readonly fromS?: number;
  readonly untilS?: number;
}

/** `older`: back from `after`, or from the newest; `newer`: on from `after`, or from the oldest. */
export interface Walk extends Span {
  readonly direction: 'older' | 'newer';
  readonly after: IndexPlace | null;
}

/** How many of each award were issued on each calendar day (`2026-11-23`, in the scheme's zone). */
export type IssuedByDay = ReadonlyMap<string, ReadonlyMap<AwardId, number>>;

/**
 * Adds and counts entries. KEYS: hours, counts, count fields, events, then the hour of each place. ARGV, five for each
 * place: number of the hour, instant, member, count field ('': not counted), event ('': none).
 */
const ADD = scriptOf(`
for nth = 0, #KEYS - 5 do
  local hour, when, member, field, event = unpack(ARGV, nth * 5 + 1, nth * 5 + 5)
  redis.call('ZADD', KEYS[1], hour, hour)
  if redis.call('ZADD', KEYS[nth + 5], when, member) == 1 and field ~= '' then
    redis.call('HINCRBY', KEYS[2], field, 1)
    redis.call('ZADD', KEYS[3], 0, field)
  end
  if event ~= '' then
    local first, last = string.match(redis.call('HGET', KEYS[4], event) or '', '^(%S+) (%S+)$')
    first, last = math.min(tonumber(first or when), when), math.max(tonumber(last or when), when)
    redis.call('HSET', KEYS[4], event, string.format('%d %d', first, last))
  end
end`);

/** One sorted set an hour: Redis stores up to 128 members in a quarter of the memory. */
const HOUR_S = 3600;
const hourOf = (atS: number): number => Math.floor(atS / HOUR_S);
/** How many places one command adds, and a walk yields at a time: their entries are read together. */
const CHUNK = 100;
/** How many hours are read at a time. */
const HOURS_TOGETHER = 32;

export type TimeIndex = ReturnType<typeof createTimeIndex>;

/**
 * The entries of all journals by time. As an index it is written after the records, by idempotent commands. One command
 * rebuilds it from the records, and it never decides who holds what.
 * @param prefix of the keys, which are in one slot
 * @param timeZone the zone of the days by which awards are counted
 */
export function createTimeIndex(redis: RedisConnection, prefix: string, timeZone: string) {
  const base = `${prefix}:journal:{log}`;
  const [hoursKey, eventsKey] = [`${base}:hours`, `${base}:events`];
  // Counts by `<day> <award>`, and a sorted set of these fields: the last days are read without the others.
  const [countsKey, fieldsKey] = [`${base}:issued`, `${base}:issued-fields`];
  const hourKey = (hour: number | string): string => `${base}:h:${hour}`;
  const dayOf = (atS: number): string => DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');
  const argumentsOf = ({ member, entry }: IndexedEntry, isCounted: boolean): (string | number)[] => {
    const { kind, atS, award, event } = entry;
    const field = isCounted && kind === 'issued' && award !== null ? `${dayOf(atS)} ${award}` : '';
    return [hourOf(atS), atS, member, field, recordsAward(entry) ? (event ?? '') : ''];
  };
  const placesIn: PlacesIn = async (hours, from = '-inf', until = '+inf') => {
    const reads = hours.map((hour) => redis.zrangebyscore(hourKey(hour), from, until, 'WITHSCORES'));
    return (await Promise.all(reads)).flatMap((flat) =>
      flat.flatMap((member, at) => (at % 2 === 0 ? [{ member, atS: Number(flat[at + 1]) }] : [])),
    );
  };
  return {
    /** Adds entries, and counts the new ones. Idempotent. @param isCounted false: counted already, as another member */
    async add(listed: readonly IndexedEntry[], isCounted = true): Promise<void> {
      for (const some of chunked(listed, CHUNK)) {
        const hours = some.map(({ entry }) => hourKey(hourOf(entry.atS)));
        const keys = [hoursKey, countsKey, fieldsKey, eventsKey, ...hours];
        const values = some.flatMap((one) => argumentsOf(one, isCounted));
        await ADD(redis, keys, values);
      }
    },
    async remove(places: readonly IndexPlace[]): Promise<void> {
      await Promise.all(places.map(({ atS, member }) => redis.zrem(hourKey(hourOf(atS)), member)));
    },
    /** Yields places in the order of `walk.direction`, in chunks. */
    walk: (walk: Walk): AsyncIterable<readonly IndexPlace[]> => walkHours(redis, hoursKey, placesIn, walk),
    /** Returns the places of the entries of one event, among others of the same time. */
    async ofEvent(event: EventId): Promise<readonly IndexPlace[]> {
      const [first, last] = ((await redis.hget(eventsKey, event)) ?? '').split(' ');
      if (first === undefined || last === undefined) return [];
      const hours = await redis.zrangebyscore(hoursKey, hourOf(Number(first)), hourOf(Number(last)));
      return placesIn(hours, first, last);
    },
    /** Counts whole days: from that of `fromS` to that of the last second before `untilS`. */
    async issuedByDay({ fromS, untilS }: Span): Promise<IssuedByDay> {
      const from = fromS === undefined ? '' : dayOf(fromS);
      const until = untilS === undefined ? '9999-12-31' : dayOf(untilS - 1);
      const days = new Map<string, Map<AwardId, number>>();
      // `!` follows the space after the day.
      const fields = await redis.zrangebylex(fieldsKey, `[${from}`, `(${until}!`);
      const counts = fields.length === 0 ? [] : await redis.hmget(countsKey, ...fields);
      for (const [at, field] of fields.entries()) {
        const [day = '', award = ''] = field.split(' ');
        const ofDay = days.get(day) ?? new Map<AwardId, number>();
        days.set(day, ofDay.set(asAwardId(award), Number(counts[at])));
      }
      return days;
    },
    /** Empties the index, to be rebuilt from the records. */
    async clear(): Promise<void> {
      const hours = (await redis.zrange(hoursKey, '0', '-1')).map(hourKey);
      for (const keys of chunked([...hours, hoursKey, countsKey, fieldsKey, eventsKey], CHUNK))
        await redis.unlink(...keys);
    },
  };
}

/** Reads the places in these hours, between two bounds of ZRANGEBYSCORE. */
type PlacesIn = (hours: readonly string[], from?: string, until?: string) => Promise<readonly IndexPlace[]>;

async function* walkHours(
  redis: RedisConnection,
  hoursKey: string,
  placesIn: PlacesIn,
  { direction, after, fromS = -Infinity, untilS = Infinity }: Walk,
): AsyncGenerator<readonly IndexPlace[]> {
  const isNewer = direction === 'newer';
  const sign = isNewer ? 1 : -1;
  const nearS = after?.atS ?? -sign * Infinity;
  const [leastS, mostS] = isNewer ? [Math.max(fromS, nearS), untilS] : [fromS, Math.min(untilS, nearS)];
  const isInWalk = (place: IndexPlace): boolean =>
    fromS <= place.atS && place.atS < untilS && (after === null || sign * compare(place, after) > 0);
  for (let next: string | number = hourOf(isNewer ? leastS : mostS); ;) {
    const limit = ['LIMIT', 0, HOURS_TOGETHER] as const;
    const hours: string[] = isNewer
      ? await redis.zrangebyscore(hoursKey, next, hourOf(mostS), ...limit)
      : await redis.zrevrangebyscore(hoursKey, next, hourOf(leastS), ...limit);
    const places = (await placesIn(hours)).filter(isInWalk).toSorted((a, b) => sign * compare(a, b));
    yield* chunked(places, CHUNK);
    const last = hours.at(-1);
    if (last === undefined) return;
    next = `(${last}`;
  }
}

const compare = (a: IndexPlace, b: IndexPlace): number =>
  a.atS - b.atS || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

/** Encodes a place as the cursor of a URL. */
export const cursorOf = ({ atS, member }: IndexPlace): string => `${atS}-${member}`;

/** Decodes a cursor; null: it is not one. */
export function placeIn(cursor: string): IndexPlace | null {
  const [, atS, member] = /^(-?\d{1,12})-([\w-]{0,64}:[\w-]{1,64})$/.exec(cursor) ?? [];
  return atS === undefined || member === undefined ? null : { atS: Number(atS), member };
}
