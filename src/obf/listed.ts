import type { EventId } from '../ids.js';
import { PAGE_LIMIT } from './paging.js';
import type { ObfAccount, ObfEvent, ObfRecipient, Page, PageQuery } from './types.js';

/** An event with all of its recipients, as OBF told them. */
export interface WholeEvent {
  readonly event: ObfEvent;
  readonly recipients: readonly ObfRecipient[];
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
export async function wholeEventsSince(
  account: ObfAccount,
  beginS: number,
  calls: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<EventId, WholeEvent> | null> {
  const query = { beginS } as const;
  const events = await toItsEnd((page) => account.events({ ...query, ...page }, signal), calls - 1);
  if (events === null) return null;
  const left = calls - events.calls;
  const listed = await toItsEnd((page) => account.recipients({ ...query, ...page }, signal), left);
  if (listed === null) return null;
  const byEvent = inEvents(listed.rows);
  const whole = events.rows.flatMap((event) => {
    const recipients = byEvent.get(event.id) ?? [];
    return recipients.length > 0 && recipients.length === event.recipientCount
      ? [[event.id, { event, recipients: recipients.filter(isSomebody) }] as const]
      : [];
  });
  return new Map(whole);
}

/** A recipient without an address is nobody. */
export const isSomebody = ({ email }: ObfRecipient): boolean => email.includes('@');

/** Each recipient once, though a list that grew while it was read shows some of them twice. */
function inEvents(rows: readonly ObfRecipient[]): ReadonlyMap<EventId, readonly ObfRecipient[]> {
  const found = new Map<EventId, ObfRecipient[]>();
  for (const row of new Map(rows.map((one) => [one.assertionId, one])).values()) {
    const others = found.get(row.eventId);
    if (others === undefined) found.set(row.eventId, [row]);
    else others.push(row);
  }
  return found;
}

/** Null when that takes more than `calls`, or when OBF gives no page where it says that there are more. */
async function toItsEnd<T>(
  pageAt: (page: PageQuery) => Promise<Page<T>>,
  calls: number,
): Promise<{ readonly rows: readonly T[]; readonly calls: number } | null> {
  const rows: T[] = [];
  for (let made = 1; made <= calls; made += 1) {
    const page = await pageAt({ limit: PAGE_LIMIT, offset: rows.length });
    rows.push(...page.rows);
    if (page.total === null ? page.rows.length < PAGE_LIMIT : rows.length >= page.total)
      return { rows, calls: made };
    if (page.rows.length === 0 || tooMany(page.total, calls)) return null;
  }
  return null;
}

const tooMany = (total: number | null, calls: number): boolean =>
  total !== null && Math.ceil(total / PAGE_LIMIT) > calls;
