import { enqueueAll } from '../queue/enqueue.js';
import { noticeId } from '../queue/job-ids.js';
import type { Arrival } from '../queue/jobs.js';
import type { Done } from './done.js';
import type { Pipeline } from './pipeline.js';

/**
 * Makes each notice that came in with others a job of its own, which fails, is tried again and is replayed by
 * itself. One that waits already is told once. May be repeated.
 */
export async function sortArrivals(
  { queues }: Pick<Pipeline, 'queues'>,
  { arrivals }: { readonly arrivals: readonly Arrival[] },
): Promise<Done> {
  const jobs = arrivals.map(({ type, job }) => ({ id: noticeId(job, type), name: job.kind, data: job }));
  await enqueueAll(queues.notices, jobs);
  return { did: 'notices queued', facts: { notices: jobs.length } };
}
