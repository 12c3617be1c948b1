import type { ClientId, EventId } from '../../ids.js';
import { changedPages, RowUnreadable } from '../../obf/events.js';
import type { ObfEvent, OddRow } from '../../obf/wire.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import { enqueueIfAbsent } from '../../queue/enqueue.js';
import {
  eventNoticeId,
  listedEventId,
  oddRowJobId,
  type EventNotice,
  type OddRowJob,
} from '../../queue/jobs.js';
import type { Stores } from '../stores.js';

/**
 * A notice can be lost, or never be sent: an event that was not read, or whose row in OBF's list has changed since,
 * enters the queue as if a notice had come. It counts as read only once all of its assertions are stored, so that
 * nothing is lost between here and there. One whose job failed for good stays in failed, for ops.
 * @returns how many such events there are
 */
export async function pollEvents(stores: Stores, clientId: ClientId, signal: AbortSignal): Promise<number> {
  const { events, quota, log, region } = stores;
  const account = stores.accounts(clientId);
  if (account === null) return 0;
  // Once a day; that it cannot be read is no reason not to poll.
  if (clientId === region)
    await quota
      .keepFresh(signal)
      .catch((err: unknown) => log.warn({ err }, "OBF's quota cannot be read now"));
  let found = 0;
  for await (const page of changedPages(account, events, 'an end', signal)) {
    for (const event of page.events) {
      signal.throwIfAborted();
      await enqueueAsNotice(stores, noticeOf(event));
      found += 1;
    }
    await followOddRows(stores, clientId, page.odd, page.isAll);
  }
  return found;
}

/** The clock's job. When it was done last is a metric: a client whose poll no longer comes is not heard of. */
export const pollForClock: JobHandler<Stores, { clientId: ClientId }> = async (stores, job, signal) => {
  const { clientId: client } = job;
  const events = await pollEvents(stores, client, signal);
  const atS = secondsOf(stores.clock);
  stores.meter.mark('palier_poll_last_success_timestamp_seconds', { client }, atS);
  return { did: events === 0 ? 'account polled' : 'events found by polling', facts: { client, events } };
};

/** A notice as if OBF had sent it, with what its list says of the event. */
export const noticeOf = ({ id: eventId, ...row }: ObfEvent): EventNotice => ({
  kind: 'event',
  eventId,
  ...row,
  source: 'poll',
});

/** Has an event read as if OBF had sent a notice of it. */
async function enqueueAsNotice({ queues }: Stores, data: EventNotice): Promise<void> {
  const id = eventNoticeId(data, 'issued');
  // A notice that came before OBF had the event, or while a key was wrong, has failed for good: OBF lists
  // the event now, which is another reason to read it. Should that fail as well, it stays so.
  const isFailed = (await queues.notices.getJob(id))?.finishedOn !== undefined;
  await enqueueIfAbsent(queues.notices, { id: isFailed ? listedEventId(data) : id, name: 'event', data });
}

/** The problem of a list of which a row cannot be read. */
const scopeOf = (clientId: ClientId) => ({ clientId, list: 'events', eventId: null }) as const;

/**
 * Names the rows of an event list that cannot be read, where people look.
 * @returns `unread`: the events among them that were never read, to be asked for by their ids: they may be whole there;
 *   `fields`: what cannot be read of these, and of rows without an id
 */
export async function noteOddRows(
  { events, readProblems, clock }: Stores,
  clientId: ClientId,
  odd: readonly OddRow[],
): Promise<{ readonly unread: ReadonlySet<EventId>; readonly fields: readonly string[] }> {
  const ids = odd.flatMap(({ eventId }) => eventId ?? []);
  const rows = ids.map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(clientId, rows);
  const left = odd.filter(({ eventId }) => eventId === null || unread.has(eventId));
  const fields = [...new Set(left.map(({ field }) => field))].toSorted();
  if (fields.length > 0)
    await readProblems.note({ ...scopeOf(clientId), fields, missing: null }, secondsOf(clock));
  return { unread, fields };
}

/**
 * Has the events of odd rows read by their ids. As long as one is left, a job stands in failed and names it.
 * @param isAll the rows are of the whole list: what is not among them is mended
 */
export async function followOddRows(
  stores: Stores,
  clientId: ClientId,
  odd: readonly OddRow[],
  isAll: boolean,
): Promise<void> {
  const { readProblems, queues } = stores;
  const { unread, fields } = await noteOddRows(stores, clientId, odd);
  for (const eventId of unread)
    await enqueueAsNotice(stores, { kind: 'event', clientId, eventId, source: 'poll' });
  const id = oddRowJobId(clientId);
  if (fields.length > 0) {
    const data = { kind: 'odd-row', clientId, fields };
    await enqueueIfAbsent(queues.notices, { id, name: 'odd-row', data });
  } else if (isAll) {
    await readProblems.clear(scopeOf(clientId));
    await queues.notices.remove(id).catch(() => undefined);
  }
}

/** Stands in failed as long as the rows that it names cannot be read. @throws RowUnreadable */
export const reportOddRow: JobHandler<Stores, OddRowJob> = async ({ readProblems }, { clientId, fields }) => {
  const isOdd = (await readProblems.list()).some(
    (one) => one.clientId === clientId && one.list === 'events' && one.eventId === null,
  );
  if (isOdd) throw new RowUnreadable(clientId, 'list of events', fields);
  return { did: 'odd row mended', facts: { client: clientId } };
};
