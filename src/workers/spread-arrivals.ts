import type { JobType, Queue } from 'bullmq';
import type { EarnerKey } from '../ids.js';
import { arrivalsJob, type Arrival } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';
import { sortArrivals } from './sort-arrivals.js';

/** In the order in which a job goes through them. */
const STATES: readonly JobType[] = ['delayed', 'waiting', 'active', 'failed'];

/**
 * Makes all that came in until now jobs of their own, without waiting for a worker: whoever looks for what the
 * queues hold of a person then finds it by the ids of jobs alone.
 * @returns whom what a worker is sorting at this instant is about: it may be made a job of once more
 */
export async function spreadArrivals({ queues }: Pick<Pipeline, 'queues'>): Promise<ReadonlySet<EarnerKey>> {
  const atWork = new Set<EarnerKey>();
  for (const id of await queues.arrivals.getRanges([...STATES], 0, -1, true)) {
    const arrivals = await arrivalsOf(queues.arrivals, id);
    if (arrivals === null) continue;
    await sortArrivals({ queues }, { arrivals });
    if ((await queues.arrivals.remove(id)) === 1 || (await arrivalsOf(queues.arrivals, id)) === null)
      continue;
    for (const { job } of arrivals) if (job.kind === 'credential') atWork.add(job.earner);
  }
  return atWork;
}

/** Null: it is gone, or of a form that no door writes. */
async function arrivalsOf(queue: Queue, id: string): Promise<readonly Arrival[] | null> {
  const job = await queue.getJob(id);
  return arrivalsJob.safeParse(job?.data).data?.arrivals ?? null;
}
