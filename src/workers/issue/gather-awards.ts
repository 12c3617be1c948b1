import type { BadgeId, BatchId } from '../../ids.js';
import type { Batch, Outbox } from '../../issuing/outbox.js';
import { enqueue, enqueueIfAbsent, optionsOf, type NewJob } from '../../queue/enqueue.js';
import { batchJobId, gatherJobId, type QueueName } from '../../queue/jobs.js';
import { waitUntil } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import type { Pace, Stores } from '../stores.js';

/** Makes batches of all that waits for one badge, and sees to it that every batch has its job. */
export const gatherAwards: JobHandler<Stores, { badgeId: BadgeId }> = async (stores, { badgeId }, signal) => {
  const { outbox, batches, pace } = stores;
  const formed: Batch[] = [];
  for (;;) {
    signal.throwIfAborted();
    const delayMs = await untilNextMs(stores, badgeId);
    if (delayMs === null) break;
    if (delayMs > 0) {
      await enqueueGather(stores, badgeId, delayMs);
      break;
    }
    const batch = await outbox.takeBatch(badgeId, pace.batchMax);
    if (batch !== null) formed.push(batch);
  }
  for (const batchId of await batches.of(badgeId)) await keepBatchJob(stores, badgeId, batchId);
  const earners = formed.flatMap((batch) => batch.earners).length;
  const facts = { badge: badgeId, batches: formed.map(({ id }) => id), earners };
  // While no replica answers, each look at what gathers would else hold its place, and leave none to the batches.
  if (formed.length === 0) return { did: 'no batch to form', facts, onlyQueued: true };
  return { did: 'batches formed', facts };
};

/** Null: nobody waits. While the badge is on hold, they gather on: they leave together. */
async function untilNextMs(stores: Stores, badgeId: BadgeId): Promise<number | null> {
  const { outbox, holds, pace, now } = stores;
  // Asked first: nothing moves past the look.
  const moreMayCome = await isAnyOnTheWay(stores);
  const [gathered, hold] = await Promise.all([outbox.look(badgeId), holds.of(badgeId)]);
  if (gathered === null) return null;
  const heldMs = hold === null ? 0 : hold.nextMs - (await now());
  if (heldMs > 0) return Math.min(heldMs, pace.holdFirstMs);
  return batchDelayMs({ ...gathered, moreMayCome }, pace);
}

/** What waits for one badge. `moreMayCome`: notices are being read or people evaluated. */
type Gathered = NonNullable<Awaited<ReturnType<Outbox['look']>>> & { readonly moreMayCome: boolean };

/** Looks come at distances of this part of the time waited: few in all, and none much too late. */
const PART = 1 / 4;

/**
 * Pure. How long until they leave, or are to be looked at again, milliseconds; 0: they leave now. A full batch leaves at
 * once, another as soon as nothing more is on its way. Each batch costs a few calls of OBF.
 */
export function batchDelayMs(
  { waiting, waitedMs, quietForMs, moreMayCome }: Gathered,
  { quietMs, gatherMs, batchMax }: Pick<Pace, 'quietMs' | 'gatherMs' | 'batchMax'>,
): number {
  // An instant ahead is of a clock that was set back: nobody waits for it.
  if (waitedMs < 0) return 0;
  const leftMs = gatherMs - waitedMs;
  if (waiting >= batchMax || leftMs <= 0) return 0;
  const lookMs = moreMayCome ? waitedMs * PART : 0;
  const quietInMs = quietForMs < 0 ? 0 : quietMs - quietForMs;
  return Math.ceil(Math.min(leftMs, Math.max(quietInMs, lookMs)));
}

/** What an award passes through before the outbox, in that order. */
const ON_THE_WAY: readonly QueueName[] = ['arrivals', 'notices', 'earners'];

async function isAnyOnTheWay({ queues }: Stores): Promise<boolean> {
  let jobs = 0;
  for (const name of ON_THE_WAY) jobs += await queues[name].getJobCountByTypes('waiting', 'active');
  return jobs > 0;
}

const batchJob = (badgeId: BadgeId, batchId: BatchId): NewJob => ({
  id: batchJobId(batchId),
  name: 'batch',
  data: { kind: 'batch', badgeId, batchId },
});

/** How long a job takes at most to stand in failed once its batch was refused. */
const FAILS_MS = 5000;

/** As `IssuingPorts` has it. */
export async function issueSoon(
  { queues: { awards } }: Stores,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<void> {
  const job = batchJob(badgeId, batchId);
  // Beside one that is still active, a second job would be added: the first would stay in failed for nothing.
  await waitUntil(FAILS_MS, signal, async () => (await awards.getJobState(job.id)) !== 'active');
  if ((await awards.getJobState(job.id)) === 'unknown')
    await awards.add(job.name, job.data, { ...optionsOf(job), lifo: true });
  else await enqueue(awards, job);
}

/** Has the awards of one badge gathered after `delayMs`, once however often it is asked for. */
export async function enqueueGather({ queues }: Stores, badgeId: BadgeId, delayMs: number): Promise<void> {
  const data = { kind: 'gather', badgeId };
  await enqueue(queues.awards, { id: gatherJobId(badgeId), name: 'gather', data, delayMs });
}

/** Has them gathered after a short pause, as more may come; a full batch leaves at once. */
export async function gatherSoon(stores: Stores, badgeId: BadgeId): Promise<void> {
  const { outbox, pace, queues } = stores;
  const isFull = (await outbox.waiting(badgeId)) >= pace.batchMax;
  await enqueueGather(stores, badgeId, isFull ? 0 : pace.quietMs);
  const job = isFull ? await queues.awards.getJob(gatherJobId(badgeId)) : undefined;
  if ((await job?.isDelayed()) === true) await job?.promote();
}

/** A batch that lost its job (the process was killed between the two) gets it back; a failed one is tried again later. */
async function keepBatchJob(stores: Stores, badgeId: BadgeId, batchId: BatchId): Promise<void> {
  const { queues, batches, now } = stores;
  const job = await queues.awards.getJob(batchJobId(batchId));
  if (job?.finishedOn === undefined) return enqueueIfAbsent(queues.awards, batchJob(badgeId, batchId));
  // One that cannot be read is its own job's to tell.
  const batch = await batches.find(badgeId, batchId).catch(() => null);
  if (batch === null) return;
  const sinceMs = batch.refusedMs ?? batch.createdMs;
  if (isTriedAgain(sinceMs, job.finishedOn, await now()))
    await enqueue(queues.awards, batchJob(badgeId, batchId));
}

const HOUR_MS = 3_600_000;
/** For how long a batch that failed is tried again by itself. */
const TRIED_FOR_MS = 7 * 24 * HOUR_MS;
/** How far apart these tries are at least and at most. */
const [APART_MS, APART_MAX_MS] = [HOUR_MS, 24 * HOUR_MS];

/**
 * Pure. Whether a failed batch is tried again now: a refusal may pass, and nobody's badge is to depend on their next
 * one. The tries are as far apart as the failure is old, an hour at least and a day at most, for a week.
 * @param sinceMs when it was refused first, or made
 * @param failedMs when it failed last
 */
export function isTriedAgain(sinceMs: number, failedMs: number, nowMs: number): boolean {
  if (nowMs - sinceMs > TRIED_FOR_MS) return false;
  const apartMs = Math.min(APART_MAX_MS, Math.max(APART_MS, failedMs - sinceMs));
  return nowMs - failedMs >= apartMs;
}

/**
 * Nothing waits for ever: a badge with something in its outbox, or a batch under way, is gathered again.
 * @returns how many badges are
 */
export async function sweepAwards(stores: Stores): Promise<number> {
  const { schemes, outbox, batches } = stores;
  const { scheme, rollout } = await schemes.now();
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  let gathered = 0;
  for (const badgeId of new Set(awards.map((award) => award.badgeId))) {
    const [waiting, open] = await Promise.all([outbox.waiting(badgeId), batches.of(badgeId)]);
    if (waiting === 0 && open.length === 0) continue;
    await enqueueGather(stores, badgeId, 0);
    gathered += 1;
  }
  return gathered;
}
