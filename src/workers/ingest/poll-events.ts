import type { ClientId } from '../../ids.js';
import { changedPages } from '../../obf/changed-events.js';
import type { ObfEvent } from '../../obf/types.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobResult } from '../../platform/job-result.js';
import type { EventNotice } from '../../queue/jobs.js';
import type { Pipeline } from '../pipeline.js';
import { enqueueAsNotice, followOddRows } from './odd-rows.js';

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
  const { events, quota, log, region } = pipeline;
  const account = pipeline.accounts(clientId);
  if (account === null) return 0;
  // Once a day; that it cannot be read is no reason not to poll.
  if (clientId === region)
    await quota
      .keepFresh(signal)
      .catch((err: unknown) => log.warn({ err }, "OBF's quota cannot be read now"));
  let found = 0;
  for await (const page of changedPages({ account, events, look: 'an end' }, signal)) {
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
export const noticeOf = ({ id: eventId, ...row }: ObfEvent): EventNotice => ({
  kind: 'event',
  clientId: row.clientId,
  eventId,
  badgeId: row.badgeId,
  recipientCount: row.recipientCount,
  createdS: row.createdS,
  modifiedS: row.modifiedS,
  source: 'poll',
});
