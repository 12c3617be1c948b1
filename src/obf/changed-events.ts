import type { EventId } from '../ids.js';
import type { ObfAccount } from './account.js';
import type { EventIndex } from './read-state.js';
import { PAGE_LIMIT as PAGE, readList, unsteadyList } from './list.js';
import type { ObfEvent, OddRow, Page } from './types.js';

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
  const atEnd = async (offset: number) => {
    const page = await account.events({ limit: PAGE, offset }, signal);
    const changed = await changedIn(looking, page, unread);
    return { ...changed, total: page.total, length: page.keys.length };
  };
  const isSumRight = (total: number | null): boolean => total !== null && known + unread.size >= total;
  /** Where OBF lists fewer than are known, no end of the list tells that nothing is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && known <= (total ?? 0);

  const from = Math.max(0, known + ROOM - PAGE);
  if (look === 'an end' && from > 0 && isHeads()) {
    const last = await atEnd(from);
    yield { ...last, isAll: false };
    if (isExact(last.total)) return;
  }
  const first = await atEnd(0);
  const { total, length } = first;
  const isAll = total === null ? length < PAGE : length >= total;
  yield { ...first, isAll };
  if (isAll || length === 0 || (look === 'an end' && isExact(total))) return;
  if (look !== 'all' && total !== null) {
    yield { ...(await atEnd(Math.max(0, total - PAGE))), isAll: false };
    if (isSumRight(total)) return;
  }
  yield* allPages(looking, unread, signal);
}

/** Found events and odd rows of a page; adds those that were never read to `unread`. */
async function changedIn(
  { account, events }: Looking,
  { rows, odd }: Pick<Page<ObfEvent>, 'rows' | 'odd'>,
  unread: Set<EventId>,
) {
  const compared = await events.compare(account.clientId, rows);
  const found = rows.filter(
    ({ id }) => (compared.unread.has(id) && !unread.has(id)) || compared.changed.has(id),
  );
  for (const id of compared.unread) unread.add(id);
  return { events: found, odd };
}

async function* allPages(
  looking: Looking,
  unread: Set<EventId>,
  signal: AbortSignal,
): AsyncIterable<ChangedPage> {
  const found: ObfEvent[] = [];
  const { isWhole, distinct, total, odd } = await readList<ObfEvent>({
    pageAt: (offset) => looking.account.events({ limit: PAGE, offset }, signal),
    keyOf: ({ id }) => id,
    onRows: async (rows) => void found.push(...(await changedIn(looking, { rows, odd: [] }, unread)).events),
  });
  yield { events: found, odd, isAll: isWhole };
  if (!isWhole) throw unsteadyList('GET events', distinct, total);
}
