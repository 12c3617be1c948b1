import type { Job } from 'bullmq';
import type { z } from 'zod';
import {
  type Failure,
  failureCause,
  type JobRef,
  newestFailed,
  shownReason,
} from '../../../queue/failures.js';
import { type QueueName, QUEUES } from '../../../queue/jobs.js';
import { recentReplays } from '../../../queue/replay.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { type Names, namesIn, NEWEST, maskedData, shownText } from '../../shared/jobs.js';
import { groupBy } from '../../shared/stats.js';
import { OpsProblem } from '../http/problem.js';
import { numberedPage } from '../parts/table.js';
import { paramOf, type PageContext } from '../route.js';
import { reasonOf, REST, WORK } from './reasons.js';
import { countedNoun } from '../parts/text.js';

export type ListModel = Awaited<ReturnType<typeof readFailuresPage>>;

const RECENT = 5;

export async function readFailuresPage({ pipeline }: PageContext) {
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
export async function readGroup(context: PageContext) {
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
export async function readJob(context: PageContext) {
  const queue = QUEUES.find((name) => name === paramOf(context, 'queue'));
  if (queue === undefined) throw new OpsProblem('not_found');
  return { job: await readFailedJob(context.pipeline, { queue, id: paramOf(context, 'id') }) };
}

type AnyJob = z.output<(typeof WORK)[QueueName]['job']>;

/** What a job was to do, by its kind. */
const TO_DO: Readonly<Record<Extract<AnyJob, { readonly kind: string }>['kind'], string>> = {
  event: 'Lire l’événement {event} de « {who} »',
  credential: 'Lire un badge annoncé par Open Badge Passport',
  'odd-row': 'Lire une ligne illisible de « {who} »',
  poll: 'Relever le compte OBF de « {who} »',
  batch: 'Délivrer « {award} »',
  gather: 'Rassembler les personnes à qui « {award} » est dû',
  revoke: 'Retirer « {award} »',
  link: 'Envoyer à une personne le lien vers sa page',
  sweep: 'Vérifier que rien n’attend en vain',
  clean: 'Supprimer les vieux échecs',
  purge: 'Effacer les personnes gardées trop longtemps',
  plan: 'Calculer ce qu’un changement de barème donnerait',
  apply: 'Mettre un barème en vigueur',
  verify: 'Relire tous les comptes OBF',
  replay: 'Renvoyer au travail ce qui a échoué',
  population: 'Compter les personnes',
};

function jobWords(job: AnyJob, { organisation, award }: Names): string {
  if ('arrivals' in job)
    return `Trier ${countedNoun(job.arrivals.length, 'avis reçu', 'avis reçus ensemble')}`;
  if (!('kind' in job)) return 'Évaluer une personne';
  return TO_DO[job.kind]
    .replace('{event}', () => ('eventId' in job ? job.eventId : ''))
    .replace('{who}', () => ('clientId' in job ? organisation(job.clientId) : ''))
    .replace('{award}', () => ('badgeId' in job && job.badgeId !== undefined ? award(job.badgeId) : ''));
}

/** What a job was to do, and for whom (null: nobody). @param data what Redis holds of it, which anybody may have written */
function aboutJob(queue: QueueName, data: unknown, names: Names) {
  const { data: job } = WORK[queue].job.safeParse(data);
  const words = job === undefined ? 'Travail d’une forme inconnue' : jobWords(job, names);
  return { words, earner: job !== undefined && 'earner' in job ? job.earner : null };
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
