import type { EventId } from '../ids.js';
import { isSomebody } from './account.js';
import { PAGE_LIMIT, readList } from './list.js';
import type { EventRecipients, ObfAccount, ObfEvent, ObfRecipient, Page, PageQuery } from './types.js';

/** An event with all of its recipients, as OBF told them. */
export interface CompleteEvent {
  readonly event: ObfEvent;
  readonly recipients: EventRecipients;
}

/**
 * Many events at once: the account's events since an instant, and then the recipients of all of them, instead of
 * two calls each. What no public source says of this reading stands here and nowhere else:
 * - whether `begin` means the date of issue or of recording: an event that the filter leaves out is not in the
 *   answer, and is to be read by itself;
 * - in which order rows come: both lists are read to their ends, or not believed at all;
 * - whether an event's row counts the very recipients that the list shows: only where both agree is the event
 *   given back. The count is read first, so that one which OBF is still writing does not agree.
 * What is relied on: leaving out `event_id` hides no recipient whom that filter would have shown, without OBF
 * leaving them out of `recipient_count` as well.
 *
 * @param calls the most that it may make: past that, reading one by one costs no more
 * @returns those that are certainly whole; null when the lists are too long
 * @throws ObfError
 */
export async function listCompleteEvents(
  account: ObfAccount,
  beginS: number,
  calls: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<EventId, CompleteEvent> | null> {
  const budget = { left: calls - 1 };
  const events = await rowsSince(
    budget,
    (page) => account.events({ beginS, ...page }, signal),
    (one) => one.id,
  );
  budget.left += 1;
  if (events === null) return null;
  const listed = await rowsSince(
    budget,
    (page) => account.recipients({ beginS, ...page }, signal),
    (one) => one.assertionId,
  );
  if (listed === null) return null;
  const byEvent = new Map<EventId, ObfRecipient[]>();
  for (const one of listed) byEvent.set(one.eventId, [...(byEvent.get(one.eventId) ?? []), one]);
  const complete = events.flatMap((event) => {
    const recipients = byEvent.get(event.id) ?? [];
    return recipients.length > 0 && recipients.length === event.recipientCount
      ? [[event.id, { event, recipients: allOf(recipients) }] as const]
      : [];
  });
  return new Map(complete);
}

/** Null when that takes more calls than are left, or when the list was not seen whole. */
async function rowsSince<T>(
  budget: { left: number },
  pageAt: (page: PageQuery) => Promise<Page<T>>,
  keyOf: (row: T) => string,
): Promise<readonly T[] | null> {
  const rows: T[] = [];
  let isTooLong = false;
  const { isWhole } = await readList({
    mayCall: () => !isTooLong && budget.left > 0,
    keyOf,
    onRows: (more) => void rows.push(...more),
    async pageAt(offset) {
      const page = await pageAt({ limit: PAGE_LIMIT, offset });
      isTooLong = page.total !== null && Math.ceil(page.total / PAGE_LIMIT) > budget.left;
      budget.left -= 1;
      return page;
    },
  });
  return isWhole && !isTooLong ? rows : null;
}

/** Recipients of an event that are known to be all of them. */
export const allOf = (recipients: readonly ObfRecipient[]): EventRecipients => ({
  recipients: recipients.filter(isSomebody),
  distinct: recipients.length,
  isWhole: true,
  odd: [],
});

/** Pure: whether all recipients of an event were read. */
export function completenessOf(
  { recipientCount }: Pick<ObfEvent, 'recipientCount'>,
  { distinct, isWhole, odd }: EventRecipients,
): 'complete' | 'incomplete' | 'odd' {
  if (odd.length > 0) return 'odd';
  if (!isWhole) return 'incomplete';
  // Where OBF does not say how many there are, none at all is not believed.
  return distinct >= (recipientCount ?? 1) ? 'complete' : 'incomplete';
}
