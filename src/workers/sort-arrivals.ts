import { noticesIn } from '../queue/arrivals.js';
import { enqueueAll } from '../queue/enqueue.js';
import { arrivalsJob } from '../queue/jobs.js';
import type { JobResult } from '../platform/job-result.js';
import type { Pipeline } from './pipeline.js';

/**
 * The web process stores the notices of one tick as one job, for the sake of its rate. Here each becomes a job of its
 * own, which fails, is tried again, shown and replayed by itself. Idempotent.
 */
export async function sortArrivals({ queues }: Pick<Pipeline, 'queues'>, data: unknown): Promise<JobResult> {
  const notices = noticesIn(arrivalsJob.parse(data).arrivals);
  await enqueueAll(queues.notices, notices);
  return { did: 'notices sorted', facts: { notices: notices.length } };
}
