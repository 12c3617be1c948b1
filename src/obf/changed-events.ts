import type { EventId } from '../ids.js';
import type { ObfAccount } from './account.js';
import { PAGE_LIMIT as PAGE, readList, unsteadyList } from './list.js';
import type { ObfEvent, OddRow } from './wire.js';
import type { EventIndex } from './read-state.js';

/** How many new events the last page has room for, beyond those that are known. */
const ROOM = 100;

/**
 * How much of the list is read while its sum is right (known and new events make up OBF's `total`):
 * - `an end`: one page, the first or the last by turns. What one of them hides (a new event, where OBF lists
 *   another no longer) the next look shows. For a poll, that comes again;
 * - `both ends`: news is in one of the two, in either order of the list;
 * - `all`: a deleted event could hide a new one anywhere.
 */
export type Look = 'an end' | 'both ends' | 'all';

export interface ChangedPage {
  /** Events that were not read, or whose row differs from what was read. */
  readonly events: readonly ObfEvent[];
  readonly odd: readonly OddRow[];
  /** This page is the whole list. */
  readonly isAll: boolean;
}

/**
 * The account's events to be read, as they are found, each once (twice where the list shifts meanwhile). OBF does
 * not say in which order it lists them, nor whether `begin` means the date of issue or of recording; its `total` says
 * whether anything is missing: where the sum is not right, all of them are looked at. With nothing new, and up to
 * a page, one call. What only the middle of a long list shows is found by the daily reading of the account.
 * @param isHeads which end `an end` looks at: the last one?
 * @throws ObfUnreadable when all are to be looked at, and the list changes each time it is read
 */
export async function* changedPages(
  account: Pick<ObfAccount, 'clientId' | 'events'>,
  index: Pick<EventIndex, 'count' | 'compare'>,
  look: Look,
  signal: AbortSignal,
  isHeads = (): boolean => Math.random() < 0.5,
): AsyncIterable<ChangedPage> {
  const known = await index.count(account.clientId);
  const unread = new Set<EventId>();
  /** Adds those that were never read to `unread`. */
  const changedIn = async (rows: readonly ObfEvent[]) => {
    const compared = await index.compare(account.clientId, rows);
    const isNew = (id: EventId): boolean => compared.unread.has(id) && !unread.has(id);
    const found = rows.filter(({ id }) => isNew(id) || compared.changed.has(id));
    for (const id of compared.unread) unread.add(id);
    return found;
  };
  const pageAt = (offset: number) => account.events({ offset }, signal);
  const isSumRight = (total: number | null): boolean => total !== null && known + unread.size >= total;
  /** Where OBF lists fewer than are known, no end of the list tells that nothing is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && known <= (total ?? 0);
  const lastFrom = known + ROOM - PAGE;
  if (look === 'an end' && lastFrom > 0 && isHeads()) {
    const last = await pageAt(lastFrom);
    yield { events: await changedIn(last.rows), odd: last.odd, isAll: false };
    if (isExact(last.total)) return;
  }
  const { rows, odd, total, keys } = await pageAt(0);
  const isAll = total === null ? keys.length < PAGE : keys.length >= total;
  yield { events: await changedIn(rows), odd, isAll };
  if (isAll || keys.length === 0 || (look === 'an end' && isExact(total))) return;
  if (look !== 'all' && total !== null) {
    const last = await pageAt(Math.max(0, total - PAGE));
    yield { events: await changedIn(last.rows), odd: last.odd, isAll: false };
    if (isSumRight(total)) return;
  }
  const events: ObfEvent[] = [];
  const onRows = async (more: readonly ObfEvent[]) => void events.push(...(await changedIn(more)));
  const all = await readList<ObfEvent>({ pageAt, keyOf: ({ id }) => id, onRows });
  yield { events, odd: all.odd, isAll: all.isWhole };
  if (!all.isWhole) throw unsteadyList('GET events', all.distinct, all.total);
}
