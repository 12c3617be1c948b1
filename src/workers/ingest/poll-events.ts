import { UnrecoverableError } from 'bullmq';
import type { ClientId, EventId } from '../../ids.js';
import { RateQueueFull } from '../../obf/errors.js';
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
 * Enqueues every event of an account that is unread, or changed in OBF's list, since notices can be lost. An event
 * counts as read once all of its assertions are stored, so a stop in between loses none. Idempotent.
 * A job that failed for good stays in failed, for ops.
 * @returns how many events it enqueued
 */
export async function pollEvents(stores: Stores, clientId: ClientId, signal: AbortSignal): Promise<number> {
  const { events, quota, log, region } = stores;
  const account = stores.obf.account(clientId);
  if (account === null) return 0;
  // Once a day. The poll goes on without it.
  if (clientId === region)
    await quota
      .keepFresh(signal)
      .catch((err: unknown) => log.warn({ err }, "OBF's quota cannot be read now"));
  let enqueued = 0;
  for await (const page of changedPages(account, events, 'an end', signal)) {
    for (const event of page.events) {
      signal.throwIfAborted();
      await enqueueAsNotice(stores, noticeOf(event));
      enqueued += 1;
    }
    await enqueueUnreadableRows(stores, clientId, page.odd, page.isAll);
  }
  return enqueued;
}

/** Runs one scheduled poll. A metric has the time of the last success, so that a client without polls is noticed. */
export const runScheduledPoll: JobHandler<Stores, { clientId: ClientId }> = async (stores, job, signal) => {
  const { clientId: client } = job;
  const events = await pollEvents(stores, client, signal).catch((error: unknown) => {
    // The next poll makes up for this one. Delayed, polls would pile up while OBF has the client wait.
    throw error instanceof RateQueueFull ? new UnrecoverableError(error.message) : error;
  });
  const atS = secondsOf(stores.clock);
  stores.meter.mark('palier_poll_last_success_timestamp_seconds', { client }, atS);
  return { did: events === 0 ? 'account polled' : 'events found by polling', facts: { client, events } };
};

/** Returns the notice that OBF would have sent, with the list's row of the event. */
export const noticeOf = ({ id: eventId, ...row }: ObfEvent): EventNotice => ({
  kind: 'event',
  eventId,
  ...row,
  source: 'poll',
});

/** Enqueues an event as if OBF had sent a notice of it. */
async function enqueueAsNotice({ queues }: Stores, data: EventNotice): Promise<void> {
  const id = eventNoticeId(data, 'issued');
  // A notice that came before the event, or while a key was wrong, has failed for good. OBF lists the event now, so
  // another job reads it once more.
  const isFailed = (await queues.notices.getJob(id))?.finishedOn !== undefined;
  await enqueueIfAbsent(queues.notices, { id: isFailed ? listedEventId(data) : id, name: 'event', data });
}

/** The scope of problems with the rows of an event list. */
const scopeOf = (clientId: ClientId) => ({ clientId, list: 'events', eventId: null }) as const;

/**
 * Records the unreadable rows of an event list, for the pages of ops.
 * @returns `unread`: the events of such rows that were never read, and may be readable by id
 * @returns `fields`: the unreadable fields of these events, and of rows without an id
 */
export async function recordUnreadableRows(
  { events, readProblems, clock }: Stores,
  clientId: ClientId,
  odd: readonly OddRow[],
): Promise<{ readonly unread: ReadonlySet<EventId>; readonly fields: readonly string[] }> {
  const ids = odd.flatMap(({ eventId }) => eventId ?? []);
  const rows = ids.map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(clientId, rows);
  const unresolved = odd.filter(({ eventId }) => eventId === null || unread.has(eventId));
  const fields = [...new Set(unresolved.map(({ field }) => field))].toSorted();
  if (fields.length > 0)
    await readProblems.note({ ...scopeOf(clientId), fields, missing: null }, secondsOf(clock));
  return { unread, fields };
}

/**
 * Enqueues the events of unreadable rows by their ids. While such a row is left, a job in failed names its fields.
 * @param isAll whether `odd` is of the whole list; if it is and none is left, the problem is over
 */
export async function enqueueUnreadableRows(
  stores: Stores,
  clientId: ClientId,
  odd: readonly OddRow[],
  isAll: boolean,
): Promise<void> {
  const { readProblems, queues } = stores;
  const { unread, fields } = await recordUnreadableRows(stores, clientId, odd);
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

/** Fails while the rows that it names cannot be read. @throws RowUnreadable */
export const reportOddRow: JobHandler<Stores, OddRowJob> = async ({ readProblems }, { clientId, fields }) => {
  const isOdd = (await readProblems.list()).some(
    (one) => one.clientId === clientId && one.list === 'events' && one.eventId === null,
  );
  if (isOdd) throw new RowUnreadable(clientId, 'list of events', fields);
  return { did: 'odd row mended', facts: { client: clientId } };
};
