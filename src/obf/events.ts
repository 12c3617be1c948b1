import type { ClientId, EventId } from '../ids.js';
import type { EventRecipients, ObfAccount, PageQuery } from './account.js';
import { PAGE_LIMIT, readList, readRows, unsteadyList } from './list.js';
import type { EventIndex } from './read-state.js';
import { isSomebody, type ObfEvent, type ObfRecipient, type OddRow, type Page } from './wire.js';

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
  const isSumRight = (total: number | null): boolean => total !== null && known + unread.size >= total;
  /** Where OBF lists fewer than are known, no end of the list tells that nothing is missing. */
  const isExact = (total: number | null): boolean => isSumRight(total) && known <= (total ?? 0);
  const lastFrom = known + ROOM - PAGE_LIMIT;
  if (look === 'an end' && lastFrom > 0 && isHeads()) {
    const last = await pageAt(lastFrom);
    yield await changedIn(last);
    if (isExact(last.total)) return;
  }
  const first = await pageAt(0);
  const { total, keys } = first;
  const isAll = total === null ? keys.length < PAGE_LIMIT : keys.length >= total;
  yield await changedIn(first, isAll);
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
  if (!all.isWhole) throw unsteadyList('GET events', all.distinct, all.total);
}

/** What is to be read of OBF, and what is known of it already where OBF itself listed it. */
export type EventAsked = {
  readonly [K in 'badgeId' | 'recipientCount' | 'createdS' | 'modifiedS']?: ObfEvent[K] | undefined;
} & {
  readonly clientId: ClientId;
  readonly eventId: EventId;
};

export interface EventRead {
  readonly event: ObfEvent;
  readonly recipients: EventRecipients;
}

/**
 * Two calls; one for an event that OBF itself listed, unless it does not show all of it: then its count is asked for
 * anew, since the list may be of before.
 * @throws ObfRefused, 404 for an event that was deleted since it was listed
 */
export async function readAlone(
  account: ObfAccount,
  asked: EventAsked,
  signal: AbortSignal,
): Promise<EventRead> {
  const { clientId, eventId, badgeId, recipientCount = null, createdS = null, modifiedS = null } = asked;
  // Without its count it could not be told when all of it was read.
  const event: ObfEvent =
    badgeId === undefined || recipientCount === null
      ? await account.event(eventId, signal)
      : { id: eventId, clientId, badgeId, recipientCount, createdS, modifiedS };
  const recipients = await account.recipientsOf(event.id, signal);
  if (badgeId === undefined || completenessOf(event, recipients) !== 'incomplete')
    return { event, recipients };
  return { event: await account.event(event.id, signal), recipients };
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
): Promise<ReadonlyMap<EventId, EventRead> | null> {
  let left = calls;
  /** @param kept how many calls the list may not take */
  const within =
    <T>(kept: number, list: (query: PageQuery) => Promise<Page<T>>) =>
    async (offset: number): Promise<Page<T>> => {
      if (left <= kept) throw new ListTooLong();
      const page = await list({ beginS, offset });
      if (Math.ceil((page.total ?? 0) / PAGE_LIMIT) > left - kept) throw new ListTooLong();
      left -= 1;
      return page;
    };
  try {
    // One call is kept for the recipients.
    const eventsAt = within(1, (query) => account.events(query));
    const events = await readRows({ pageAt: eventsAt, keyOf: ({ id }) => id });
    if (!events.isWhole) return null;
    const recipientsAt = within(0, (query) => account.recipients(query));
    const recipients = await readRows({ pageAt: recipientsAt, keyOf: ({ assertionId }) => assertionId });
    return recipients.isWhole ? completeAmong(events.rows, recipients.rows) : null;
  } catch (error) {
    if (error instanceof ListTooLong) return null;
    throw error;
  }
}

class ListTooLong extends Error {}

function completeAmong(
  events: readonly ObfEvent[],
  listed: readonly ObfRecipient[],
): ReadonlyMap<EventId, EventRead> {
  const byEvent = new Map(events.map(({ id }): [EventId, ObfRecipient[]] => [id, []]));
  for (const one of listed) byEvent.get(one.eventId)?.push(one);
  const complete = new Map<EventId, EventRead>();
  for (const event of events) {
    const recipients = byEvent.get(event.id) ?? [];
    if (recipients.length > 0 && recipients.length === event.recipientCount)
      complete.set(event.id, { event, recipients: allOf(recipients) });
  }
  return complete;
}

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

/** OBF shows fewer recipients of an event than it says it has: it is looked at again, at growing distances. */
export class EventIncomplete extends Error {
  readonly code = 'event_incomplete';
  constructor(
    { clientId, id, recipientCount }: ObfEvent,
    readonly seen: number,
    /** How soon it is looked at again, at first, milliseconds. */
    readonly firstMs: number,
  ) {
    super(
      `OBF shows ${seen} of ${recipientCount ?? 'an unknown number of'} recipients of event ${id} of client ${clientId}; ` +
        'those are stored, and it is read again',
    );
    this.name = 'EventIncomplete';
  }
}

/** Rows of OBF cannot be read. The others are stored; it is OBF's to mend. */
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
