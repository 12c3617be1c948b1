import type { EventId } from '../ids.js';
import type { ObfAccount, ObfEvent } from '../obf/types.js';
import type { SeenEvents } from '../portfolio/seen-events.js';

const PAGE = 1000;
/** How many new events the last page has room for, beyond those that are known. */
const ROOM = 100;

/**
 * How much of the list is read while its sum is right (known and new make up OBF's `total`):
 * - `an end`: one page, of the first and the last now the one, now the other. What one of them hides (a new
 *   event, where OBF lists another no longer) the next look shows. For a poll, that comes again;
 * - `both ends`: the news stand in one of the two, whatever the order of the list;
 * - `all`: an event that OBF no longer lists could hide a new one anywhere.
 */
export type Look = 'an end' | 'both ends' | 'all';

/** What is known of one account, and how it is looked at. */
export interface Looking {
  readonly account: ObfAccount;
  readonly seen: Pick<SeenEvents, 'count' | 'unseen'>;
  readonly look: Look;
  /** Which end `an end` looks at: the last one? */
  readonly isHeads?: () => boolean;
}

/**
 * The account's events that are not in the portfolios, as they are found, each once (twice where the list shifts
 * meanwhile). OBF does not say in which order it lists them, nor whether `begin` means the date of issue or of
 * recording (an award may be dated back); its `total` does say whether anything is missing: where the sum is not
 * right, all of them are read. With nothing new, and up to a page, one call. However many there are, one page of
 * them is in memory.
 */
export async function* unseenPages(
  looking: Looking,
  signal: AbortSignal,
): AsyncIterable<readonly ObfEvent[]> {
  const { account, look, isHeads = () => Math.random() < 0.5 } = looking;
  const known = await looking.seen.count(account.clientId);
  const found = new Set<EventId>();
  const atEnd = async (offset: number): Promise<UnseenPage> => {
    const page = await takePage(looking, offset, signal);
    const unseen = page.unseen.filter(({ id }) => !found.has(id));
    for (const { id } of unseen) found.add(id);
    return { ...page, unseen };
  };
  const isSumRight = (total: number | null): boolean => total !== null && known + found.size >= total;
  /** Where OBF lists fewer than are known, no end of the list tells that nothing is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && known <= (total ?? 0);

  const from = Math.max(0, known + ROOM - PAGE);
  if (look === 'an end' && from > 0 && isHeads()) {
    const last = await atEnd(from);
    yield last.unseen;
    if (isExact(last.total)) return;
  }
  const first = await atEnd(0);
  yield first.unseen;
  const { total, length } = first;
  if (length === 0 || endsAt(length, total) || (look === 'an end' && isExact(total))) return;
  if (look !== 'all' && total !== null) {
    yield (await atEnd(Math.max(0, total - PAGE))).unseen;
    if (isSumRight(total)) return;
  }
  for (let offset = length; !endsAt(offset, total);) {
    const page = await takePage(looking, offset, signal);
    yield page.unseen.filter(({ id }) => !found.has(id));
    if (page.length === 0) return;
    offset += page.length;
  }
}

const endsAt = (offset: number, total: number | null): boolean =>
  total === null ? offset % PAGE !== 0 : offset >= total;

interface UnseenPage {
  readonly unseen: readonly ObfEvent[];
  /** Of the page, seen or not. */
  readonly length: number;
  readonly total: number | null;
}

async function takePage(
  { account, seen }: Looking,
  offset: number,
  signal: AbortSignal,
): Promise<UnseenPage> {
  const { rows, total } = await account.events({ limit: PAGE, offset }, signal);
  const unseen = await seen.unseen(
    account.clientId,
    rows.map(({ id }) => id),
  );
  return { unseen: rows.filter(({ id }) => unseen.has(id)), length: rows.length, total };
}

/** All of them at once, each once. */
export async function unseenEvents(looking: Looking, signal: AbortSignal): Promise<readonly ObfEvent[]> {
  const found = new Map<EventId, ObfEvent>();
  for await (const page of unseenPages(looking, signal)) for (const event of page) found.set(event.id, event);
  return [...found.values()];
}
