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
import { type Names, namesIn, NEWEST, maskedData } from '../../shared/jobs.js';
import { groupBy } from '../../shared/stats.js';
import { OpsProblem } from '../http/problem.js';
import { type OpsRequest, paramOf } from '../http/request.js';
import { numberedPage } from '../parts/table.js';
import { type Answer, done, notDone, TO } from '../route.js';
import { aboutJob, outcomeWords, reasonOf, REST } from './words.js';

export type ListModel = Awaited<ReturnType<typeof readFailuresPage>>;

const RECENT = 5;

export async function readFailuresPage({ pipeline }: OpsRequest) {
  const [failures, replays] = await Promise.all([
    readFailures(pipeline),
    recentReplays(pipeline.queues, RECENT),
  ]);
  return { ...failures, replays, moves: replays.some(({ endedMs }) => endedMs === null) };
}

/** Jobs on a page. */
const PAGE_SIZE = 50;

export type GroupModel = Awaited<ReturnType<typeof readGroup>>;

/** @throws OpsProblem `not_found` when no job fails for that reason any more */
export async function readGroup(context: OpsRequest) {
  const { pipeline, query } = context;
  const { groups, more } = await readFailures(pipeline);
  const group = groups.find(({ key }) => key === paramOf(context, 'group'));
  if (group === undefined) throw new OpsProblem('not_found');
  const { rows, pager } = numberedPage(query, group.jobs, PAGE_SIZE);
  const jobs = await Promise.all(rows.map((ref) => readFailedJob(pipeline, ref)));
  return { group, jobs: jobs.filter((job) => job !== null), more, pager };
}

export type JobModel = Awaited<ReturnType<typeof readJob>>;

/** @throws OpsProblem `not_found` for an unknown queue */
export async function readJob(context: OpsRequest) {
  const queue = QUEUES.find((name) => name === paramOf(context, 'queue'));
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(context.pipeline, { queue, id: paramOf(context, 'id') }) };
}

const MAX_TRACES = 3;
const MAX_TRACE_CHARS = 4000;

export type FailedJob = NonNullable<Awaited<ReturnType<typeof readFailedJob>>>;

/** No address, no sealed one, no secret. Null: it is not failed any more, or is gone. */
async function readFailedJob(
  { queues, scheme, region }: Pick<Pipeline, 'queues' | 'scheme' | 'region'>,
  { queue, id }: JobRef,
) {
  const job: Job | undefined = await queues[queue].getJob(id);
  // Completed jobs are removed at once, and a job that is sent again has no end any more.
  if (job?.finishedOn === undefined || typeof job.failedReason !== 'string') return null;
  const names = namesIn(scheme, region);
  const data: unknown = job.data;
  return {
    queue,
    id,
    about: aboutJob(queue, data, names),
    reason: reasonOf(job.failedReason, queue, names.organisation),
    /** As BullMQ keeps it, in one line. */
    said: shownReason(job.failedReason),
    failedMs: job.finishedOn,
    madeMs: job.timestamp,
    attempts: job.attemptsMade,
    maxAttempts: job.opts.attempts ?? 1,
    data: maskedData(data),
    /** Of its last attempts, the newest first. */
    traces: (job.stacktrace ?? [])
      .slice(-MAX_TRACES)
      .toReversed()
      .map((trace) => shownText(trace, MAX_TRACE_CHARS)),
  };
}

/** The failed jobs of all queues by reason, the largest group first; `more` are older, and in no group. */
async function readFailures({ queues, scheme, region }: Pipeline) {
  const found = await Promise.all(
    QUEUES.map(async (queue) => ({ queue, ...(await newestFailed(queues[queue], NEWEST)) })),
  );
  const total = found.reduce((sum, one) => sum + one.total, 0);
  const failures = found.flatMap(({ queue, failures: some }) => some.map((one) => ({ queue, ...one })));
  const groups = groupFailures(failures, namesIn(scheme, region).organisation);
  return { groups, total, more: Math.max(0, total - failures.length) };
}

/** More reasons than these make one group. */
export const MAX_GROUPS = 100;

/** Pure. Failed jobs by reason, in whatever order they come; those of a group newest first. */
export function groupFailures(
  failures: readonly (Failure & { readonly queue: QueueName })[],
  nameOf?: Names['organisation'],
) {
  const newestFirst = failures
    .map((one) => ({ ...one, cause: failureCause(one.reason, one.queue).key }))
    .toSorted((a, b) => b.failedMs - a.failedMs);
  const kept = new Set([...new Set(newestFirst.map(({ cause }) => cause))].slice(0, MAX_GROUPS));
  const groups = groupBy(newestFirst, ({ cause }) => (kept.has(cause) ? cause : REST.key));
  return [...groups]
    .flatMap(([key, jobs]) => {
      const [newest, oldest] = [jobs[0], jobs.at(-1)];
      if (newest === undefined || oldest === undefined) return [];
      return {
        key,
        reason: key === REST.key ? REST : reasonOf(newest.reason, newest.queue, nameOf),
        queues: new Set(jobs.map(({ queue }) => queue)),
        firstMs: oldest.failedMs,
        lastMs: newest.failedMs,
        jobs,
      };
    })
    .toSorted((a, b) => b.jobs.length - a.jobs.length);
}

type Asking = Pick<OpsRequest, 'pipeline' | 'user' | 'log'>;

/** Sends one job back to work, with its full attempts. @returns false: it was not failed any more */
export async function sendJob({ pipeline, user, log }: Asking, { queue, id }: JobRef): Promise<boolean> {
  const sent = await retryJob(pipeline.queues[queue], id);
  log.info({ user: user.name, queue, job: id, sent }, 'failed job sent back to work');
  return sent;
}

/** What is done by then is told at once; the rest goes on in the background, and the list shows how far it is. */
const WAIT_MS = 1000;

/** Has a worker send many. Resolves when that is done, or as far as it is by then. */
export async function sendJobs(
  { pipeline: { queues }, user, log }: Asking,
  { queue = null, group = null, sinceMs = null }: Partial<ReplayFilter>,
): Promise<Replay> {
  const id = await askForReplay(queues, { queue, group, error: null, sinceMs, by: user.name });
  log.info({ user: user.name, queue, replay: id, group, sinceMs }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + WAIT_MS;
  return awaitReplay(queues, id, () => performance.now() >= limitMs);
}

const GROUP = /^[\w.-]{1,200}$/;

/**
 * `POST /ops/echecs/renvoyer`: a job (`file`, `travail`), a group (`cause`), or all (`tout`), since what was typed
 * (`jour`, `heure`).
 */
export async function sendBack(context: OpsRequest): Promise<Answer> {
  const { pipeline, form } = context;
  const queue = QUEUES.find((name) => name === form.get('file'));
  const [id, group] = [form.get('travail') ?? '', form.get('cause') ?? ''];
  if (queue !== undefined && id !== '')
    return (await sendJob(context, { queue, id }))
      ? done(TO.failures, 'Le travail a été renvoyé, avec toutes ses tentatives.')
      : notDone(TO.failures, 'Ce travail n’était plus en échec : rien n’a été renvoyé.');
  if (GROUP.test(group)) return sendMany(context, { group });
  if (!form.has('tout')) return notDone(TO.failures, 'Rien n’a été choisi : rien n’a été renvoyé.');
  const sinceMs = sinceIn(form, pipeline.scheme.timeZone);
  const fault =
    'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.';
  const isGood = !Number.isNaN(sinceMs) && (sinceMs ?? 0) <= pipeline.clock();
  return isGood ? sendMany(context, { sinceMs }) : notDone(TO.failures, fault);
}

/** NaN: it cannot be read. Null: none was given. */
function sinceIn(form: URLSearchParams, zone: string): number | null {
  const [day = '', hour = ''] = ['jour', 'heure'].map((name) => (form.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const time = hour === '' ? '0:00' : hour.replace(/h/i, ':');
  return DateTime.fromFormat(`${day} ${time}`, 'yyyy-MM-dd H:mm', { zone }).toMillis();
}

async function sendMany(context: OpsRequest, filter: Partial<ReplayFilter>): Promise<Answer> {
  const replay = await sendJobs(context, filter);
  if (replay.endedMs === null)
    return done(
      TO.failures,
      'Le renvoi est demandé : « Derniers renvois », ci-dessous, dit où il en est. Vous pouvez quitter cette page.',
    );
  const isWhole = replay.left === 0 && !replay.isBroken;
  if (isWhole && sentIn(replay) === 0)
    return notDone(TO.failures, 'Rien de tel n’était plus en échec : rien n’a été renvoyé.');
  return (isWhole ? done : notDone)(TO.failures, outcomeWords(replay));
}
