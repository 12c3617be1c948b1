import type { ClientId, EventId } from '../../ids.js';
import { RowUnreadable } from '../../obf/read-event.js';
import type { OddRow } from '../../obf/types.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobResult } from '../../platform/job-result.js';
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
  const problem = { clientId, list: 'events', eventId: null, fields, missing: null } as const;
  if (fields.length > 0) await readProblems.note(problem, secondsOf(clock));
  return { unread, fields };
}

/**
 * Has the events of odd rows read by their ids. As long as one is left, a job stands in failed and names it.
 * @param isAll the rows are of the whole list: what is not among them is mended
 */
export async function followOddRows(
  pipeline: Stores,
  clientId: ClientId,
  odd: readonly OddRow[],
  isAll: boolean,
): Promise<void> {
  const { readProblems, queues } = pipeline;
  const { unread, fields } = await noteOddRows(pipeline, clientId, odd);
  for (const eventId of unread)
    await enqueueAsNotice(pipeline, { kind: 'event', clientId, eventId, source: 'poll' });
  const id = oddRowJobId(clientId);
  if (fields.length > 0) {
    const data = { kind: 'odd-row', clientId, fields };
    await enqueueIfAbsent(queues.notices, { id, name: 'odd-row', data });
  } else if (isAll) {
    await readProblems.clear({ clientId, list: 'events', eventId: null });
    await queues.notices.remove(id).catch(() => undefined);
  }
}

/** Stands in failed as long as the rows that it names cannot be read. @throws RowUnreadable */
export async function reportOddRow(
  { readProblems }: Stores,
  { clientId, fields }: OddRowJob,
): Promise<JobResult> {
  const isOdd = (await readProblems.list()).some(
    (one) => one.clientId === clientId && one.list === 'events' && one.eventId === null,
  );
  if (isOdd) throw new RowUnreadable(clientId, 'list of events', fields);
  return { did: 'odd row mended', facts: { client: clientId } };
}

/** Has an event read as if OBF had sent a notice of it. */
export async function enqueueAsNotice({ queues }: Stores, data: EventNotice): Promise<void> {
  const id = eventNoticeId(data, 'issued');
  // A notice that came before OBF had the event, or while a key was wrong, has failed for good: OBF lists
  // the event now, which is another reason to read it. Should that fail as well, it stays so.
  const isFailed = (await queues.notices.getJob(id))?.finishedOn !== undefined;
  await enqueueIfAbsent(queues.notices, { id: isFailed ? listedEventId(data) : id, name: 'event', data });
}
