import type { Job } from 'bullmq';
import { DateTime } from 'luxon';
import { retryJob } from '../../../queue/enqueue.js';
import {
  type Failure,
  failureCause,
  type JobRef,
  newestFailed,
  shownReason,
  shownText,
} from '../../../queue/failures.js';
import { type QueueName, QUEUES } from '../../../queue/jobs.js';
import {
  askForReplay,
  awaitReplay,
  recentReplays,
  type Replay,
  type ReplayFilter,
  sentIn,
} from '../../../queue/replay.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { type JobNames, jobNamesOf, MAX_FAILURES_READ, maskedData } from '../../shared/jobs.js';
import { groupBy } from '../../shared/stats.js';
import { OpsProblem } from '../http/problem.js';
import { type OpsRequest, paramOf } from '../http/request.js';
import { numberedPage } from '../parts/table.js';
import { type Answer, done, notDone, PATHS } from '../route.js';
import { aboutJob, outcomeWords, reasonOf, OTHER_REASONS } from './words.js';

export type ListModel = Awaited<ReturnType<typeof readFailuresPage>>;

const RECENT = 5;

export async function readFailuresPage({ pipeline }: OpsRequest) {
  const [failures, replays] = await Promise.all([
    readFailures(pipeline),
    recentReplays(pipeline.queues, RECENT),
  ]);
  return { ...failures, replays, inProgress: replays.some(({ endedMs }) => endedMs === null) };
}

/** Jobs per page. */
const PAGE_SIZE = 50;

export type GroupModel = Awaited<ReturnType<typeof readGroup>>;

/** Reads one group. @throws OpsProblem `not_found` when no failed job has its reason any more */
export async function readGroup(context: OpsRequest) {
  const { pipeline, query } = context;
  const { groups, olderCount } = await readFailures(pipeline);
  const group = groups.find(({ key }) => key === paramOf(context, 'group'));
  if (group === undefined) throw new OpsProblem('not_found');
  const { rows, pager } = numberedPage(query, group.jobs, PAGE_SIZE);
  const jobs = await Promise.all(rows.map((ref) => readFailedJob(pipeline, ref)));
  return { group, jobs: jobs.filter((job) => job !== null), olderCount, pager };
}

export type JobModel = Awaited<ReturnType<typeof readJob>>;

/** Reads one failed job. @throws OpsProblem `not_found` for an unknown queue */
export async function readJob(context: OpsRequest) {
  const queue = QUEUES.find((name) => name === paramOf(context, 'queue'));
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(context.pipeline, { queue, id: paramOf(context, 'id') }) };
}

const MAX_TRACES = 3;
const MAX_TRACE_CHARS = 4000;

export type FailedJob = NonNullable<Awaited<ReturnType<typeof readFailedJob>>>;

/** Reads a failed job for people, without addresses or secrets. Null: it is deleted, or no longer failed. */
async function readFailedJob({ queues, scheme, region }: Pipeline, { queue, id }: JobRef) {
  const job: Job | undefined = await queues[queue].getJob(id);
  // Completed jobs are removed at once; a job that was retried has no `finishedOn`.
  if (job?.finishedOn === undefined || typeof job.failedReason !== 'string') return null;
  const names = jobNamesOf(scheme, region);
  const data: unknown = job.data;
  return {
    queue,
    id,
    summary: aboutJob(queue, data, names),
    reason: reasonOf(job.failedReason, queue, names.organisation),
    /** BullMQ's `failedReason` in one line. */
    rawReason: shownReason(job.failedReason),
    failedMs: job.finishedOn,
    createdMs: job.timestamp,
    attempts: job.attemptsMade,
    maxAttempts: job.opts.attempts ?? 1,
    data: maskedData(data),
    /** Stack traces of the last attempts, newest first. */
    traces: (job.stacktrace ?? [])
      .slice(-MAX_TRACES)
      .toReversed()
      .map((trace) => shownText(trace, MAX_TRACE_CHARS)),
  };
}

/** Reads the newest failed jobs by reason, largest group first; `olderCount` older ones are in no group. */
async function readFailures({ queues, scheme, region }: Pipeline) {
  const byQueue = await Promise.all(
    QUEUES.map(async (queue) => ({ queue, ...(await newestFailed(queues[queue], MAX_FAILURES_READ)) })),
  );
  const total = byQueue.reduce((sum, one) => sum + one.total, 0);
  const failures = byQueue.flatMap(({ queue, failures: newest }) => newest.map((one) => ({ queue, ...one })));
  const groups = groupFailures(failures, jobNamesOf(scheme, region).organisation);
  return { groups, total, olderCount: Math.max(0, total - failures.length) };
}

/** Reasons beyond these share one group. */
export const MAX_GROUPS = 100;

/** Pure. Groups failed jobs, given in any order, by reason; newest first within a group. */
export function groupFailures(
  failures: readonly (Failure & { readonly queue: QueueName })[],
  nameOf?: JobNames['organisation'],
) {
  const newestFirst = failures
    .map((one) => ({ ...one, cause: failureCause(one.reason, one.queue).key }))
    .toSorted((a, b) => b.failedMs - a.failedMs);
  const ownGroup = new Set([...new Set(newestFirst.map(({ cause }) => cause))].slice(0, MAX_GROUPS));
  const groups = groupBy(newestFirst, ({ cause }) => (ownGroup.has(cause) ? cause : OTHER_REASONS.key));
  return [...groups]
    .flatMap(([key, jobs]) => {
      const [newest, oldest] = [jobs[0], jobs.at(-1)];
      if (newest === undefined || oldest === undefined) return [];
      return {
        key,
        reason: key === OTHER_REASONS.key ? OTHER_REASONS : reasonOf(newest.reason, newest.queue, nameOf),
        queues: new Set(jobs.map(({ queue }) => queue)),
        firstMs: oldest.failedMs,
        lastMs: newest.failedMs,
        jobs,
      };
    })
    .toSorted((a, b) => b.jobs.length - a.jobs.length);
}

type ReplayContext = Pick<OpsRequest, 'pipeline' | 'user' | 'log'>;

/** Retries a failed job with its full attempts. @returns false when it was no longer failed */
export async function retryFailedJob({ pipeline, user, log }: ReplayContext, { queue, id }: JobRef) {
  const sent = await retryJob(pipeline.queues[queue], id);
  log.info({ user: user.name, queue, job: id, sent }, 'retry of a failed job requested');
  return sent;
}

/** Asks a worker to retry many jobs. Resolves when it has, or with its progress after `replayWaitMs`. */
export async function startReplay(
  { pipeline: { queues, pace }, user, log }: ReplayContext,
  { queue = null, group = null, sinceMs = null }: Partial<ReplayFilter>,
): Promise<Replay> {
  const id = await askForReplay(queues, { queue, group, error: null, sinceMs, by: user.name });
  log.info({ user: user.name, queue, replay: id, group, sinceMs }, 'replay of failed jobs requested');
  const deadlineMs = performance.now() + pace.replayWaitMs;
  return awaitReplay(queues, id, () => performance.now() >= deadlineMs);
}

const GROUP = /^[\w.-]{1,200}$/;

/**
 * `POST /ops/echecs/renvoyer`: retries a job (`file`, `travail`), a group (`cause`), or all jobs (`tout`) that
 * failed since `jour`, `heure`.
 */
export async function retryFromForm(context: OpsRequest): Promise<Answer> {
  const { pipeline, form } = context;
  const queue = QUEUES.find((name) => name === form.get('file'));
  const [id, group] = [form.get('travail') ?? '', form.get('cause') ?? ''];
  if (queue !== undefined && id !== '')
    return (await retryFailedJob(context, { queue, id }))
      ? done(PATHS.failures, 'Le travail a été renvoyé, avec toutes ses tentatives.')
      : notDone(PATHS.failures, 'Ce travail n’était plus en échec : rien n’a été renvoyé.');
  if (GROUP.test(group)) return sendMany(context, { group });
  if (!form.has('tout')) return notDone(PATHS.failures, 'Rien n’a été choisi : rien n’a été renvoyé.');
  const sinceMs = sinceIn(form, pipeline.scheme.timeZone);
  const fault =
    'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.';
  const isValid = !Number.isNaN(sinceMs) && (sinceMs ?? 0) <= pipeline.clock();
  return isValid ? sendMany(context, { sinceMs }) : notDone(PATHS.failures, fault);
}

/** Reads the form's date and time, Unix milliseconds. NaN: unreadable; null: empty. */
function sinceIn(form: URLSearchParams, zone: string): number | null {
  const [day = '', hour = ''] = ['jour', 'heure'].map((name) => (form.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const time = hour === '' ? '0:00' : hour.replace(/h/i, ':');
  return DateTime.fromFormat(`${day} ${time}`, 'yyyy-MM-dd H:mm', { zone }).toMillis();
}

async function sendMany(context: OpsRequest, filter: Partial<ReplayFilter>): Promise<Answer> {
  const replay = await startReplay(context, filter);
  if (replay.endedMs === null)
    return done(
      PATHS.failures,
      'Le renvoi est demandé : « Derniers renvois », ci-dessous, dit où il en est. Vous pouvez quitter cette page.',
    );
  const isComplete = replay.left === 0 && !replay.isBroken;
  if (isComplete && sentIn(replay) === 0)
    return notDone(PATHS.failures, 'Rien de tel n’était plus en échec : rien n’a été renvoyé.');
  return (isComplete ? done : notDone)(PATHS.failures, outcomeWords(replay));
}
