import { setTimeout as pause } from 'node:timers/promises';
import type { Job, JobType } from 'bullmq';
import { enqueueAll, type NewJob } from '../queue/enqueue.js';
import { noticeId, arrivalsJob, type Arrival } from '../queue/jobs.js';
import type { JobResult } from '../platform/job-result.js';
import type { Pipeline } from './pipeline.js';

/** Pure: the jobs of notices that came in together; one that came twice is one. */
export function noticesIn(arrivals: readonly Arrival[]): readonly NewJob[] {
  const byId = new Map<string, NewJob>();
  for (const { type, job } of arrivals) {
    const id = noticeId(job, type);
    if (!byId.has(id)) byId.set(id, { id, name: job.kind, data: job });
  }
  return [...byId.values()];
}

/**
 * The web process stores the notices of one tick as one job, for the sake of its rate. Here each becomes a job of its
 * own, which fails, is tried again, shown and replayed by itself. Idempotent.
 */
export async function sortArrivals({ queues }: Pick<Pipeline, 'queues'>, data: unknown): Promise<JobResult> {
  const notices = noticesIn(arrivalsJob.parse(data).arrivals);
  await enqueueAll(queues.notices, notices);
  return { did: 'notices sorted', facts: { notices: notices.length } };
}

const WAITING: readonly JobType[] = ['waiting', 'delayed', 'active'];
/** A worker takes milliseconds for one. */
const AT_WORK_MS = 50;
const TRIES = 100;

/**
 * Makes all that came in until now jobs of their own, without waiting for a worker: who looks for what the queues
 * hold of a person then finds it by the ids of jobs alone. One that a worker has in hand is waited for.
 */
export async function sortAllArrivals({ queues }: Pick<Pipeline, 'queues'>): Promise<void> {
  for (const id of await queues.arrivals.getRanges([...WAITING], 0, -1, true))
    for (let tries = 0; tries < TRIES; tries += 1) {
      const job: Job | undefined = await queues.arrivals.getJob(id);
      const read = arrivalsJob.safeParse(job?.data);
      if (job === undefined || !read.success) break;
      await enqueueAll(queues.notices, noticesIn(read.data.arrivals));
      if ((await queues.arrivals.remove(id)) === 1) break;
      await pause(AT_WORK_MS);
    }
}
