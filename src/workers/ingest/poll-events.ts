import type { ClientId } from '../../ids.js';
import type { ObfEvent, OddRow } from '../../obf/types.js';
import { secondsOf } from '../../platform/clock.js';
import { enqueueIfAbsent } from '../../queue/enqueue.js';
import {
  eventNoticeId,
  listedEventId,
  oddRowJobId,
  type EventNotice,
  type OddRowJob,
} from '../../queue/jobs.js';
import type { JobResult } from '../../platform/job-result.js';
import { changedPages } from '../../obf/changed-events.js';
import type { Pipeline } from '../pipeline.js';
import { RowUnreadable } from '../../obf/read-event.js';

/**
 * A notice can be lost, or never be sent: an event that was not read, or whose row in OBF's list has changed since,
 * enters the queue as if a notice had come. It counts as read only once all of its assertions are stored, so that
 * nothing is lost between here and there. One whose job failed for good stays in failed, for ops.
 * @returns how many such events there are
 */
export async function pollEvents(
  pipeline: Pipeline,
  clientId: ClientId,
  signal: AbortSignal,
): Promise<number> {
  const account = pipeline.accounts(clientId);
  if (account === null) return 0;
  if (clientId === pipeline.region) await keepQuotaFresh(pipeline, signal);
  let found = 0;
  const looking = { account, events: pipeline.events, look: 'an end' } as const;
  for await (const page of changedPages(looking, signal)) {
    for (const event of page.events) {
      signal.throwIfAborted();
      await enqueueAsNotice(pipeline, noticeOf(event));
      found += 1;
    }
    await followOddRows(pipeline, clientId, page.odd, page.isAll);
  }
  return found;
}

/** The clock's job. When it was done last is a metric: a client whose poll no longer comes is not heard of. */
export async function pollForClock(
  pipeline: Pipeline,
  client: ClientId,
  signal: AbortSignal,
): Promise<JobResult> {
  const events = await pollEvents(pipeline, client, signal);
  const atS = secondsOf(pipeline.clock);
  pipeline.meter.mark('palier_poll_last_success_timestamp_seconds', { client }, atS);
  return { did: events === 0 ? 'account polled' : 'events found by polling', facts: { client, events } };
}

/** A notice as if OBF had sent it, with what its list says of the event. */
export const noticeOf = ({
  clientId,
  id,
  badgeId,
  recipientCount,
  createdS,
  modifiedS,
}: Pick<
  ObfEvent,
  'clientId' | 'id' | 'badgeId' | 'recipientCount' | 'createdS' | 'modifiedS'
>): EventNotice => ({
  kind: 'event',
  clientId,
  eventId: id,
  badgeId,
  recipientCount,
  createdS,
  modifiedS,
  source: 'poll',
});

async function enqueueAsNotice({ queues }: Pipeline, data: EventNotice): Promise<void> {
  const id = eventNoticeId(data, 'issued');
  // A notice that came before OBF had the event, or while a key was wrong, has failed for good: OBF lists
  // the event now, which is another reason to read it. Should that fail as well, it stays so.
  const failed = (await queues.notices.getJob(id))?.finishedOn !== undefined;
  await enqueueIfAbsent(queues.notices, { id: failed ? listedEventId(data) : id, name: 'event', data });
}

/**
 * Rows of an event list that cannot be read: an event that has an id is asked for by it, and may be whole there. All
 * are named, and a row without an id stands in failed.
 * @param isAll the rows are of the whole list: what is not among them is mended
 */
export async function followOddRows(
  pipeline: Pipeline,
  clientId: ClientId,
  odd: readonly OddRow[],
  isAll: boolean,
): Promise<void> {
  const { events, readProblems, queues, clock } = pipeline;
  const scope = { clientId, list: 'events', eventId: null } as const;
  const ids = odd.flatMap(({ eventId }) => eventId ?? []);
  const rows = ids.map((id) => ({ id, recipientCount: null, modifiedS: null }));
  const { unread } = await events.compare(clientId, rows);
  for (const eventId of unread)
    await enqueueAsNotice(pipeline, { kind: 'event', clientId, eventId, source: 'poll' });
  const nameless = odd.filter(({ eventId }) => eventId === null || unread.has(eventId));
  if (nameless.length > 0) {
    const fields = [...new Set(nameless.map(({ field }) => field))].toSorted();
    await readProblems.note({ ...scope, fields, missing: null }, secondsOf(clock));
    const data = { kind: 'odd-row', clientId, fields };
    await enqueueIfAbsent(queues.notices, { id: oddRowJobId(clientId), name: 'odd-row', data });
  } else if (isAll) {
    await readProblems.clear(scope);
    await queues.notices.remove(oddRowJobId(clientId)).catch(() => undefined);
  }
}

/** Stands in failed as long as the rows that it names cannot be read. @throws RowUnreadable */
export async function reportOddRow(
  { readProblems }: Pipeline,
  { clientId, fields }: OddRowJob,
): Promise<JobResult> {
  const problems = await readProblems.list();
  const isOdd = problems.some(
    (one) => one.clientId === clientId && one.list === 'events' && one.eventId === null,
  );
  if (isOdd) throw new RowUnreadable(clientId, 'list of events', fields);
  return { did: 'odd row mended', facts: { client: clientId } };
}

/** Once a day; that it cannot be read is no reason not to poll. */
async function keepQuotaFresh({ quota, log }: Pipeline, signal: AbortSignal): Promise<void> {
  await quota.keepFresh(signal).catch((err: unknown) => log.warn({ err }, "OBF's quota cannot be read now"));
}
