import type { RedisConnection } from '../platform/redis.js';

/** An entry in a stream of Redis, as an older Palier wrote it. */
export interface Placed {
  /** When it was written, Unix milliseconds by Redis' clock, and its number within that millisecond. */
  readonly ms: number;
  readonly nth: number;
  readonly fields: readonly string[];
}

type Pages<T extends Placed = Placed> = AsyncGenerator<readonly T[]>;

/** So many entries are in memory at a time, of each stream. */
const PAGE = 500;

/** A stream's entries that were written between the two, inclusive, oldest first; no page is empty. */
export async function* pagesOf(
  redis: RedisConnection,
  stream: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs?: number },
): Pages {
  let start = String(fromMs);
  for (;;) {
    const page = await redis.xrange(stream, start, toMs === undefined ? '+' : String(toMs), 'COUNT', PAGE);
    const [last] = page.at(-1) ?? [];
    if (last === undefined) return;
    yield page.map(([id, fields]) => ({ ...placeOf(id), fields }));
    if (page.length < PAGE) return;
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

/** Several streams as one, oldest first; of each, one page is held. */
export async function* merged<T extends Placed>(streams: readonly Pages<T>[]): Pages<T> {
  let held = (await Promise.all(streams.map((stream) => nextOf(stream)))).flat();
  for (;;) {
    const [end] = held.flatMap(({ page }) => page.at(-1) ?? []).toSorted(byPlace);
    if (end === undefined) return;
    // Up to the first end of a page, nothing that is still to be read can come between.
    yield held.flatMap(({ page }) => page.filter((one) => byPlace(one, end) <= 0)).toSorted(byPlace);
    held = (await Promise.all(held.map((one) => after(one, end)))).flat();
  }
}

interface Held<T extends Placed> {
  readonly stream: Pages<T>;
  readonly page: readonly T[];
}

/** What is left of a page, or the next one. */
async function after<T extends Placed>({ stream, page }: Held<T>, end: Placed): Promise<readonly Held<T>[]> {
  const later = page.filter((one) => byPlace(one, end) > 0);
  return later.length > 0 ? [{ stream, page: later }] : nextOf(stream);
}

/** Nothing when the stream has come to its end. */
async function nextOf<T extends Placed>(stream: Pages<T>): Promise<readonly Held<T>[]> {
  const { done, value } = await stream.next();
  return done === true ? [] : [{ stream, page: value }];
}
