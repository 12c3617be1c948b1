import type { Queue } from 'bullmq';
import { connectionOf } from '../queue/enqueue.js';
import { redisNow } from '../platform/redis-clock.js';
import { failureCause, walkFailed, type Failure } from '../queue/failures.js';
import { QUEUES } from '../queue/jobs.js';
import type { Pipeline } from './pipeline.js';

/** How long a failed job stands for ops to look at, and to send again. */
export const FAILED_RETENTION_MS = 90 * 24 * 3_600_000;
/** How long a pushed credential that OBF refused stands there, and how many at most. */
const PUSH_RETENTION_MS = 7 * 24 * 3_600_000;
const PUSHES_KEPT = 1000;
/** How many failed jobs are read at a time. */
const STEP = 1000;

/**
 * Removes the jobs that failed long ago, in every queue. An event that was never stored is found again by the next
 * poll, and a batch under way gets its job back; a credential that was pushed, and stood in failed all that time, is
 * given up.
 */
export async function cleanQueues({ queues, log }: Pipeline, signal: AbortSignal): Promise<void> {
  const nowMs = await redisNow(connectionOf(queues.notices));
  for (const name of QUEUES) {
    signal.throwIfAborted();
    const pushes = name === 'notices' ? await cleanPushes(queues.notices, nowMs, signal) : 0;
    const { length } = await queues[name].clean(FAILED_RETENTION_MS, 0, 'failed');
    log.info({ queue: name, removed: pushes + length }, 'old failed jobs removed');
  }
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
