import { setTimeout as pause } from 'node:timers/promises';
import type { Job, JobType, Queue } from 'bullmq';
import { enqueueAll, type NewJob } from './enqueue.js';
import { noticeId, arrivalsJob, type Arrival } from './jobs.js';

/** Pure: the jobs of notices that came in together; one that came twice is one. */
export function noticesIn(arrivals: readonly Arrival[]): readonly NewJob[] {
  const byId = new Map<string, NewJob>();
  for (const { type, job } of arrivals) {
    const id = noticeId(job, type);
    const data = job.kind === 'event' ? { ...job, type } : job;
    if (!byId.has(id)) byId.set(id, { id, name: job.kind, data });
  }
  return [...byId.values()];
}

const WAITING: readonly JobType[] = ['waiting', 'delayed', 'active'];
/** A worker takes milliseconds for one. */
const AT_WORK_MS = 50;
const TRIES = 100;

/**
 * Makes all that came in until now jobs of their own, without waiting for a worker: who looks for what the queues
 * hold of a person then finds it by the ids of jobs alone. One that a worker has in hand is waited for.
 */
export async function sortAllArrivals({
  queues,
}: {
  readonly queues: { readonly arrivals: Queue; readonly notices: Queue };
}): Promise<void> {
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
