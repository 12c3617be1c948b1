import type { Queue } from 'bullmq';
import { QUEUES } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';

/** How long a failed job stands for ops to look at, and to send again. */
export const FAILED_RETENTION_MS = 90 * 24 * 3_600_000;
/** Redis does nothing else while it removes: one step takes it some milliseconds. */
const STEP = 1000;
/** When nobody is at work. */
const NIGHTLY = '23 3 * * *';

/**
 * Removes the jobs that failed long ago, in every queue. An event that was never stored is found again by
 * the next poll, and a batch under way gets its job back; a credential that was pushed, and stood in
 * failed all that time, is given up.
 */
export async function cleanQueues({ queues, log }: Pipeline, signal: AbortSignal): Promise<void> {
  for (const name of QUEUES) {
    const removed = await cleanFailed(queues[name], signal);
    log.info({ queue: name, removed }, 'old failed jobs removed');
  }
}

async function cleanFailed(queue: Queue, signal: AbortSignal): Promise<number> {
  for (let removed = 0; ;) {
    signal.throwIfAborted();
    const { length } = await queue.clean(FAILED_RETENTION_MS, STEP, 'failed');
    removed += length;
    if (length < STEP) return removed;
  }
}

/** Cleans every night, once for all workers together; BullMQ's own removal waits for another job to end. */
export async function scheduleClean({ queues, scheme }: Pipeline): Promise<void> {
  const opts = { removeOnComplete: true, removeOnFail: true };
  const template = { name: 'clean', data: { kind: 'clean' }, opts };
  await queues.maintenance.upsertJobScheduler('clean', { pattern: NIGHTLY, tz: scheme.timeZone }, template);
}
