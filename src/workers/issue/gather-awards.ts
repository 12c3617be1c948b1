import type { BadgeId, BatchId } from '../../ids.js';
import type { Batch, Outbox } from '../../issuing/outbox.js';
import { enqueue, enqueueIfAbsent, optionsOf, type NewJob } from '../../queue/enqueue.js';
import { batchJobId, gatherJobId, type QueueName } from '../../queue/jobs.js';
import { waitUntil } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import type { Pace, Stores } from '../stores.js';

/** Forms batches from all that waits in one badge's outbox, and ensures that every batch has its job. Idempotent. */
export const gatherAwards: JobHandler<Stores, { badgeId: BadgeId }> = async (stores, { badgeId }, signal) => {
  const { outbox, batches, pace } = stores;
  const formed: Batch[] = [];
  for (;;) {
    signal.throwIfAborted();
    const delayMs = await nextDelayMs(stores, badgeId);
    if (delayMs === null) break;
    if (delayMs > 0) {
      await enqueueGather(stores, badgeId, delayMs);
      break;
    }
    const batch = await outbox.takeBatch(badgeId, pace.batchMax);
    if (batch !== null) formed.push(batch);
  }
  for (const batchId of await batches.ids(badgeId)) await ensureBatchJob(stores, badgeId, batchId);
  const earners = formed.flatMap((batch) => batch.earners).length;
  const facts = { badge: badgeId, batches: formed.map(({ id }) => id), earners };
  // `onlyQueued` waits for no replica: while none answers, gather jobs must not take the places of batch jobs.
  if (formed.length === 0) return { did: 'no batch to form', facts, onlyQueued: true };
  return { did: 'batches formed', facts };
};

/** Returns how long until the next batch; null: the outbox is empty. On hold, awards gather on and leave together. */
async function nextDelayMs(stores: Stores, badgeId: BadgeId): Promise<number | null> {
  const { outbox, holds, pace, now } = stores;
  // Read before the outbox, so that no award moves between the two unseen.
  const moreMayCome = await areJobsUpstream(stores);
  const [gathered, hold] = await Promise.all([outbox.waitTimes(badgeId), holds.of(badgeId)]);
  if (gathered === null) return null;
  const heldMs = hold === null ? 0 : hold.nextMs - (await now());
  if (heldMs > 0) return Math.min(heldMs, pace.holdFirstMs);
  return batchDelayMs({ ...gathered, moreMayCome }, pace);
}

/** What waits in one badge's outbox. `moreMayCome`: notices or evaluations are queued or running. */
type Gathered = NonNullable<Awaited<ReturnType<Outbox['waitTimes']>>> & { readonly moreMayCome: boolean };

/** The next check comes after this part of the time waited: checks are few, and none is much too late. */
const CHECK_AFTER_PART = 1 / 4;

/**
 * Pure. Returns how long until the batch leaves or is checked again, milliseconds; 0: it leaves now. A full batch leaves
 * at once; any other waits while more awards may come, to save OBF calls.
 */
export function batchDelayMs(
  { waiting, waitedMs, quietForMs, moreMayCome }: Gathered,
  { quietMs, gatherMs, batchMax }: Pick<Pace, 'quietMs' | 'gatherMs' | 'batchMax'>,
): number {
  // A time in the future is from a clock that was set back: do not wait for it.
  if (waitedMs < 0) return 0;
  const leftMs = gatherMs - waitedMs;
  if (waiting >= batchMax || leftMs <= 0) return 0;
  const checkMs = moreMayCome ? waitedMs * CHECK_AFTER_PART : 0;
  const quietInMs = quietForMs < 0 ? 0 : quietMs - quietForMs;
  return Math.ceil(Math.min(leftMs, Math.max(quietInMs, checkMs)));
}

/** The queues that lead to the outbox, in order. */
const UPSTREAM: readonly QueueName[] = ['arrivals', 'notices', 'earners'];

async function areJobsUpstream({ queues }: Stores): Promise<boolean> {
  let jobs = 0;
  for (const name of UPSTREAM) jobs += await queues[name].getJobCountByTypes('waiting', 'active');
  return jobs > 0;
}

const batchJob = (badgeId: BadgeId, batchId: BatchId): NewJob => ({
  id: batchJobId(batchId),
  name: 'batch',
  data: { kind: 'batch', badgeId, batchId },
});

/** How long a job takes at most to move to failed after its batch was refused. */
const FAILS_WITHIN_MS = 5000;

/** See `IssuingPorts`. */
export async function issueSoon(
  { queues: { awards } }: Stores,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<void> {
  const job = batchJob(badgeId, batchId);
  // While the job is active, `enqueue` would add a second one, and the first would stay in failed.
  await waitUntil(FAILS_WITHIN_MS, signal, async () => (await awards.getJobState(job.id)) !== 'active');
  if ((await awards.getJobState(job.id)) === 'unknown')
    await awards.add(job.name, job.data, { ...optionsOf(job), lifo: true });
  else await enqueue(awards, job);
}

/** Enqueues the gathering of one badge's awards after `delayMs`. Calls before it runs add no second one. */
export async function enqueueGather({ queues }: Stores, badgeId: BadgeId, delayMs: number): Promise<void> {
  const data = { kind: 'gather', badgeId };
  await enqueue(queues.awards, { id: gatherJobId(badgeId), name: 'gather', data, delayMs });
}

/** Enqueues the gathering after a short pause, as more awards may come; at once for a full batch. */
export async function gatherSoon(stores: Stores, badgeId: BadgeId): Promise<void> {
  const { outbox, pace, queues } = stores;
  const isFull = (await outbox.waiting(badgeId)) >= pace.batchMax;
  await enqueueGather(stores, badgeId, isFull ? 0 : pace.quietMs);
  const job = isFull ? await queues.awards.getJob(gatherJobId(badgeId)) : undefined;
  if ((await job?.isDelayed()) === true) await job?.promote();
}

/** Enqueues the job of a batch that a kill left without one; retries a failed job when it is time. */
async function ensureBatchJob(stores: Stores, badgeId: BadgeId, batchId: BatchId): Promise<void> {
  const { queues, batches, now } = stores;
  const job = await queues.awards.getJob(batchJobId(batchId));
  if (job?.finishedOn === undefined) return enqueueIfAbsent(queues.awards, batchJob(badgeId, batchId));
  // The batch's own job reports a batch that cannot be read.
  const batch = await batches.find(badgeId, batchId).catch(() => null);
  if (batch === null) return;
  const sinceMs = batch.refusedMs ?? batch.createdMs;
  if (isRetryDue(sinceMs, job.finishedOn, await now()))
    await enqueue(queues.awards, batchJob(badgeId, batchId));
}

const HOUR_MS = 3_600_000;
/** How long Palier retries a failed batch by itself. */
const RETRIED_FOR_MS = 7 * 24 * HOUR_MS;
const [MIN_WAIT_MS, MAX_WAIT_MS] = [HOUR_MS, 24 * HOUR_MS];

/**
 * Pure. Whether a failed batch is retried now, as a refusal may pass. The waits are as long as the failure is old, from
 * an hour to a day, for a week.
 * @param sinceMs when it was refused first, or formed
 * @param failedMs when it failed last
 */
export function isRetryDue(sinceMs: number, failedMs: number, nowMs: number): boolean {
  if (nowMs - sinceMs > RETRIED_FOR_MS) return false;
  const waitMs = Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, failedMs - sinceMs));
  return nowMs - failedMs >= waitMs;
}

/**
 * Enqueues a gathering for every badge with awards in its outbox or with batches, so that none waits for ever.
 * @returns how many badges it enqueued
 */
export async function sweepAwards(stores: Stores): Promise<number> {
  const { schemes, outbox, batches } = stores;
  const { scheme, rollout } = await schemes.now();
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  let gathered = 0;
  for (const badgeId of new Set(awards.map((award) => award.badgeId))) {
    const [waiting, open] = await Promise.all([outbox.waiting(badgeId), batches.ids(badgeId)]);
    if (waiting === 0 && open.length === 0) continue;
    await enqueueGather(stores, badgeId, 0);
    gathered += 1;
  }
  return gathered;
}
