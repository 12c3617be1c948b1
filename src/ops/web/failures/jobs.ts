import type { Job } from 'bullmq';
import type { z } from 'zod';
import type { Queues } from '../../../queue/enqueue.js';
import {
  type Failure,
  failureCause,
  type JobRef,
  newestFailed,
  shownReason,
} from '../../../queue/failures.js';
import {
  arrivalsJob,
  awardJob,
  earnerJob,
  mailJob,
  maintenanceJob,
  type MaintenanceJob,
  noticeQueueJob,
  type QueueName,
  QUEUES,
} from '../../../queue/jobs.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { type Names, namesIn, NEWEST } from '../../shared/failed-jobs.js';
import { groupBy } from '../../shared/group-by.js';
import { maskedData, shownText } from '../../shared/masked.js';
import { counted } from '../words.js';
import { type Reason, reasonOf, REST } from './reasons.js';

/** What people call the queues: by the work in them. */
export const QUEUE_WORDS: Readonly<Record<QueueName, string>> = {
  arrivals: 'Arrivées',
  notices: 'Avis',
  earners: 'Évaluations',
  awards: 'Délivrances',
  maintenance: 'Entretien',
  mails: 'Messages',
};

const JOBS = {
  arrivals: arrivalsJob,
  notices: noticeQueueJob,
  earners: earnerJob,
  awards: awardJob,
  maintenance: maintenanceJob,
  mails: mailJob,
} as const satisfies Record<QueueName, unknown>;

/** What a job was to do, and for whom (null: nobody). @param data what Redis holds of it, which anybody may have written */
function aboutJob(queue: QueueName, data: unknown, names: Names) {
  const { data: job } = JOBS[queue].safeParse(data);
  const words = job === undefined ? 'Travail d’une forme inconnue' : jobWords(job, names);
  return { words, earner: job !== undefined && 'earner' in job ? job.earner : null };
}

function jobWords(job: z.output<(typeof JOBS)[QueueName]>, { organisation, award }: Names): string {
  if ('arrivals' in job) return `Trier ${counted(job.arrivals.length, 'avis reçu', 'avis reçus ensemble')}`;
  if (!('kind' in job)) return 'Évaluer une personne';
  if (isMaintenance(job)) return FOR_EVERYBODY[job.kind];
  switch (job.kind) {
    case 'event':
      return `Lire l’événement ${job.eventId} de « ${organisation(job.clientId)} »`;
    case 'credential':
      return 'Lire un badge annoncé par Open Badge Passport';
    case 'odd-row':
      return `Lire une ligne illisible de « ${organisation(job.clientId)} »`;
    case 'poll':
      return `Relever le compte OBF de « ${organisation(job.clientId)} »`;
    case 'batch':
      return `Délivrer « ${award(job.badgeId)} »`;
    case 'gather':
      return `Rassembler les personnes à qui « ${award(job.badgeId)} » est dû`;
    case 'revoke':
      return `Retirer « ${award(job.badgeId)} »`;
    case 'link':
      return 'Envoyer à une personne le lien vers sa page';
  }
}

const isMaintenance = (job: { readonly kind: string }): job is MaintenanceJob => job.kind in FOR_EVERYBODY;

const FOR_EVERYBODY: Readonly<Record<MaintenanceJob['kind'], string>> = {
  sweep: 'Vérifier que rien n’attend en vain',
  clean: 'Supprimer les vieux échecs',
  purge: 'Effacer les personnes gardées trop longtemps',
  plan: 'Calculer ce qu’un changement de barème donnerait',
  apply: 'Mettre un barème en vigueur',
  verify: 'Relire tous les comptes OBF',
  replay: 'Renvoyer au travail ce qui a échoué',
  census: 'Compter les personnes à un badge près',
};

const MAX_TRACES = 3;
const MAX_TRACE_CHARS = 4000;

export type FailedJob = NonNullable<Awaited<ReturnType<typeof readFailedJob>>>;

/** No address, no sealed one, no secret. Null: it is not failed any more, or is gone. */
export async function readFailedJob(
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

/** Jobs that failed for one reason. */
export interface FailureGroup {
  readonly key: string;
  readonly reason: Reason;
  readonly queues: ReadonlySet<QueueName>;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Newest first. */
  readonly jobs: readonly JobRef[];
}

/** The failed jobs of all queues by reason, the largest group first; `more` are older, and in no group. */
export async function readFailures(queues: Queues, nameOf: Names['organisation']) {
  const found = await Promise.all(
    QUEUES.map(async (queue) => ({ queue, ...(await newestFailed(queues[queue], NEWEST)) })),
  );
  const total = found.reduce((sum, one) => sum + one.total, 0);
  const failures = found.flatMap(({ queue, failures: some }) => some.map((one) => ({ queue, ...one })));
  return { groups: groupFailures(failures, nameOf), total, more: Math.max(0, total - failures.length) };
}

/** More reasons than these make one group. */
export const MAX_GROUPS = 100;

/** Pure. In whatever order they come. */
export function groupFailures(
  failures: readonly (Failure & { readonly queue: QueueName })[],
  nameOf?: Names['organisation'],
): readonly FailureGroup[] {
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
