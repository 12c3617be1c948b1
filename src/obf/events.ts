import type { ClientId, EventId } from '../ids.js';
import type { EventRecipients, ObfAccount, PageQuery } from './account.js';
import { PAGE_LIMIT, readList, readRows, unstableListError } from './list.js';
import type { EventIndex } from './read-state.js';
import { hasAddress, type ObfEvent, type ObfRecipient, type OddRow, type Page } from './wire.js';

/** How many new events fit on the last page, beyond the known ones. */
const LAST_PAGE_ROOM = 100;

/**
 * How much of the list is read while its sum is right: known and new events make up OBF's `total`.
 * - `an end`: one page, the first or the last by chance. For polls: a later one shows what this one hides (a new event,
 *   when OBF no longer lists another).
 * - `both ends`: the first and the last page. A new event is on one of them, in either order of the list.
 * - `all`: the whole list. A deleted event could hide a new one anywhere.
 */
export type ListDepth = 'an end' | 'both ends' | 'all';

interface ChangedPage {
  /** Events that are unread, or whose row has changed since they were read. */
  readonly events: readonly ObfEvent[];
  readonly odd: readonly OddRow[];
  /** This page is the whole list. */
  readonly isAll: boolean;
}

/**
 * Yields the account's unread and changed events, each once (twice when the list shifts meanwhile). OBF promises no
 * order, nor whether `begin` means the date of issue or of recording. Its `total` shows whether an event is missing: the
 * whole list is read when the sum is wrong. With nothing new, and up to a page, it takes one call. The daily reading of
 * the account finds what only the middle of a long list shows.
 * @param picksLast whether `an end` reads the last page, not the first
 * @throws ObfUnreadable when the whole list is read, and changes each time
 */
export async function* changedPages(
  account: Pick<ObfAccount, 'clientId' | 'events'>,
  index: Pick<EventIndex, 'count' | 'compare'>,
  look: ListDepth,
  signal: AbortSignal,
  picksLast = (): boolean => Math.random() < 0.5,
): AsyncIterable<ChangedPage> {
  const knownCount = await index.count(account.clientId);
  const unread = new Set<EventId>();
  /** Returns the changes on a page, and adds its unread events to `unread`. */
  const changedIn = async (
    { rows, odd }: Pick<Page<ObfEvent>, 'rows' | 'odd'>,
    isAll = false,
  ): Promise<ChangedPage> => {
    const compared = await index.compare(account.clientId, rows);
    const isNew = (id: EventId): boolean => compared.unread.has(id) && !unread.has(id);
    const events = rows.filter(({ id }) => isNew(id) || compared.changed.has(id));
    for (const id of compared.unread) unread.add(id);
    return { events, odd, isAll };
  };
  const pageAt = (offset: number) => account.events({ offset }, signal);
  const isSumRight = (total: number | null): boolean => total !== null && knownCount + unread.size >= total;
  /** When OBF lists fewer events than are known, one end does not prove that none is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && knownCount <= (total ?? 0);
  const lastPageOffset = knownCount + LAST_PAGE_ROOM - PAGE_LIMIT;
  if (look === 'an end' && lastPageOffset > 0 && picksLast()) {
    const lastPage = await pageAt(lastPageOffset);
    yield await changedIn(lastPage);
    if (isExact(lastPage.total)) return;
  }
  const firstPage = await pageAt(0);
  const { total, keys } = firstPage;
  const isAll = total === null ? keys.length < PAGE_LIMIT : keys.length >= total;
  yield await changedIn(firstPage, isAll);
  if (isAll || keys.length === 0 || (look === 'an end' && isExact(total))) return;
  if (look !== 'all' && total !== null) {
    yield await changedIn(await pageAt(Math.max(0, total - PAGE_LIMIT)));
    if (isSumRight(total)) return;
  }
  const events: ObfEvent[] = [];
  const onRows = async (rows: readonly ObfEvent[]) =>
    void events.push(...(await changedIn({ rows, odd: [] })).events);
  const all = await readList<ObfEvent>({ pageAt, keyOf: ({ id }) => id, onRows });
  yield { events, odd: all.odd, isAll: all.isWhole };
  if (!all.isWhole) throw unstableListError('GET events', all.distinct, all.total);
}

/** An event to read, with its row if OBF has listed it. */
export type EventToRead = {
  readonly [K in 'badgeId' | 'recipientCount' | 'createdS' | 'modifiedS']?: ObfEvent[K] | undefined;
} & {
  readonly clientId: ClientId;
  readonly eventId: EventId;
};

export interface EventRead {
  readonly event: ObfEvent;
  /** Its row of OBF's list, by which a later change is seen; absent when no list had it. */
  readonly row?: Pick<ObfEvent, 'id' | 'recipientCount' | 'modifiedS'>;
  readonly recipients: EventRecipients;
}

/**
 * Reads an event and its recipients: two calls, or one if OBF has listed the event. When recipients are missing then,
 * reads the event after all, since the list may be older.
 * @throws ObfRefused, 404 for an event that was deleted since it was listed
 */
export async function readSingleEvent(
  account: ObfAccount,
  asked: EventToRead,
  signal: AbortSignal,
): Promise<EventRead> {
  const { clientId, eventId, badgeId, recipientCount = null, createdS = null, modifiedS = null } = asked;
  const row = badgeId === undefined ? {} : { row: { id: eventId, recipientCount, modifiedS } };
  // Only the count shows when all recipients were read.
  const event: ObfEvent =
    badgeId === undefined || recipientCount === null
      ? await account.event(eventId, signal)
      : { id: eventId, clientId, badgeId, recipientCount, createdS, modifiedS };
  const recipients = await account.recipientsOf(event.id, signal);
  if (badgeId === undefined || completenessOf(event, recipients) !== 'incomplete')
    return { event, recipients, ...row };
  return { event: await account.event(event.id, signal), recipients, ...row };
}

/**
 * Reads many events at once: the account's events since an instant, then all their recipients, not two calls each. What
 * no public source says of this reading is handled here alone.
 * - `begin` may mean the date of issue or of recording. An event that it leaves out is to be read by itself.
 * - Rows may come in any order. Both lists are read to their ends, or not believed at all.
 * - A row's count may not match the recipients that the list shows. An event is returned only when both agree. The
 *   count is read first, so that they differ while OBF is still writing the event.
 * Assumes that a list without `event_id` hides no recipient, or that `recipient_count` leaves the same ones out.
 *
 * @param calls the most that it may make: beyond that, reading one by one costs no more
 * @returns the events that are certainly complete; null when the lists are too long
 * @throws ObfError
 */
export async function listCompleteEvents(
  account: ObfAccount,
  beginS: number,
  calls: number,
): Promise<ReadonlyMap<EventId, EventRead> | null> {
  let callsLeft = calls;
  /** @param reserved how many calls the list must leave */
  const limited =
    <T>(reserved: number, list: (query: PageQuery) => Promise<Page<T>>) =>
    async (offset: number): Promise<Page<T>> => {
      if (callsLeft <= reserved) throw new ListTooLong();
      const page = await list({ beginS, offset });
      if (Math.ceil((page.total ?? 0) / PAGE_LIMIT) > callsLeft - reserved) throw new ListTooLong();
      callsLeft -= 1;
      return page;
    };
  try {
    // One call is reserved for the recipients.
    const eventsAt = limited(1, (query) => account.events(query));
    const events = await readRows({ pageAt: eventsAt, keyOf: ({ id }) => id });
    if (!events.isWhole) return null;
    const recipientsAt = limited(0, (query) => account.recipients(query));
    const recipients = await readRows({ pageAt: recipientsAt, keyOf: ({ assertionId }) => assertionId });
    return recipients.isWhole ? completeEvents(events.rows, recipients.rows) : null;
  } catch (error) {
    if (error instanceof ListTooLong) return null;
    throw error;
  }
}

class ListTooLong extends Error {}

function completeEvents(
  events: readonly ObfEvent[],
  listed: readonly ObfRecipient[],
): ReadonlyMap<EventId, EventRead> {
  const byEvent = new Map(events.map(({ id }): [EventId, ObfRecipient[]] => [id, []]));
  for (const one of listed) byEvent.get(one.eventId)?.push(one);
  const complete = new Map<EventId, EventRead>();
  for (const event of events) {
    const recipients = byEvent.get(event.id) ?? [];
    if (recipients.length > 0 && recipients.length === event.recipientCount)
      complete.set(event.id, { event, recipients: completeRecipients(recipients) });
  }
  return complete;
}

export const completeRecipients = (recipients: readonly ObfRecipient[]): EventRecipients => ({
  recipients: recipients.filter(hasAddress),
  distinct: recipients.length,
  isWhole: true,
  odd: [],
});

/** Whether all recipients of an event were read. Pure. */
export function completenessOf(
  { recipientCount }: Pick<ObfEvent, 'recipientCount'>,
  { distinct, isWhole, odd }: EventRecipients,
): 'complete' | 'incomplete' | 'odd' {
  if (odd.length > 0) return 'odd';
  if (!isWhole) return 'incomplete';
  // When OBF does not say how many there are, an empty list is not believed.
  return distinct >= (recipientCount ?? 1) ? 'complete' : 'incomplete';
}

/** OBF shows fewer recipients than the event has: it is read again, at growing intervals. */
export class EventIncomplete extends Error {
  readonly code = 'event_incomplete';
  constructor(
    { clientId, id, recipientCount }: ObfEvent,
    readonly seen: number,
    /** The first of these intervals, milliseconds. */
    readonly firstMs: number,
  ) {
    super(
      `OBF shows ${seen} of ${recipientCount ?? 'an unknown number of'} recipients of event ${id} of client ${clientId}; ` +
        'those are stored, and it is read again',
    );
    this.name = 'EventIncomplete';
  }
}

/** Rows of OBF cannot be read. The others are stored; only OBF can mend these. */
export class RowUnreadable extends Error {
  readonly code = 'row_unreadable';
  constructor(clientId: ClientId, where: string, fields: readonly string[]) {
    super(
      `OBF shows a row that cannot be read: client ${clientId}, ${where}, field ${fields.join(', ')}. ` +
        'The others are stored. Have OBF mend it, then send this again',
    );
    this.name = 'RowUnreadable';
  }
}
