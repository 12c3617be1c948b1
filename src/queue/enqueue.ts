import type { Queue } from 'bullmq';
import { ATTEMPTS } from './retry.js';

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Earliest start, milliseconds from now. */
  readonly delayMs?: number;
}

/** How many runs of one id may overlap before we say that something is wrong. */
const MAX_OVERLAP = 8;

/** Redis could not take a job in time. The job may be there all the same: ids make a repeat safe. */
export class EnqueueError extends Error {
  readonly code = 'enqueue_failed';
}

/**
 * Sees to it that a run of this job *starts after* this call: a waiting one will do, a failed one is
 * given its full attempts again, and beside a running one (which may have read the world before the
 * change) a follow-up is added. BullMQ's `add` alone drops all three silently.
 */
export async function enqueue(queue: Queue, job: NewJob): Promise<void> {
  for (let generation = 0; generation < MAX_OVERLAP; generation += 1) {
    const id = generation === 0 ? job.id : `${job.id}.${generation}`;
    if (await willRun(queue, { ...job, id })) return;
  }
  throw new EnqueueError(`${queue.name}: ${MAX_OVERLAP} runs of one job overlap`);
}

async function willRun(queue: Queue, job: NewJob): Promise<boolean> {
  const options = {
    jobId: job.id,
    attempts: ATTEMPTS,
    backoff: { type: 'custom' },
    removeOnComplete: true,
    ...(job.delayMs === undefined ? {} : { delay: job.delayMs }),
  };
  await queue.add(job.name, job.data, options);
  const state = await queue.getJobState(job.id);
  if (state === 'active') return false;
  if (state === 'failed') await revive(queue, job.id);
  // 'unknown': it was running when `add` was dropped, and is done by now.
  if (state === 'unknown') await queue.add(job.name, job.data, options);
  return true;
}

async function revive(queue: Queue, id: string): Promise<void> {
  const failed = await queue.getJob(id);
  await failed?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
}

/**
 * The same under a deadline of our own: a Redis that is frozen, or was never there, keeps `add` waiting.
 * @throws EnqueueError after `deadlineMs`
 */
export async function enqueueWithin(queue: Queue, job: NewJob, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new EnqueueError(`${queue.name}: no answer from Redis in time`)),
      deadlineMs,
    );
  });
  try {
    await Promise.race([enqueue(queue, job), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
