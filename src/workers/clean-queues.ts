import type { Queue } from 'bullmq';
import { connectionOf } from '../queue/enqueue.js';
import { redisNow } from '../platform/clock.js';
import { failureCause, walkFailed, type Failure } from '../queue/failures.js';
import type { JobResult } from '../platform/job.js';
import { QUEUES } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';

/** How long a failed job stands for ops to look at, and to send again. */
export const FAILED_RETENTION_MS = 90 * 24 * 3_600_000;
/** How long a pushed credential that OBF refused stands there, and how many at most. */
const PUSH_RETENTION_MS = 7 * 24 * 3_600_000;
const PUSHES_KEPT = 1000;
/** Redis does nothing else while it reads or removes: one step takes it some milliseconds. */
const STEP = 1000;

/**
 * Removes the jobs that failed long ago, in every queue. An event that was never stored is found again by the next
 * poll, and a batch under way gets its job back; a credential that was pushed, and stood in failed all that time, is
 * given up.
 */
export async function cleanQueues({ queues, log }: Pipeline, signal: AbortSignal): Promise<JobResult> {
  const nowMs = await redisNow(connectionOf(queues.notices));
  for (const name of QUEUES) {
    const pushes = name === 'notices' ? await cleanPushes(queues.notices, nowMs, signal) : 0;
    const removed = pushes + (await cleanFailed(queues[name], signal));
    log.info({ queue: name, removed }, 'old failed jobs removed');
  }
  return { did: 'queues cleaned', facts: {} };
}

/**
 * Anybody who holds a secret of the webhooks can push credentials that do not exist, or are somebody else's: of those
 * that OBF refused, the newest 1 000 of a week stay.
 */
async function cleanPushes(queue: Queue, nowMs: number, signal: AbortSignal): Promise<number> {
  const refused: Failure[] = [];
  for await (const failures of walkFailed(queue, STEP))
    refused.push(...failures.filter(({ id, reason }) => id.startsWith('credential.') && isRefused(reason)));
  const old = refused
    .toSorted((a, b) => b.failedMs - a.failedMs)
    .filter(({ failedMs }, nth) => nth >= PUSHES_KEPT || nowMs - failedMs > PUSH_RETENTION_MS);
  for (const { id } of old) {
    signal.throwIfAborted();
    await queue.remove(id);
  }
  return old.length;
}

const isRefused = (reason: string): boolean =>
  failureCause(reason, 'notices').kind?.startsWith('attestation-') === true;

async function cleanFailed(queue: Queue, signal: AbortSignal): Promise<number> {
  for (let removed = 0; ;) {
    signal.throwIfAborted();
    const { length } = await queue.clean(FAILED_RETENTION_MS, STEP, 'failed');
    removed += length;
    if (length < STEP) return removed;
  }
}
