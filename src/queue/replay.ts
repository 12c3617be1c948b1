import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import { withoutAddresses } from '../platform/logger.js';
import { redisNow } from '../platform/clock.js';
import { connectionOf, optionsOf, retryJob, type Queues } from './enqueue.js';
import { failureCause, newestFailed, walkFailed, type Failure } from './failures.js';
import { QUEUES, replayJob, type QueueName, type ReplayJob } from './jobs.js';

type Maintenance = Pick<Queues, 'maintenance'>;

/** Which failed jobs are to be sent again; all that is given must match. */
export type ReplayFilter = Pick<ReplayJob, 'queue' | 'group' | 'error' | 'sinceMs'>;

const progressForm = z
  .object({
    /** How many jobs will have been looked at in the end, about. */
    toLookAt: z.number(),
    looked: z.number(),
    /** Sent back to work, by queue. */
    sent: z.partialRecord(z.enum(QUEUES), z.number()),
    /** Sent by somebody else meanwhile, or removed. */
    gone: z.number(),
    /** Could not be sent: still failed. */
    left: z.number(),
  })
  .readonly();
export type ReplayProgress = z.output<typeof progressForm>;
const NOTHING: ReplayProgress = { toLookAt: 0, looked: 0, sent: {}, gone: 0, left: 0 };

/** Many failed jobs that a worker sends again. */
export type Replay = NonNullable<ReturnType<typeof replayIn>>;

/** Replays that are done are kept a week, and at most so many. */
const KEPT = { age: 7 * 24 * 3600, count: 20 };
const ASK_AGAIN_MS = 50;

/** The queues that it goes through, in order. */
export const queuesOf = ({ queue }: Pick<ReplayFilter, 'queue'>): readonly QueueName[] =>
  queue === null ? QUEUES : [queue];

export const sentIn = ({ sent }: Pick<ReplayProgress, 'sent'>): number =>
  Object.values(sent).reduce((sum, count) => sum + count, 0);

/** Has a worker send them again: all that stand in failed now. @returns its id */
export async function askForReplay(
  queues: Queues,
  asked: Omit<ReplayJob, 'kind' | 'askedMs'>,
): Promise<string> {
  const id = `replay.${randomBytes(9).toString('base64url')}`;
  // A failure bears the time of its worker, whose clock may be ahead of Redis'.
  const newest = await Promise.all(queuesOf(asked).map((name) => newestFailed(queues[name], 1)));
  const failedMs = newest.flatMap(({ failures }) => failures.map((one) => one.failedMs));
  const askedMs = Math.max(await redisNow(connectionOf(queues.maintenance)), ...failedMs);
  const data: ReplayJob = { kind: 'replay', ...asked, askedMs };
  await queues.maintenance.add('replay', data, { ...optionsOf({ id }), removeOnComplete: KEPT });
  return id;
}

/** Newest first. */
export async function recentReplays({ maintenance }: Maintenance, count: number): Promise<readonly Replay[]> {
  const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
  const jobs = await maintenance.getJobs([...states], 0, KEPT.count);
  return jobs
    .flatMap((job) => replayIn(job) ?? [])
    .toSorted((a, b) => b.askedMs - a.askedMs)
    .slice(0, count);
}

function replayIn({ id = '', data, progress, processedOn, finishedOn, failedReason }: Job) {
  const job = replayJob.safeParse(data).data;
  if (job === undefined) return null;
  const endedMs = finishedOn ?? null;
  return {
    ...job,
    ...(progressForm.safeParse(progress).data ?? NOTHING),
    id,
    /** Null: no worker has begun. */
    begunMs: processedOn ?? null,
    /** Null: it is under way. */
    endedMs,
    /** It was tried again for a day, and broke off each time. */
    isBroken: endedMs !== null && failedReason !== undefined,
  };
}

/** Resolves when it is done, or when `isEnough` says so at a look. */
export async function awaitReplay(
  { maintenance }: Maintenance,
  id: string,
  isEnough: (replay: Replay) => boolean,
): Promise<Replay> {
  for (;;) {
    const job = await maintenance.getJob(id);
    const replay = job === undefined ? null : replayIn(job);
    if (replay === null) throw new Error(`The replay ${id} was removed`);
    if (isEnough(replay) || replay.endedMs !== null) return replay;
    await pause(ASK_AGAIN_MS);
  }
}

/** Jobs looked at in one step, and sent at once. */
const STEP = 200;

/**
 * Sends failed jobs back to work with their full attempts. Idempotent: what was sent is failed no more, and what fails
 * anew does so after the replay was asked for.
 * @param job `before`: what an interrupted run of the same job reported
 */
export async function sendFailed(
  queues: Queues,
  replay: ReplayJob,
  job: { readonly before: unknown; readonly report: (progress: ReplayProgress) => Promise<void> },
  signal: AbortSignal,
): Promise<ReplayProgress> {
  const names = queuesOf(replay);
  const sizes = await Promise.all(names.map((name) => queues[name].getFailedCount()));
  const toLookAt = sizes.reduce((sum, size) => sum + size, 0);
  let progress = { ...(progressForm.safeParse(job.before).data ?? NOTHING), looked: 0, toLookAt };
  await job.report(progress);
  for (const name of names)
    for await (const failures of walkFailed(queues[name], STEP)) {
      signal.throwIfAborted();
      const step = await sendSome(queues[name], failures.filter(isMeant(replay, name)));
      progress = {
        ...progress,
        looked: progress.looked + failures.length,
        sent: { ...progress.sent, [name]: (progress.sent[name] ?? 0) + step.sent },
        gone: progress.gone + step.gone,
        left: progress.left + step.left,
      };
      await job.report(progress);
    }
  return progress;
}

/** Pure. Whether a replay is about a failed job of this queue. */
export function isMeant(
  { group, error, sinceMs, askedMs }: Pick<ReplayJob, 'group' | 'error' | 'sinceMs' | 'askedMs'>,
  queue: QueueName,
): (failure: Failure) => boolean {
  const part = error?.toLowerCase();
  return ({ failedMs, reason }) =>
    failedMs <= askedMs &&
    (sinceMs === null || failedMs >= sinceMs) &&
    (group === null || failureCause(reason, queue).key === group) &&
    (part === undefined || withoutAddresses(reason).toLowerCase().includes(part));
}

/** @throws when Redis does not answer; a job that cannot be sent for itself is left as it is */
async function sendSome(queue: Queue, failures: readonly Failure[]) {
  const settled = await Promise.allSettled(failures.map(({ id }) => retryJob(queue, id)));
  const left = settled.filter(({ status }) => status === 'rejected').length;
  if (left > 0) await connectionOf(queue).ping();
  const sent = settled.filter((one) => one.status === 'fulfilled' && one.value).length;
  return { sent, left, gone: settled.length - sent - left };
}
