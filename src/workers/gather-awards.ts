import type { BadgeId, BatchId } from '../ids.js';
import type { Batch } from '../issuing/batch.js';
import { leavesInMs } from '../issuing/gathering.js';
import { enqueue, optionsOf, type NewJob } from '../queue/enqueue.js';
import { batchJobId, gatherJobId, type QueueName } from '../queue/jobs.js';
import type { Done } from './done.js';
import type { Pipeline } from './pipeline.js';

const SWEEP_EVERY_MS = 60_000;

/**
 * Makes batches of all that waits for one badge. A batch that lost its job (we were killed between the
 * two) gets it back; one whose job failed stays as it is, for ops.
 */
export async function gatherAwards(pipeline: Pipeline, badgeId: BadgeId, signal: AbortSignal): Promise<Done> {
  const { outbox, batches, pace } = pipeline;
  const formed: Batch[] = [];
  for (;;) {
    signal.throwIfAborted();
    const inMs = await untilNext(pipeline, badgeId);
    if (inMs === null) break;
    if (inMs > 0) {
      await enqueueGather(pipeline, badgeId, inMs);
      break;
    }
    const batch = await outbox.closeBatch(badgeId, pace.batchMax);
    if (batch !== null) formed.push(batch);
  }
  for (const batchId of await batches.of(badgeId)) await enqueueBatch(pipeline, badgeId, batchId);
  const earners = formed.reduce((sum, batch) => sum + batch.earners.length, 0);
  const facts = { badge: badgeId, batches: formed.map(({ id }) => id), earners };
  // While no replica answers, each look at what gathers would else hold its place, and leave none to the batches.
  if (formed.length === 0) return { did: 'no batch to form', facts, onlyQueued: true };
  return { did: 'batches formed', facts };
}

/** Null: nobody waits. While the badge is on hold, they gather on: they leave together. */
async function untilNext(pipeline: Pipeline, badgeId: BadgeId): Promise<number | null> {
  const { outbox, holds, pace, clock } = pipeline;
  const moreMayCome = await isAnyOnTheWay(pipeline);
  const [waiting, since, held] = await Promise.all([
    outbox.waiting(badgeId),
    outbox.waitingSince(badgeId),
    holds.of(badgeId),
  ]);
  if (since === null) return null;
  const nowMs = clock();
  if (held !== null && held.nextMs > nowMs) return Math.min(held.nextMs - nowMs, pace.holdFirstMs);
  const gathered = {
    waiting,
    waitedMs: nowMs - since.oldestMs,
    quietForMs: nowMs - since.newestMs,
    moreMayCome,
  };
  return leavesInMs(gathered, pace);
}

/** What an award passes through before the outbox, in that order. */
const ON_THE_WAY: readonly QueueName[] = ['arrivals', 'notices', 'earners'];

/** Asked in the order of the data, and before the outbox: nothing moves past the look. */
async function isAnyOnTheWay({ queues }: Pipeline): Promise<boolean> {
  let jobs = 0;
  for (const name of ON_THE_WAY) jobs += await queues[name].getJobCountByTypes('waiting', 'active');
  return jobs > 0;
}

export const batchJob = (badgeId: BadgeId, batchId: BatchId): NewJob => ({
  id: batchJobId(batchId),
  name: 'batch',
  data: { kind: 'batch', badgeId, batchId },
});

/** One job for one batch, whoever asks. @param place `first`: before all that wait */
export async function enqueueBatch(
  { queues }: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  place: 'first' | 'last' = 'last',
): Promise<void> {
  const job = batchJob(badgeId, batchId);
  await queues.awards.add(job.name, job.data, { ...optionsOf(job), lifo: place === 'first' });
}

/** Has the awards of one badge gathered after `delayMs`; however often it is said, once. */
export async function enqueueGather({ queues }: Pipeline, badgeId: BadgeId, delayMs: number): Promise<void> {
  await enqueue(queues.awards, {
    id: gatherJobId(badgeId),
    name: 'gather',
    data: { kind: 'gather', badgeId },
    delayMs,
  });
}

/**
 * Nothing waits for ever: a badge with something in its outbox, or a batch under way, is gathered again.
 * @returns how many badges are
 */
export async function sweepAwards(pipeline: Pipeline): Promise<number> {
  const { schemes, outbox, batches } = pipeline;
  const { scheme, rollout } = await schemes.now();
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  let gathered = 0;
  for (const badgeId of new Set(awards.map((award) => award.badgeId))) {
    const [waiting, underWay] = await Promise.all([outbox.waiting(badgeId), batches.of(badgeId)]);
    if (waiting === 0 && underWay.length === 0) continue;
    await enqueueGather(pipeline, badgeId, 0);
    gathered += 1;
  }
  return gathered;
}

/** Sweeps every minute, once for all workers together. */
export async function scheduleSweep({ queues }: Pipeline): Promise<void> {
  const template = { name: 'sweep', data: { kind: 'sweep' }, opts: { removeOnComplete: true } };
  await queues.maintenance.upsertJobScheduler('sweep', { every: SWEEP_EVERY_MS }, template);
}
