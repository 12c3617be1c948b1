import type { EventId } from '../ids.js';
import type { ObfAccount, ObfEvent, Page } from '../obf/types.js';
import type { SeenEvents } from '../portfolio/seen-events.js';

const PAGE = 1000;

/**
 * The account's events that are not in the portfolios. OBF does not say in which order it lists them,
 * nor whether `begin` means the date of issue or of recording (an award may be dated back); its `total`
 * does say whether anything is missing. So the first page is read, then the last (the news stand in one
 * of the two), and all of them when the sum is not right. With nothing new, and up to a page, one call.
 * @param thorough reads all of them, whatever the sum says: an event that OBF no longer lists could hide
 *   a new one from it
 */
export async function unseenEvents(
  account: ObfAccount,
  seen: SeenEvents,
  signal: AbortSignal,
  thorough = false,
): Promise<readonly ObfEvent[]> {
  const known = await seen.count(account.clientId);
  const found = new Map<EventId, ObfEvent>();
  const take = async (offset: number): Promise<Page<ObfEvent>> => {
    const page = await account.events({ limit: PAGE, offset }, signal);
    const ids = page.rows.map(({ id }) => id);
    const unseen = await seen.unseen(account.clientId, ids);
    for (const event of page.rows) if (unseen.has(event.id)) found.set(event.id, event);
    return page;
  };
  const first = await take(0);
  const { total } = first;
  const ends = (offset: number): boolean => (total === null ? offset % PAGE !== 0 : offset >= total);
  if (ends(first.rows.length) || first.rows.length === 0) return [...found.values()];
  if (!thorough && total !== null) {
    await take(Math.max(0, total - PAGE));
    if (known + found.size >= total) return [...found.values()];
  }
  for (let offset = first.rows.length; !ends(offset);) {
    const { rows } = await take(offset);
    if (rows.length === 0) break;
    offset += rows.length;
  }
  return [...found.values()];
}
