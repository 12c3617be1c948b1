import { enqueueAll, type NewJob } from '../queue/enqueue.js';
import { noticeId } from '../queue/job-ids.js';
import type { Arrival, NoticeJob } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';

/** A notice, and the job that it is, or would be. */
export interface Notice extends NewJob {
  readonly data: NoticeJob;
}

/** Pure: one that was told twice is one. */
export function noticesIn(arrivals: readonly Arrival[]): readonly Notice[] {
  const byId = new Map<string, Notice>();
  for (const { type, job } of arrivals) {
    const id = noticeId(job, type);
    if (!byId.has(id)) byId.set(id, { id, name: job.kind, data: job });
  }
  return [...byId.values()];
}

/**
 * Makes each notice that came in with others a job of its own, which fails, is tried again and is replayed by
 * itself. One that waits already is told once. May be repeated.
 */
export async function sortArrivals(
  { queues }: Pick<Pipeline, 'queues'>,
  { arrivals }: { readonly arrivals: readonly Arrival[] },
): Promise<void> {
  await enqueueAll(queues.notices, noticesIn(arrivals));
}
