import { randomBytes } from 'node:crypto';
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import { withoutAddresses } from '../platform/logger.js';
import { failureCause } from './failure-kind.js';
import { connectionOf, retryJob, walkFailed, type Failure } from './failed-jobs.js';
import { optionsOf } from './enqueue.js';
import { replayJob, type ReplayJob } from './jobs.js';
import { QUEUES, type QueueName } from './names.js';

export type Queues = Readonly<Record<QueueName, Queue>>;

/** Which failed jobs are to be sent again; all that is given must match. */
export type ReplayFilter = Pick<ReplayJob, 'queue' | 'group' | 'error' | 'sinceMs'>;

/** How far a replay is. */
export interface ReplayProgress {
  /** How many jobs will have been looked at in the end, about. */
  readonly toLookAt: number;
  readonly looked: number;
  /** Sent back to work, by queue. */
  readonly sent: Readonly<Partial<Record<QueueName, number>>>;
  /** Sent by somebody else meanwhile, or removed. */
  readonly gone: number;
  /** That could not be sent: they are still failed. */
  readonly left: number;
}

/** Many failed jobs that a worker sends again. */
export interface Replay extends ReplayJob, ReplayProgress {
  readonly id: string;
  /** Null: no worker has begun. */
  readonly begunMs: number | null;
  /** Null: it is under way. */
  readonly endedMs: number | null;
  /** It was tried again for a day, and broke off each time. */
  readonly isBroken: boolean;
}

const NOTHING: ReplayProgress = { toLookAt: 0, looked: 0, sent: {}, gone: 0, left: 0 };
const progressForm = z.object({
  toLookAt: z.number(),
  looked: z.number(),
  sent: z.partialRecord(z.enum(QUEUES), z.number()),
  gone: z.number(),
  left: z.number(),
});

/** Replays that are done are kept so long, seconds, and at most so many. */
const KEPT = { age: 7 * 24 * 3600, count: 20 };
const ID = /^replay\.[\w-]{12}$/;

/** The queues that it goes through, in order. */
export const queuesOf = ({ queue }: Pick<ReplayFilter, 'queue'>): readonly QueueName[] =>
  queue === null ? QUEUES : [queue];

/** Has a worker send them again. @returns its id */
export async function askForReplay(
  { maintenance }: Pick<Queues, 'maintenance'>,
  asked: Omit<ReplayJob, 'kind'>,
): Promise<string> {
  const id = `replay.${randomBytes(9).toString('base64url')}`;
  const data: ReplayJob = { kind: 'replay', ...asked };
  await maintenance.add('replay', data, { ...optionsOf({ id }), removeOnComplete: KEPT });
  return id;
}

/** Null: there is none, or it was done a week ago. */
export async function findReplay(
  { maintenance }: Pick<Queues, 'maintenance'>,
  id: string,
): Promise<Replay | null> {
  const job = ID.test(id) ? await maintenance.getJob(id) : undefined;
  return job === undefined ? null : replayIn(job);
}

/** Newest first. */
export async function recentReplays(
  { maintenance }: Pick<Queues, 'maintenance'>,
  count: number,
): Promise<readonly Replay[]> {
  const jobs = await maintenance.getJobs(
    ['waiting', 'active', 'delayed', 'completed', 'failed'],
    0,
    KEPT.count,
  );
  return jobs
    .flatMap((job) => replayIn(job) ?? [])
    .toSorted((a, b) => b.askedMs - a.askedMs)
    .slice(0, count);
}

function replayIn({ id = '', data, progress, processedOn, finishedOn, failedReason }: Job): Replay | null {
  const job = replayJob.safeParse(data).data;
  if (job === undefined) return null;
  const { data: far = NOTHING } = progressForm.safeParse(progress);
  const endedMs = finishedOn ?? null;
  const isBroken = endedMs !== null && failedReason !== undefined;
  return { ...job, ...far, id, begunMs: processedOn ?? null, endedMs, isBroken };
}

/** Resolves when it is done, or when `seen`, told at each look, says that this is enough. */
export async function awaitReplay(
  queues: Pick<Queues, 'maintenance'>,
  id: string,
  seen: (replay: Replay) => boolean,
): Promise<Replay> {
  for (;;) {
    const replay = await findReplay(queues, id);
    if (replay === null) throw new Error(`The replay ${id} was removed`);
    if (seen(replay) || replay.endedMs !== null) return replay;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

const ASK_AGAIN_MS = 50;

/** Jobs looked at in one step, and sent at once. */
const STEP = 200;

/**
 * Sends failed jobs back to work with their full attempts. Idempotent: what was sent is failed no more, and
 * what fails anew does so after the replay was asked for.
 * @param progress `before`: what an interrupted run of the same job reported
 */
export async function sendFailed(
  queues: Queues,
  replay: ReplayJob,
  {
    before,
    report,
  }: { readonly before: unknown; readonly report: (progress: ReplayProgress) => Promise<void> },
  signal: AbortSignal,
): Promise<ReplayProgress> {
  const names = queuesOf(replay);
  const sizes = await Promise.all(names.map((name) => queues[name].getFailedCount()));
  const toLookAt = sizes.reduce((sum, size) => sum + size, 0);
  let progress: ReplayProgress = {
    ...(progressForm.safeParse(before).data ?? NOTHING),
    looked: 0,
    toLookAt,
  };
  await report(progress);
  for (const name of names)
    for await (const failures of walkFailed(queues[name], STEP)) {
      signal.throwIfAborted();
      const ends = await sendSome(queues[name], failures.filter(isMeant(replay, name)));
      const count = (end: End): number => ends.filter((one) => one === end).length;
      progress = {
        ...progress,
        looked: progress.looked + failures.length,
        sent: { ...progress.sent, [name]: (progress.sent[name] ?? 0) + count('sent') },
        gone: progress.gone + count('gone'),
        left: progress.left + count('left'),
      };
      await report(progress);
    }
  return progress;
}

/** Pure. */
export function isMeant(
  { group, error, sinceMs, askedMs }: Omit<ReplayJob, 'kind' | 'by' | 'queue'>,
  queue: QueueName,
): (failure: Failure) => boolean {
  const part = error?.toLowerCase();
  return ({ failedMs, reason }) =>
    failedMs <= askedMs &&
    (sinceMs === null || failedMs >= sinceMs) &&
    (group === null || failureCause(reason, queue).key === group) &&
    (part === undefined || withoutAddresses(reason).toLowerCase().includes(part));
}

/** What became of a job. */
type End = 'sent' | 'gone' | 'left';

/** @throws when Redis does not answer; a job that cannot be sent for itself is left as it is */
async function sendSome(queue: Queue, failures: readonly Failure[]): Promise<readonly End[]> {
  const settled = await Promise.allSettled(failures.map(({ id }) => retryJob(queue, id)));
  if (settled.some(({ status }) => status === 'rejected')) await connectionOf(queue).ping();
  return settled.map((one) => (one.status === 'rejected' ? 'left' : one.value ? 'sent' : 'gone'));
}

export const sentIn = ({ sent }: Pick<ReplayProgress, 'sent'>): number =>
  Object.values(sent).reduce((sum, count) => sum + count, 0);
