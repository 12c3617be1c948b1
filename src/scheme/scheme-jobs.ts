import { randomBytes } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { PeopleSources } from '../earners/people.js';
import type { AwardId } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { enqueueIfAbsent, type NewJob } from '../queue/enqueue.js';
import { applyJob } from '../queue/jobs.js';
import { createApplyStore, type ApplyAsked } from './apply-store.js';

interface Queues {
  readonly queues: { readonly maintenance: Queue };
}

/** One at a time, whoever asks. */
export const planJobId = (only: AwardId | null): string => (only === null ? 'plan' : `plan.${only}`);
export const APPLY_JOB_ID = 'apply';

/** How a job of the scheme's stands; `failed`: with the reason that the queue keeps. */
export type SchemeJob =
  | { readonly state: 'none' }
  | { readonly state: 'waits' | 'runs'; readonly attempts: number }
  | { readonly state: 'failed'; readonly reason: string };

/** One look at one job: however many there are, nothing is walked through. */
export async function schemeJob({ queues }: Queues, id: string): Promise<SchemeJob> {
  const job = await queues.maintenance.getJob(id);
  if (job === undefined) return { state: 'none' };
  if (job.finishedOn !== undefined) return { state: 'failed', reason: job.failedReason ?? '' };
  return { state: job.processedOn === undefined ? 'waits' : 'runs', attempts: job.attemptsMade };
}

/** @returns false: somebody asked for it already, and it is not made yet */
export const askForPlan = (pipeline: Queues, only: AwardId | null): Promise<boolean> =>
  askOnce(pipeline, { id: planJobId(only), name: 'plan', data: { kind: 'plan', only } });

/**
 * Has a worker put the rules into force.
 * @returns false: another application is being made, and this one is not
 */
export async function askForApply(
  pipeline: Queues & { readonly people: PeopleSources; readonly clock: Clock },
  wanted: Omit<ApplyAsked, 'ask' | 'askedS'>,
): Promise<boolean> {
  const ask = randomBytes(12).toString('base64url');
  const data = { kind: 'apply', ...wanted, ask, askedS: secondsOf(pipeline.clock) };
  if (!(await askOnce(pipeline, { id: APPLY_JOB_ID, name: 'apply', data }))) return false;
  // Of two who ask at once, the job is the first one's.
  const [waiting, record] = await Promise.all([
    applyAsked(pipeline),
    createApplyStore(pipeline.people).read(),
  ]);
  return waiting?.ask === ask || record?.ask === ask;
}

/** What the job is about that waits, runs or has failed; null: there is none. */
export async function applyAsked({ queues }: Queues): Promise<ApplyAsked | null> {
  const job = await queues.maintenance.getJob(APPLY_JOB_ID);
  return job === undefined ? null : (applyJob.safeParse(job.data).data ?? null);
}

/** One that failed is begun anew, by what was asked for now. */
async function askOnce(pipeline: Queues, job: NewJob): Promise<boolean> {
  const { state } = await schemeJob(pipeline, job.id);
  if (state === 'waits' || state === 'runs') return false;
  if (state === 'failed') await pipeline.queues.maintenance.remove(job.id);
  await enqueueIfAbsent(pipeline.queues.maintenance, job);
  return true;
}
