import type { Queue } from 'bullmq';
import { arrivalsJobId } from './job-ids.js';
import type { Arrival } from './jobs.js';
import { optionsOf, withinDeadline } from './enqueue.js';

/** How many one job carries: a push may name thousands, and a job is read, and tried again, as a whole. */
const TOGETHER = 200;

/**
 * Stores what came in together in as few jobs as may be; a worker makes each a job of its own, whose id tells a
 * repeat.
 * @throws EnqueueError after `deadlineMs`, or when Redis fails before; it may be there all the same
 */
export async function storeArrivals(
  queue: Queue,
  arrivals: readonly Arrival[],
  deadlineMs: number,
): Promise<void> {
  const parts: (readonly Arrival[])[] = [];
  for (let at = 0; at < arrivals.length; at += TOGETHER) parts.push(arrivals.slice(at, at + TOGETHER));
  const jobs = parts.map((part) => {
    const id = arrivalsJobId(part.length);
    return { name: 'arrivals', data: { arrivals: part }, opts: optionsOf({ id }) };
  });
  const [only, ...others] = jobs;
  if (only === undefined) return;
  // Nearly always one, which needs no transaction around it.
  const add = (): Promise<unknown> =>
    others.length === 0 ? queue.add(only.name, only.data, only.opts) : queue.addBulk(jobs);
  await withinDeadline(queue, add, deadlineMs);
}
