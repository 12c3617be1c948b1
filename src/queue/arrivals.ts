import { setTimeout as pause } from 'node:timers/promises';
import type { Job, JobType, Queue } from 'bullmq';
import { raceAbort } from '../platform/redis.js';
import { chunked } from '../platform/redis-commands.js';
import { redisCause } from '../platform/redis-faults.js';
import { connectionOf, enqueueAll, enqueueIfAbsent, EnqueueError, type NewJob } from './enqueue.js';
import { noticeCountOf, arrivalsJob, arrivalsJobId, noticeId, type NoticeJob } from './jobs.js';

/** How many notices one job holds: it is read, and retried, as a whole. */
const NOTICES_PER_JOB = 200;

/**
 * Stores notices that arrived together in few jobs; a worker splits these into one job a notice.
 * @throws EnqueueError when `deadline` aborts, or Redis fails before; the jobs may be stored all the same
 */
export async function storeArrivals(
  queue: Queue,
  arrivals: readonly NoticeJob[],
  deadline: AbortSignal,
): Promise<void> {
  try {
    // `add` waits for ever on a Redis that is frozen or was never up.
    // One job after the other: all jobs of a large push in one transaction would block the process.
    for (const part of chunked(arrivals, NOTICES_PER_JOB)) {
      const job = { id: arrivalsJobId(part.length), name: 'arrivals', data: { arrivals: part } };
      await raceAbort(enqueueIfAbsent(queue, job), deadline);
    }
  } catch (cause) {
    if (deadline.aborted) throw new EnqueueError(`${queue.name}: no answer from Redis in time`);
    throw new EnqueueError(`${queue.name}: Redis did not take a job: ${redisCause(cause).en}`, { cause });
  }
}

/** How many jobs are read: the others are estimated from them. */
const SAMPLE_SIZE = 5000;

/**
 * Counts the notices that no worker has taken yet. Reads ids alone, oldest first, and the time of the first.
 * @returns `oldestMs`: when the oldest arrived, Unix milliseconds; null: there is none
 */
export async function readArrived(queue: Queue) {
  const ids = await queue.getRanges(['waiting', 'delayed'], 0, SAMPLE_SIZE - 1, true);
  const jobs = await queue.getJobCountByTypes('waiting', 'delayed');
  const [first] = ids;
  if (first === undefined) return { notices: 0, oldestMs: null };
  const createdMs = await connectionOf(queue).hget(queue.toKey(first), 'timestamp');
  const notices = ids.reduce((sum, id) => sum + noticeCountOf(id), 0);
  return {
    notices: Math.round((notices * Math.max(jobs, ids.length)) / ids.length),
    oldestMs: createdMs === null ? null : Number(createdMs),
  };
}

/** Pure. Returns the jobs of notices that arrived together; a repeated notice is one job. */
export function noticeJobsOf(arrivals: readonly NoticeJob[]): readonly NewJob[] {
  const byId = new Map<string, NewJob>();
  for (const data of arrivals) {
    const id = noticeId(data);
    if (!byId.has(id)) byId.set(id, { id, name: data.kind, data });
  }
  return [...byId.values()];
}

const UNFINISHED: JobType[] = ['waiting', 'delayed', 'active'];
/** How long to wait for a job that a worker has: it takes milliseconds. */
const RETRY_MS = 50;
const MAX_TRIES = 100;

/**
 * Splits all arrivals into one job a notice, without waiting for a worker. The jobs about a person can then be found by
 * their ids alone. Waits for an arrival that a worker has.
 */
export async function splitAllArrivals({ queues }: { queues: Record<'arrivals' | 'notices', Queue> }) {
  for (const id of await queues.arrivals.getRanges(UNFINISHED, 0, -1, true))
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const job: Job | undefined = await queues.arrivals.getJob(id);
      const parsed = arrivalsJob.safeParse(job?.data);
      if (job === undefined || !parsed.success) break;
      await enqueueAll(queues.notices, noticeJobsOf(parsed.data.arrivals));
      if ((await queues.arrivals.remove(id)) === 1) break;
      await pause(RETRY_MS);
    }
}
