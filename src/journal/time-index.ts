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
 * KEYS: the places, the counts, the events. ARGV, of each place: when, its member, the field that counts it ('': not
 * counted) and the event that it is found by ('': none).
 */
const ADD = scriptOf(`
for at = 1, #ARGV, 4 do
  local when, field, event = tonumber(ARGV[at]), ARGV[at + 2], ARGV[at + 3]
  if redis.call('ZADD', KEYS[1], when, ARGV[at + 1]) == 1 and field ~= '' then
    redis.call('HINCRBY', KEYS[2], field, 1)
  end
  if event ~= '' then
    local first, last = string.match(redis.call('HGET', KEYS[3], event) or '', '^(%S+) (%S+)$')
    first, last = math.min(tonumber(first) or when, when), math.max(tonumber(last) or when, when)
    redis.call('HSET', KEYS[3], event, string.format('%d %d', first, last))
  end
end`);

/** How many places one command names. */
const CHUNK = 500;

function* chunksOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += CHUNK) yield all.slice(at, at + CHUNK);
}

/**
 * The entries of all journals by time. An index: written after the records by idempotent commands, rebuilt from them
 * by one command, and never asked who holds what.
 * @param prefix of the keys, which are in one slot
 * @param timeZone whose days are counted
 */
export function createTimeIndex(redis: RedisConnection, prefix: string, timeZone: string) {
  const [placesKey = '', countsKey = '', eventsKey = ''] = ['places', 'issued', 'events'].map(
    (name) => `${prefix}:journal:{log}:${name}`,
  );
  const dayOf = (atS: number): string => DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');
  const argumentsOf = ({ member, entry, isCounted }: Listed): (string | number)[] => {
    const { kind, atS, award, event } = entry;
    const field = isCounted && kind === 'issued' && award !== null ? `${dayOf(atS)} ${award}` : '';
    return [atS, member, field, isGiving(entry) ? (event ?? '') : ''];
  };
  return {
    /** Adds entries; counts those that are new. Idempotent. */
    async add(listed: readonly Listed[]): Promise<void> {
      for (const some of chunksOf(listed))
        await ADD(redis, [placesKey, countsKey, eventsKey], some.flatMap(argumentsOf));
    },
    async remove(members: readonly string[]): Promise<void> {
      for (const some of chunksOf(members)) await redis.zrem(placesKey, ...some);
    },
    /** Places in the order of the way, in chunks. */
    walk: (walk: Walk): AsyncIterable<readonly Place[]> => walkPlaces(redis, placesKey, walk),
    /** The places of the entries of one event, among others of the same instant. */
    async ofEvent(event: EventId): Promise<readonly Place[]> {
      const [first, last] = ((await redis.hget(eventsKey, event)) ?? '').split(' ');
      if (first === undefined || last === undefined) return [];
      return placesIn(await redis.zrangebyscore(placesKey, first, last, 'WITHSCORES'));
    },
    /** On whole days: that of `fromS`, that of the last second before `untilS`, and those between. */
    async issuedByDay({ fromS, untilS }: Span): Promise<IssuedByDay> {
      const from = fromS === undefined ? '' : dayOf(fromS);
      const until = untilS === undefined ? '9999-12-31' : dayOf(untilS - 1);
      const days = new Map<string, Map<AwardId, number>>();
      for (const [field, count] of Object.entries(await redis.hgetall(countsKey)).toSorted()) {
        const [day = '', award = ''] = field.split(' ');
        if (day < from || day > until) continue;
        const ofDay = days.get(day) ?? new Map<AwardId, number>();
        days.set(day, ofDay.set(asAwardId(award), Number(count)));
      }
      return days;
    },
    /** Empties the index, to be filled from the records again. */
    clear: (): Promise<unknown> => redis.unlink(placesKey, countsKey, eventsKey),
  };
}

/** @param flat members and instants, in turn */
const placesIn = (flat: readonly string[]): readonly Place[] =>
  flat.flatMap((member, at) => (at % 2 === 0 ? [{ member, atS: Number(flat[at + 1]) }] : []));

async function* walkPlaces(
  redis: RedisConnection,
  key: string,
  { way, beyond, fromS, untilS }: Walk,
): AsyncGenerator<readonly Place[]> {
  const isNewer = way === 'newer';
  const near = beyond?.atS ?? (isNewer ? -Infinity : Infinity);
  const [from = -Infinity, until = Infinity] = [fromS, untilS];
  // Instants are whole seconds.
  const [least, most] = [Math.ceil(from), Math.ceil(until) - 1];
  const end = isNewer ? most : least;
  const read = async (first: string | number, last: number, count: number): Promise<readonly Place[]> => {
    const asked = [key, first, last, 'WITHSCORES', 'LIMIT', 0, count] as const;
    return placesIn(await (isNewer ? redis.zrangebyscore(...asked) : redis.zrevrangebyscore(...asked)));
  };
  const isBeyond = (one: Place): boolean =>
    beyond === null || (isNewer ? compare(one, beyond) > 0 : compare(one, beyond) < 0);
  for (let next: string | number = isNewer ? Math.max(near, least) : Math.min(near, most); ;) {
    const some = await read(next, end, CHUNK);
    const last = some.at(-1);
    if (last === undefined) return;
    // All of one second together: then the next look begins beyond it.
    const ofLast = await read(last.atS, last.atS, -1);
    const places = [...some.filter(({ atS }) => atS !== last.atS), ...ofLast];
    yield* chunksOf(places.filter(isBeyond));
    next = `(${last.atS}`;
  }
}

const compare = (a: Place, b: Place): number =>
  a.atS - b.atS || (a.member < b.member ? -1 : a.member > b.member ? 1 : 0);

/** Where to go on, as one word. */
export const cursorOf = ({ atS, member }: Place): string => `${atS}-${member}`;

/** Null: nobody ever wrote that cursor. */
export function placeIn(cursor: string): Place | null {
  const [, atS, member] = /^(-?\d{1,12})-([\w-]{0,64}:[\w-]{1,64})$/.exec(cursor) ?? [];
  return atS === undefined || member === undefined ? null : { atS: Number(atS), member };
}
