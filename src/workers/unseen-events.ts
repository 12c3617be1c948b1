import type { EventId } from '../ids.js';
import type { ObfAccount, ObfEvent, Page } from '../obf/types.js';
import type { SeenEvents } from '../portfolio/seen-events.js';

const PAGE = 1000;

/**
 * The account's events that are not in the portfolios. OBF does not say in which order it lists them,
 * nor whether `begin` means the date of issue or of recording (an award may be dated back); its `total`
 * does say whether anything is missing. So: the first page, then the last, then all, until the sum is
 * right. With nothing new, that is one call.
 */
export async function unseenEvents(
  account: ObfAccount,
  seen: SeenEvents,
  signal: AbortSignal,
): Promise<readonly ObfEvent[]> {
  const known = await seen.count(account.clientId);
  const found = new Map<EventId, ObfEvent>();
  const take = async (offset: number): Promise<Page<ObfEvent>> => {
    const page = await account.events({ limit: PAGE, offset }, signal);
    const unseen = await seen.unseen(
      account.clientId,
      page.rows.map(({ id }) => id),
    );
    for (const event of page.rows) if (unseen.has(event.id)) found.set(event.id, event);
    return page;
  };
  const { total, rows } = await take(0);
  const complete = (): boolean => total !== null && known + found.size >= total;
  if (rows.length < PAGE || complete()) return [...found.values()];
  if (total !== null) await take(Math.max(0, total - PAGE));
  for (let offset = PAGE; !complete(); offset += PAGE) {
    if ((await take(offset)).rows.length < PAGE) break;
  }
  return [...found.values()];
}
