import type { RedisConnection } from '../platform/redis.js';

/** An entry in a stream of Redis. */
export interface Placed {
  /** When it was written, Unix milliseconds by Redis' clock, and its number within that millisecond. */
  readonly ms: number;
  readonly nth: number;
  readonly fields: readonly string[];
}

/** So many entries are in memory at a time, of each stream. */
const PAGE = 500;

/** A stream's entries that were written between the two, inclusive, oldest first; read page by page. */
export async function* entriesIn(
  redis: RedisConnection,
  stream: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs?: number },
): AsyncGenerator<Placed> {
  let start = String(fromMs);
  for (;;) {
    const page = await redis.xrange(stream, start, toMs === undefined ? '+' : String(toMs), 'COUNT', PAGE);
    for (const [id, fields] of page) yield { ...placeOf(id), fields };
    const [last] = page.at(-1) ?? [];
    if (last === undefined || page.length < PAGE) return;
    start = `(${last}`;
  }
}

/** @param id of an entry in a stream: `<ms>-<nth>` */
export function placeOf(id: string): Pick<Placed, 'ms' | 'nth'> {
  const [ms, nth] = id.split('-');
  return { ms: Number(ms), nth: Number(nth) };
}

/** Which was written first: for sorting. */
export const byPlace = (a: Placed, b: Placed): number => a.ms - b.ms || a.nth - b.nth;

/** Several sorted sources as one; of each, one item is held. */
export async function* merged<T>(
  sources: readonly AsyncGenerator<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const waiting = (await Promise.all(sources.map(headOf))).flat();
  while (waiting.length > 0) {
    const [first] = waiting.splice(indexOfFirst(waiting, compare), 1);
    if (first === undefined) return;
    yield first.item;
    waiting.push(...(await headOf(first.source)));
  }
}

interface Head<T> {
  readonly item: T;
  readonly source: AsyncGenerator<T>;
}

/** Nothing when the source has come to its end. */
async function headOf<T>(source: AsyncGenerator<T>): Promise<readonly Head<T>[]> {
  const { done, value } = await source.next();
  return done === true ? [] : [{ item: value, source }];
}

function indexOfFirst<T>(heads: readonly Head<T>[], compare: (a: T, b: T) => number): number {
  const [first, ...others] = heads.map(({ item }, at) => ({ item, at }));
  return others.reduce((a, b) => (a !== undefined && compare(a.item, b.item) <= 0 ? a : b), first)?.at ?? 0;
}
