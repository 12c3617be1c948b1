import type { JobType, Queue } from 'bullmq';
import { arrivalsIn } from './job-ids.js';

/** What came in and no worker has taken yet: for a moment only, unless none is there. */
export interface Arrived {
  readonly notices: number;
  /** When the oldest of them came in, Unix milliseconds; null: there is none. */
  readonly oldestMs: number | null;
}

const WAITING: readonly JobType[] = ['waiting', 'delayed'];
/** How many jobs are looked at: the rest is taken to be like them. */
const LOOKED_AT = 5000;

/** Reads ids alone, oldest first, and the time of the first. */
export async function readArrived(queue: Queue): Promise<Arrived> {
  const [ids, jobs] = await Promise.all([
    queue.getRanges([...WAITING], 0, LOOKED_AT - 1, true),
    queue.getJobCountByTypes(...WAITING),
  ]);
  const notices = ids.reduce((sum, id) => sum + arrivalsIn(id), 0);
  const [first] = ids;
  const client = await queue.getBackend().client;
  const [made] = first === undefined ? [null] : await client.hmget(queue.toKey(first), 'timestamp');
  return {
    notices: ids.length === 0 ? 0 : Math.round((notices * Math.max(jobs, ids.length)) / ids.length),
    oldestMs: made === null || made === undefined ? null : Number(made),
  };
}
