import { z } from 'zod';
import type { RedisConnection } from '../platform/redis.js';
import type { Layout } from './layout.js';
import { beyondIn, inPart, onTheWay, type InPart, type Place, type Way } from './place.js';

/** Where a walk begins and ends, and what it looks for. */
export interface Walk {
  readonly way: Way;
  readonly parts: readonly number[];
  /** It begins beyond this place; null: at the account's end. */
  readonly from: Place | null;
  /** What was written in between, Unix milliseconds, inclusive; null: no bound. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** Values that an entry has under these names, one of each; what else is asked for is seen to later. */
  readonly wanted: Readonly<Record<string, readonly string[]>>;
}

/** A stretch of the way, of all parts. */
export interface Stretch {
  /** Those of it that are wanted, in the order of the way. */
  readonly entries: readonly InPart[];
  /** How many were looked at for it. */
  readonly looked: number;
  /** Up to where nothing of it is left out; null: to the end of the account. */
  readonly upTo: Place | null;
}

/** The first time a part is asked for so many, a page's worth; then, nothing having been found, for more. */
const FIRST = 64;
const NEXT = 500;

/**
 * So many entries at most, of which those that are wanted are told, and the last that was looked at: what
 * nobody wants stays in Redis. KEYS: the stream. ARGV: XRANGE or XREVRANGE, its two ends, how many, then names
 * and the values wanted, which spaces part; no name or value has one.
 */
const LOOK = `
local found = redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])
local wanted = {}
for at = 5, #ARGV, 2 do wanted[ARGV[at]] = ' ' .. ARGV[at + 1] .. ' ' end
local told = {}
for _, entry in ipairs(found) do
  local good, fields = true, entry[2]
  for at = 1, #fields, 2 do
    local values = wanted[fields[at]]
    if values and not string.find(values, ' ' .. fields[at + 1] .. ' ', 1, true) then good = false end
  end
  if good then told[#told + 1] = entry end
end
return { #found, #found > 0 and found[#found][1] or '', told }`;
const looked = z.tuple([z.number(), z.string(), z.array(z.tuple([z.string(), z.array(z.string())]))]);

/** The entries of several parts in the order of the way, some at a time. */
export async function* walk(redis: RedisConnection, layout: Layout, how: Walk): AsyncGenerator<Stretch> {
  const order = onTheWay(how.way);
  let held = await Promise.all(how.parts.map((part) => look(redis, layout, part, how, FIRST)));
  for (;;) {
    // Up to the first end of what was looked at of a part, nothing that is still to be read can come between.
    const [upTo = null] = held.flatMap(({ last }) => last ?? []).toSorted(order);
    const isPassed = (at: Place): boolean => upTo === null || order(at, upTo) <= 0;
    const entries = held.flatMap((one) => one.entries.filter(isPassed)).toSorted(order);
    yield { entries, looked: held.reduce((sum, one) => sum + one.looked, 0), upTo };
    if (upTo === null) return;
    held = await Promise.all(
      held.map(async (one): Promise<Held> => {
        const left = one.entries.filter((at) => !isPassed(at));
        if (left.length > 0 || one.last === null) return { ...one, entries: left, looked: 0 };
        return look(redis, layout, one.part, { ...how, from: one.last }, NEXT);
      }),
    );
  }
}

/** What is held of a part. */
interface Held {
  readonly part: number;
  readonly entries: readonly InPart[];
  readonly looked: number;
  /** The last that was looked at; null: there are no more. */
  readonly last: Place | null;
}

async function look(
  redis: RedisConnection,
  layout: Layout,
  part: number,
  { way, from, sinceMs, untilMs, wanted }: Walk,
  count: number,
): Promise<Held> {
  const beyond = from === null ? null : beyondIn(part, from, way);
  const oldest = sinceMs === null ? '-' : String(sinceMs);
  const newest = untilMs === null ? '+' : String(untilMs);
  const range =
    way === 'older'
      ? ['XREVRANGE', beyond ?? newest, oldest, count]
      : ['XRANGE', beyond ?? oldest, newest, count];
  const names = Object.entries(wanted).flatMap(([name, values]) => [name, values.join(' ')]);
  const [number, lastId, told] = looked.parse(
    await redis.eval(LOOK, 1, layout.entries(part), ...range, ...names),
  );
  const isLast = number < count;
  return {
    part,
    entries: told.map((one) => inPart(part, one)),
    looked: number,
    last: isLast ? null : inPart(part, [lastId, []]),
  };
}
