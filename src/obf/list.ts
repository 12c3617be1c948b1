import type { EventId } from '../ids.js';
import { IdSet } from './id-set.js';
import type {
  EventRecipients,
  ListRead,
  ObfAccount,
  ObfEvent,
  ObfRecipient,
  OddRow,
  OnRows,
  Page,
  PageQuery,
} from './types.js';

/** The most rows that OBF gives at once. */
export const PAGE_LIMIT = 1000;
/** Each page begins with the last row of the one before: another one there shows that the list has shifted. */
const OVERLAP = 1;
/** How often a list is read that changes while it is read. */
const MAX_PASSES = 4;

interface ListOptions<T> {
  readonly pageAt: (offset: number) => Promise<Page<T>>;
  /** As the page's `keys` has it. */
  readonly keyOf: (row: T) => string;
  /** Receives each row once, however often the list is read. */
  readonly onRows: OnRows<T>;
  /** Asked before each call but the first; false: the reading ends, and is not whole. */
  readonly mayCall?: () => boolean;
}

/** One reading of a list from its first row to its last. */
interface Pass {
  /** How many distinct rows. */
  readonly count: number;
  readonly total: number | null;
  /** Each page followed on the one before. */
  readonly isSteady: boolean;
  /** `mayCall` ended it. */
  readonly isCut: boolean;
}

/**
 * Reads a list to its end. Rows are inserted and deleted while one reads, and no order is promised: a part is
 * taken for the whole only when as many distinct rows were read as OBF says there are, in pages that follow on
 * each other. Else the list is read again, a few times.
 *
 * A list in another order at each call is whole when all passes together saw as many rows as its total, which
 * did not shrink meanwhile: nothing was deleted that could stand for a row which nobody saw.
 */
export async function readList<T>(options: ListOptions<T>): Promise<ListRead> {
  const seen = new IdSet();
  const odd = new Map<string, OddRow>();
  const totals: number[] = [];
  let before: Pass | null = null;
  for (;;) {
    const pass: Pass = await readOnce(options, seen, odd);
    const { count, total, isSteady, isCut } = pass;
    const end = (isWhole: boolean, distinct: number): ListRead => {
      return { distinct, total, isWhole, odd: [...odd.values()] };
    };
    if (isCut) return end(false, seen.size);
    if (isSteady && (total === null || count === total)) return end(true, count);
    // Short by as much as the last time: reading it once more shows nothing new.
    const isSame = before?.isSteady === true && before.count === count && before.total === total;
    if (isSteady && isSame) return end(false, seen.size);
    before = pass;
    if (totals.push(total ?? Infinity) < MAX_PASSES) continue;
    const hasShrunk = totals.some((one, at) => one < (totals[at - 1] ?? 0));
    return end(!hasShrunk && seen.size === total, seen.size);
  }
}

async function readOnce<T>(
  { pageAt, keyOf, onRows, mayCall = () => true }: ListOptions<T>,
  seen: IdSet,
  odd: Map<string, OddRow>,
): Promise<Pass> {
  const keys = new IdSet();
  let total: number | null = null;
  let isSteady = true;
  for (let offset = 0, last: string | null = null; ;) {
    if (seen.size > 0 && !mayCall()) return { count: keys.size, total, isSteady, isCut: true };
    const page: Page<T> = await pageAt(offset);
    total = page.total;
    if (last !== null && page.keys[0] !== last) isSteady = false;
    const before = keys.size;
    for (const key of page.keys) keys.add(key);
    for (const row of page.odd) odd.set(JSON.stringify(row), row);
    const fresh = new Map(page.rows.map((row) => [keyOf(row), row]));
    for (const key of fresh.keys()) if (seen.has(key)) fresh.delete(key);
    for (const key of page.keys) seen.add(key);
    if (fresh.size > 0) await onRows([...fresh.values()]);
    const reached = offset + page.keys.length;
    const isEnd = total === null ? page.keys.length < PAGE_LIMIT : reached >= total;
    // A page with nothing new ends it too: a server that ignores `offset` would go on for ever.
    if (isEnd || keys.size === before)
      return { count: keys.size, total, isSteady: isSteady && isEnd, isCut: false };
    const overlaps = page.keys.length > OVERLAP;
    last = overlaps ? (page.keys.at(-1) ?? null) : null;
    offset = overlaps ? reached - OVERLAP : reached;
  }
}

/** An event with all of its recipients, as OBF listed them. */
export interface CompleteEvent {
  readonly event: ObfEvent;
  readonly recipients: EventRecipients;
}

/**
 * Many events at once: the account's events since an instant, then the recipients of all of them, instead of
 * two calls each. What no public source says of this reading stands here and nowhere else:
 * - whether `begin` means the date of issue or of recording: an event that the filter leaves out is not in the
 *   answer, and is to be read by itself;
 * - in which order rows come: both lists are read to their ends, or not believed at all;
 * - whether an event's row counts the very recipients that the list shows: only where both agree is the event
 *   returned. The count is read first, so that one which OBF is still writing does not agree.
 * It relies on this: leaving out `event_id` hides no recipient that the filter would have shown, unless
 * `recipient_count` leaves them out as well.
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
  // One call is kept for the recipients.
  const budget = { left: calls - 1 };
  const eventsAt = (page: PageQuery) => account.events({ beginS, ...page }, signal);
  const events = await rowsWithin(budget, eventsAt, ({ id }) => id);
  budget.left += 1;
  if (events === null) return null;
  const recipientsAt = (page: PageQuery) => account.recipients({ beginS, ...page }, signal);
  const listed = await rowsWithin(budget, recipientsAt, ({ assertionId }) => assertionId);
  if (listed === null) return null;
  const byEvent = new Map<EventId, ObfRecipient[]>();
  for (const one of listed) byEvent.set(one.eventId, [...(byEvent.get(one.eventId) ?? []), one]);
  const complete = new Map<EventId, CompleteEvent>();
  for (const event of events) {
    const recipients = byEvent.get(event.id) ?? [];
    if (recipients.length > 0 && recipients.length === event.recipientCount)
      complete.set(event.id, { event, recipients: allOf(recipients) });
  }
  return complete;
}

/** Null when that takes more calls than are left, or when the list was not seen whole. */
async function rowsWithin<T>(
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

/** OBF keeps rows of recipients that it has erased: they have no address, and stand for nobody. */
export const isSomebody = ({ email }: ObfRecipient): boolean => email.includes('@');

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
