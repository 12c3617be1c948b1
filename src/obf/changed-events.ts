import type { EventId } from '../ids.js';
import type { ObfAccount } from './account.js';
import type { EventIndex } from './read-state.js';
import { PAGE_LIMIT as PAGE, readList, unsteadyList } from './list.js';
import type { ObfEvent, OddRow } from './types.js';

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

/** What is known of one account, and how it is looked at. */
export interface Looking {
  readonly account: Pick<ObfAccount, 'clientId' | 'events'>;
  readonly events: Pick<EventIndex, 'count' | 'compare'>;
  readonly look: Look;
  /** Which end `an end` looks at: the last one? */
  readonly isHeads?: () => boolean;
}

/** A part of what a list shows. */
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
 * @throws ObfUnreadable when all are to be looked at, and the list changes each time it is read
 */
export async function* changedPages(looking: Looking, signal: AbortSignal): AsyncIterable<ChangedPage> {
  const { account, look, isHeads = () => Math.random() < 0.5 } = looking;
  const known = await looking.events.count(account.clientId);
  const unread = new Set<EventId>();
  /** Adds those that were never read to `unread`. */
  const changedIn = async (rows: readonly ObfEvent[]) => {
    const compared = await looking.events.compare(account.clientId, rows);
    const isNew = (id: EventId): boolean => compared.unread.has(id) && !unread.has(id);
    const found = rows.filter(({ id }) => isNew(id) || compared.changed.has(id));
    for (const id of compared.unread) unread.add(id);
    return found;
  };
  const pageAt = (offset: number) => account.events({ offset }, signal);
  const atEnd = async (offset: number) => {
    const { rows, odd, total, keys } = await pageAt(offset);
    return { events: await changedIn(rows), odd, isAll: false, total, length: keys.length };
  };
  const isSumRight = (total: number | null): boolean => total !== null && known + unread.size >= total;
  /** Where OBF lists fewer than are known, no end of the list tells that nothing is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && known <= (total ?? 0);

  const from = Math.max(0, known + ROOM - PAGE);
  if (look === 'an end' && from > 0 && isHeads()) {
    const last = await atEnd(from);
    yield last;
    if (isExact(last.total)) return;
  }
  const first = await atEnd(0);
  const { total, length } = first;
  const isAll = total === null ? length < PAGE : length >= total;
  yield { ...first, isAll };
  if (isAll || length === 0 || (look === 'an end' && isExact(total))) return;
  if (look !== 'all' && total !== null) {
    yield await atEnd(Math.max(0, total - PAGE));
    if (isSumRight(total)) return;
  }
  const events: ObfEvent[] = [];
  const onRows = async (rows: readonly ObfEvent[]) => void events.push(...(await changedIn(rows)));
  const all = await readList<ObfEvent>({ pageAt, keyOf: ({ id }) => id, onRows });
  yield { events, odd: all.odd, isAll: all.isWhole };
  if (!all.isWhole) throw unsteadyList('GET events', all.distinct, all.total);
}
