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

/** Which failed jobs to retry; all given fields must match. */
export type ReplayFilter = Pick<ReplayJob, 'queue' | 'group' | 'error' | 'sinceMs'>;

const progressForm = z
  .object({
    /** About how many jobs the replay reads in all. */
    toLookAt: z.number(),
    looked: z.number(),
    /** Retried jobs, by queue. */
    sent: z.partialRecord(z.enum(QUEUES), z.number()),
    /** Retried by another process meanwhile, or removed. */
    gone: z.number(),
    /** Not retried, for an error of their own: still failed. */
    left: z.number(),
  })
  .readonly();
export type ReplayProgress = z.output<typeof progressForm>;
const NOTHING: ReplayProgress = { toLookAt: 0, looked: 0, sent: {}, gone: 0, left: 0 };

/** A job that retries many failed ones, with its progress. */
export type Replay = NonNullable<ReturnType<typeof replayIn>>;

/** Completed replays are kept for a week, and at most `count` of them. */
const KEPT = { age: 7 * 24 * 3600, count: 20 };
const POLL_MS = 50;

/** Returns the queues of a replay, in order. */
export const queuesOf = ({ queue }: Pick<ReplayFilter, 'queue'>): readonly QueueName[] =>
  queue === null ? QUEUES : [queue];

export const sentIn = ({ sent }: Pick<ReplayProgress, 'sent'>): number =>
  Object.values(sent).reduce((sum, count) => sum + count, 0);

/** Has a worker retry the jobs that match and are failed now. @returns the replay's id */
export async function askForReplay(
  queues: Queues,
  request: Omit<ReplayJob, 'kind' | 'askedMs'>,
): Promise<string> {
  const id = `replay.${randomBytes(9).toString('base64url')}`;
  // A failure has the time of its worker, whose clock may be ahead of Redis'.
  const newest = await Promise.all(queuesOf(request).map((name) => newestFailed(queues[name], 1)));
  const failedMs = newest.flatMap(({ failures }) => failures.map((one) => one.failedMs));
  const askedMs = Math.max(await redisNow(connectionOf(queues.maintenance)), ...failedMs);
  const data: ReplayJob = { kind: 'replay', ...request, askedMs };
  await queues.maintenance.add('replay', data, { ...optionsOf({ id }), removeOnComplete: KEPT });
  return id;
}

/** Returns the latest replays, newest first. */
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
    /** Null: it has not ended. */
    endedMs,
    /** Whether it failed for good, after a day of retries. */
    isBroken: endedMs !== null && failedReason !== undefined,
  };
}

/** Polls a replay until it has ended, or `isEnough` holds. */
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
    await pause(POLL_MS);
  }
}

/** How many jobs one step reads and retries. */
const STEP = 200;

/**
 * Retries failed jobs with their full attempts. Idempotent: a retried job is no longer failed, or has failed after
 * `askedMs`.
 * @param job `before`: what an interrupted run of the same job reported
 */
export async function retryFailed(
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
      const step = await retrySome(queues[name], failures.filter(matchesReplay(replay, name)));
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

/** Pure. Returns whether a replay is to retry a failed job of this queue. */
export function matchesReplay(
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

/** Retries jobs; one that fails by itself is left as it is. @throws when Redis does not answer */
async function retrySome(queue: Queue, failures: readonly Failure[]) {
  const settled = await Promise.allSettled(failures.map(({ id }) => retryJob(queue, id)));
  const left = settled.filter(({ status }) => status === 'rejected').length;
  if (left > 0) await connectionOf(queue).ping();
  const sent = settled.filter((one) => one.status === 'fulfilled' && one.value).length;
  return { sent, left, gone: settled.length - sent - left };
}
