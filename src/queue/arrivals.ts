import { setTimeout as pause } from 'node:timers/promises';
import type { Job, JobType, Queue } from 'bullmq';
import { raceAbort } from '../platform/redis.js';
import { chunked } from '../platform/redis-commands.js';
import { redisCause } from '../platform/redis-faults.js';
import { connectionOf, enqueueAll, enqueueIfAbsent, EnqueueError, type NewJob } from './enqueue.js';
import { arrivalsIn, arrivalsJob, arrivalsJobId, noticeId, type NoticeJob } from './jobs.js';

/** Notices a job: it is read, and tried again, as a whole. */
const TOGETHER = 200;

/**
 * Stores what came in together in few jobs, of which a worker makes one a notice.
 * @throws EnqueueError when `late` aborts, or Redis fails before; it may be there all the same
 */
export async function storeArrivals(
  queue: Queue,
  arrivals: readonly NoticeJob[],
  late: AbortSignal,
): Promise<void> {
  try {
    // A Redis that is frozen, or was never there, keeps `add` waiting.
    // One after the other: the jobs of a large push would hold the process as one transaction.
    for (const part of chunked(arrivals, TOGETHER)) {
      const job = { id: arrivalsJobId(part.length), name: 'arrivals', data: { arrivals: part } };
      await raceAbort(enqueueIfAbsent(queue, job), late);
    }
  } catch (cause) {
    if (late.aborted) throw new EnqueueError(`${queue.name}: no answer from Redis in time`);
    throw new EnqueueError(`${queue.name}: Redis did not take a job: ${redisCause(cause).en}`, { cause });
  }
}

/** How many jobs are looked at: the rest is taken to be like them. */
const LOOKED_AT = 5000;

/**
 * What came in and no worker has taken yet: reads ids alone, oldest first, and the time of the first.
 * @returns `oldestMs`: when the oldest came in, Unix milliseconds; null: there is none
 */
export async function readArrived(queue: Queue) {
  const ids = await queue.getRanges(['waiting', 'delayed'], 0, LOOKED_AT - 1, true);
  const jobs = await queue.getJobCountByTypes('waiting', 'delayed');
  const [first] = ids;
  if (first === undefined) return { notices: 0, oldestMs: null };
  const made = await connectionOf(queue).hget(queue.toKey(first), 'timestamp');
  const notices = ids.reduce((sum, id) => sum + arrivalsIn(id), 0);
  return {
    notices: Math.round((notices * Math.max(jobs, ids.length)) / ids.length),
    oldestMs: made === null ? null : Number(made),
  };
}

/** Pure: the jobs of notices that came in together; one that came twice is one. */
export function noticesIn(arrivals: readonly NoticeJob[]): readonly NewJob[] {
  const byId = new Map<string, NewJob>();
  for (const data of arrivals) {
    const id = noticeId(data);
    if (!byId.has(id)) byId.set(id, { id, name: data.kind, data });
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
