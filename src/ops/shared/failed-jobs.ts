import type { Job } from 'bullmq';
import type { z } from 'zod';
import type { BadgeId, ClientId, EarnerKey } from '../../ids.js';
import { type Failure, type JobRef, newestFailed, failureCause, shownReason } from '../../queue/failures.js';
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
} from '../../queue/jobs.js';
import type { Queues } from '../../queue/enqueue.js';
import type { Scheme } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { groupBy } from './group-by.js';
import { reasonOf, REST } from './failure-reasons.js';
import { maskedData, shownText } from './masked.js';
import { type Localized, say } from './words.js';

/** What people call the queues: by the work in them. */
export const QUEUE_WORDS: Readonly<Record<QueueName, Localized>> = {
  arrivals: { fr: 'Arrivées', en: 'Arrivals' },
  notices: { fr: 'Avis', en: 'Notices' },
  earners: { fr: 'Évaluations', en: 'Evaluations' },
  awards: { fr: 'Délivrances', en: 'Awards' },
  maintenance: { fr: 'Entretien', en: 'Maintenance' },
  mails: { fr: 'Messages', en: 'Mails' },
};

/** What a job was to do, in words. */
export interface About {
  readonly words: Localized;
  /** Whom it is about; null: nobody in particular. */
  readonly earner: EarnerKey | null;
}

export interface Names {
  readonly organisation: (client: string) => string;
  readonly award: (badgeId: BadgeId) => string;
}

/** Names for ids; an id that the scheme does not know stays. */
export const namesIn = (scheme: Scheme, region: ClientId): Names => ({
  organisation: (client) =>
    client === region
      ? 'Région'
      : (scheme.partners.find(({ clientId }) => clientId === client)?.name ?? client),
  award: (badgeId) => scheme.awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId,
});

const JOBS = {
  arrivals: arrivalsJob,
  notices: noticeQueueJob,
  earners: earnerJob,
  awards: awardJob,
  maintenance: maintenanceJob,
  mails: mailJob,
} as const satisfies Record<QueueName, unknown>;

/** @param data what Redis holds of the job, which anybody may have written */
export function aboutJob(queue: QueueName, data: unknown, names: Names): About {
  const { data: job } = JOBS[queue].safeParse(data);
  if (job === undefined)
    return { words: { fr: 'Travail d’une forme inconnue', en: 'Work of an unknown form' }, earner: null };
  return { words: jobWords(job, names), earner: 'earner' in job ? job.earner : null };
}

function jobWords(job: z.output<(typeof JOBS)[QueueName]>, { organisation, award }: Names): Localized {
  if ('arrivals' in job) {
    const count = job.arrivals.length;
    return count > 1
      ? say`Trier ${count} avis reçus ensemble
        Sort ${count} notices that came in together`
      : { fr: 'Trier un avis reçu', en: 'Sort a notice that came in' };
  }
  if (!('kind' in job)) return { fr: 'Évaluer une personne', en: 'Evaluate a person' };
  if (isMaintenance(job)) return FOR_EVERYBODY[job.kind];
  switch (job.kind) {
    case 'event':
      return say`Lire l’événement ${job.eventId} de « ${organisation(job.clientId)} »
        Read event ${job.eventId} of "${organisation(job.clientId)}"`;
    case 'credential':
      return say`Lire un badge annoncé par Open Badge Passport
        Read a badge that Open Badge Passport told of`;
    case 'odd-row':
      return say`Lire une ligne illisible de « ${organisation(job.clientId)} »
        Read a row that cannot be read of "${organisation(job.clientId)}"`;
    case 'poll':
      return say`Relever le compte OBF de « ${organisation(job.clientId)} »
        Look through the OBF account of "${organisation(job.clientId)}"`;
    case 'batch':
      return { fr: `Délivrer « ${award(job.badgeId)} »`, en: `Give "${award(job.badgeId)}"` };
    case 'gather':
      return say`Rassembler les personnes à qui « ${award(job.badgeId)} » est dû
        Gather the people who are due "${award(job.badgeId)}"`;
    case 'revoke':
      return { fr: `Retirer « ${award(job.badgeId)} »`, en: `Take back "${award(job.badgeId)}"` };
    case 'link':
      return {
        fr: 'Envoyer à une personne le lien vers sa page',
        en: 'Send a person the link to their page',
      };
  }
}

const isMaintenance = (job: { readonly kind: string }): job is MaintenanceJob => job.kind in FOR_EVERYBODY;

const FOR_EVERYBODY: Readonly<Record<MaintenanceJob['kind'], Localized>> = {
  sweep: { fr: 'Vérifier que rien n’attend en vain', en: 'Look whether anything waits in vain' },
  clean: { fr: 'Supprimer les vieux échecs', en: 'Remove old failures' },
  purge: { fr: 'Effacer les personnes gardées trop longtemps', en: 'Erase people kept for too long' },
  plan: say`Calculer ce qu’un changement de barème donnerait
    Work out what a change of the rules would give`,
  apply: { fr: 'Mettre un barème en vigueur', en: 'Put rules into force' },
  verify: { fr: 'Relire tous les comptes OBF', en: 'Read all OBF accounts again' },
  replay: { fr: 'Renvoyer au travail ce qui a échoué', en: 'Send what failed back to work' },
  census: { fr: 'Compter les personnes à un badge près', en: 'Count people who are one badge away' },
};

const MAX_TRACES = 3;
const MAX_TRACE_CHARS = 4000;

export type JobReading = Pick<Pipeline, 'queues' | 'scheme' | 'region'>;

/** Null: it is not failed any more, or is gone. */
export async function readFailedJob(
  { queues, scheme, region }: JobReading,
  { queue, id }: JobRef,
): Promise<FailedJob | null> {
  const job = await queues[queue].getJob(id);
  return job === undefined || !isFailed(job) ? null : shownJob(job, { queue, id }, namesIn(scheme, region));
}

/** In their order; those that are failed no more are left out. */
export async function readFailedJobs(
  reading: JobReading,
  refs: readonly JobRef[],
): Promise<readonly FailedJob[]> {
  const jobs = await Promise.all(refs.map((ref) => readFailedJob(reading, ref)));
  return jobs.filter((job) => job !== null);
}

/** Completed jobs are removed at once, and a job that is sent again has no end any more. */
const isFailed = ({ finishedOn, failedReason }: Job): boolean =>
  finishedOn !== undefined && typeof failedReason === 'string';

export type FailedJob = ReturnType<typeof shownJob>;

/** No address, no sealed one, no secret. */
function shownJob(job: Job, ref: JobRef, names: Names) {
  const data: unknown = job.data;
  return {
    ...ref,
    about: aboutJob(ref.queue, data, names),
    reason: reasonOf(job.failedReason, ref.queue, names.organisation),
    /** As BullMQ keeps it, in one line. */
    said: shownReason(job.failedReason),
    failedMs: job.finishedOn ?? null,
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
  /** One of their reasons, as it may be shown, and whose it is. */
  readonly sample: { readonly queue: QueueName; readonly reason: string };
  readonly queues: ReadonlySet<QueueName>;
  /** Unix milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Newest first. */
  readonly jobs: readonly JobRef[];
}

/** So many of each queue are looked at, the newest. */
export const NEWEST = 2000;
/** More reasons than these make one group. */
export const MAX_GROUPS = 100;

/** The failed jobs of all queues by reason, the largest group first; `more` are older, and in no group. */
export async function readFailures(queues: Queues) {
  const found = await Promise.all(
    QUEUES.map(async (queue) => ({ queue, ...(await newestFailed(queues[queue], NEWEST)) })),
  );
  const total = found.reduce((sum, one) => sum + one.total, 0);
  const failures = found.flatMap(({ queue, failures: some }) => some.map((one) => ({ queue, ...one })));
  return { groups: groupFailures(failures), total, more: Math.max(0, total - failures.length) };
}

/** Pure. In whatever order they come. */
export function groupFailures(
  failures: readonly (Failure & { readonly queue: QueueName })[],
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
        sample: { queue: newest.queue, reason: shownReason(newest.reason) },
        queues: new Set(jobs.map(({ queue }) => queue)),
        firstMs: oldest.failedMs,
        lastMs: newest.failedMs,
        jobs,
      };
    })
    .toSorted((a, b) => b.jobs.length - a.jobs.length);
}

/** Failed jobs with one reason in common. */
export interface FailedGroup {
  readonly reason: string;
  readonly count: number;
}

const MAX_REASON_CHARS = 300;

/** Pure. By reason, the most frequent first. */
export const failedByReason = (failures: readonly Pick<Failure, 'reason'>[]): readonly FailedGroup[] =>
  [...groupBy(failures, ({ reason }) => shownReason(reason, MAX_REASON_CHARS))]
    .map(([reason, { length: count }]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count);
