import { ObfUnreadable } from './errors.js';
import type { Page } from './types.js';

/** The most that OBF gives at once. */
export const PAGE_LIMIT = 1000;
/** A million rows: an event has some thousand recipients. */
const MAX_PAGES = 1000;

/**
 * Reads a list to its end. A row that comes twice, because the list grew while it was read, counts once.
 * @param idOf what makes a row one and the same
 * @throws ObfUnreadable when OBF gives the same page again and again, though it has more
 */
export async function readAll<T>(
  call: string,
  pageAt: (offset: number) => Promise<Page<T>>,
  idOf: (row: T) => string,
): Promise<readonly T[]> {
  const seen = new Map<string, T>();
  let offset = 0;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const { rows, total } = await pageAt(offset);
    const before = seen.size;
    for (const row of rows) if (!seen.has(idOf(row))) seen.set(idOf(row), row);
    offset += rows.length;
    if (rows.length === 0 || (total === null ? rows.length < PAGE_LIMIT : offset >= total))
      return [...seen.values()];
    // A part of a list must not pass for the whole: what it leaves out would never be looked for again.
    if (seen.size === before) break;
  }
  throw new ObfUnreadable(call, `the list does not end: ${seen.size} rows read, and no new ones come`);
}
