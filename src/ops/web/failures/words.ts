import type { z } from 'zod';
import { failureCause, type FailureKind } from '../../../queue/failures.js';
import {
  arrivalsJob,
  awardJob,
  earnerJob,
  mailJob,
  maintenanceJob,
  noticeQueueJob,
  type QueueName,
} from '../../../queue/jobs.js';
import { sentIn, type Replay } from '../../../queue/replay.js';
import type { JobNames } from '../../shared/jobs.js';
import { countedNoun, pluralForm } from '../parts/text.js';

const NOTHING_TO_DO = 'Il n’y a rien à faire : ce badge ne comptera pas pour cette personne.';

/** Kinds of failure in words: what happened, what to do; `{who}` is the organisation's name. */
export const REASONS: Readonly<Record<FailureKind, readonly [happened: string, next: string]>> = {
  'attestation-autre': ['Le badge annoncé est celui d’une autre personne', NOTHING_TO_DO],
  'attestation-refusee': ['Le badge annoncé n’est pas un badge d’OBF, ou il est falsifié', NOTHING_TO_DO],
  'attestation-absente': [
    'Le badge annoncé n’est pas à l’adresse donnée',
    'Renvoyez une fois. Si l’échec revient, le badge n’existe plus dans OBF, et il n’y a rien à faire.',
  ],
  'attestation-illisible': [
    'Le badge annoncé ne peut pas être lu : sa forme est inconnue',
    'Montrez un de ces échecs à qui exploite Palier : OBF a peut-être changé la forme des badges.',
  ],
  cle: [
    'OBF refuse la clé d’API de « {who} »',
    'Faites mettre à Palier une clé valable (elle se crée dans OBF), redémarrez-le, puis renvoyez.',
  ],
  'sans-cle': [
    'Palier n’a pas de clé d’API pour « {who} »',
    'Nommez la clé dans partners.yaml (secret_env), redémarrez Palier, puis renvoyez. Sans clé, les badges de cet organisme n’arrivent que par Open Badge Passport.',
  ],
  'adresse-obf': [
    'L’adresse d’OBF n’est pas la bonne : ce n’est pas OBF qui a répondu',
    'Faites corriger OBF_BASE_URL, puis renvoyez.',
  ],
  beneficiaire: [
    'OBF refuse un bénéficiaire',
    'Vérifiez l’adresse de la personne avec son organisme. Un renvoi ne suffit que si OBF a changé d’avis.',
  ],
  retrait: [
    'OBF refuse de retirer un badge',
    'Regardez le badge dans OBF : il y est peut-être déjà retiré. Sinon, renvoyez.',
  ],
  evenement: [
    'OBF ne connaît pas l’événement annoncé',
    'L’avis est peut-être venu trop tôt : renvoyez une fois. Sinon, l’organisme a supprimé l’événement, et il n’y a rien à faire.',
  ],
  destinataires: [
    'OBF ne dit pas à qui un badge a été remis',
    'Renvoyez une fois. Si l’échec revient, demandez à l’organisme si l’événement existe encore dans OBF.',
  ],
  compte: [
    'OBF refuse l’accès à un compte, bien que la clé soit bonne',
    'Vérifiez dans OBF l’abonnement et les droits de la clé, puis renvoyez.',
  ],
  'compte-region': [
    'Le compte OBF de la Région ne peut pas être lu',
    'Vérifiez la clé de la Région, puis renvoyez.',
  ],
  'obf-absent': [
    'OBF n’a pas répondu, malgré de nombreuses tentatives',
    'Quand OBF répond de nouveau, renvoyez.',
  ],
  'obf-doute': [
    'La réponse d’OBF s’est perdue : on ne sait pas s’il a délivré',
    'Renvoyez : Palier regarde d’abord dans OBF, et ne délivre rien deux fois.',
  ],
  redis: [
    'Redis, la mémoire de Palier, n’a pas répondu ou était plein',
    'Faites vérifier Redis (« npx palier check »), puis renvoyez.',
  ],
  'cle-palier': [
    'PALIER_KEY a changé : une adresse chiffrée avant ne peut plus être lue',
    'Faites remettre l’ancienne PALIER_KEY, puis renvoyez.',
  ],
  'obf-ligne': [
    'OBF montre une ligne illisible : un champ y manque. Les autres badges de la même liste sont enregistrés',
    'Signalez-la à l’organisme, ou au support d’OBF ; « npx palier stats » dit laquelle. Renvoyez quand c’est réparé.',
  ],
  'obf-illisible': [
    'OBF a répondu sous une forme inconnue',
    'Renvoyez une fois. Si l’échec revient, montrez-le à qui exploite Palier : OBF a peut-être changé.',
  ],
  arret: [
    'Le travail a été interrompu trop souvent : son processus s’arrêtait',
    'Faites vérifier que les processus « worker » tournent sans redémarrer, puis renvoyez.',
  ],
  forme: [
    'Ce travail est écrit sous une forme que Palier ne connaît pas',
    'Il vient d’une autre version, ou d’une main : montrez-le à qui exploite Palier. Un renvoi n’y change rien.',
  ],
  donnees: [
    'Ce que Palier a gardé d’une personne ne peut pas être lu',
    'Montrez un de ces échecs à qui exploite Palier.',
  ],
};

/** Each queue: its name for people, its jobs' schema, and what a failure means. */
export const QUEUE_WORDS = {
  arrivals: { name: 'Arrivées', job: arrivalsJob, failed: 'Des annonces reçues n’ont pas pu être triées' },
  notices: { name: 'Avis', job: noticeQueueJob, failed: 'Un avis n’a pas pu être lu' },
  earners: { name: 'Évaluations', job: earnerJob, failed: 'Une personne n’a pas pu être évaluée' },
  awards: { name: 'Délivrances', job: awardJob, failed: 'Des badges n’ont pas pu être délivrés' },
  maintenance: { name: 'Entretien', job: maintenanceJob, failed: 'Un travail d’entretien n’a pas abouti' },
  mails: { name: 'Messages', job: mailJob, failed: 'Un lien n’a pas pu être envoyé par e-mail' },
} as const satisfies Record<QueueName, unknown>;

/** Why jobs failed, in words for people. */
export interface Reason {
  /** The `key` of `failureCause`. */
  readonly key: string;
  readonly happened: string;
  readonly next: string;
}

/** The shared group of the reasons beyond `MAX_GROUPS`. */
export const OTHER_REASONS: Reason = {
  key: 'divers',
  happened: 'D’autres causes, trop diverses pour être distinguées',
  next: 'Regardez-en quelques-uns, puis renvoyez tout depuis une date.',
};

/**
 * Pure. Puts into words why a job failed.
 * @param failedReason BullMQ's, of the last attempt
 * @param nameOf returns an organisation's name
 */
export function reasonOf(
  failedReason: string,
  queue: QueueName,
  nameOf: (client: string) => string = (client) => client,
): Reason {
  const { key, kind, client, text } = failureCause(failedReason, queue);
  if (kind === null)
    return {
      key,
      happened: `${QUEUE_WORDS[queue].failed} : ${text === '' ? '?' : text}`,
      next: 'Renvoyez une fois. Si l’échec revient, montrez ce texte à qui exploite Palier.',
    };
  const [happened, next] = REASONS[kind];
  return { key, happened: happened.replace('{who}', () => nameOf(client ?? '')), next };
}

type AnyJob = z.output<(typeof QUEUE_WORDS)[QueueName]['job']>;

/** The work of each kind of job. */
const TASKS: Readonly<Record<Extract<AnyJob, { readonly kind: string }>['kind'], string>> = {
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

function jobWords(job: AnyJob, { organisation, award }: JobNames): string {
  if ('arrivals' in job)
    return `Trier ${countedNoun(job.arrivals.length, 'avis reçu', 'avis reçus ensemble')}`;
  if (!('kind' in job)) return 'Évaluer une personne';
  return TASKS[job.kind]
    .replace('{event}', () => ('eventId' in job ? job.eventId : ''))
    .replace('{who}', () => ('clientId' in job ? organisation(job.clientId) : ''))
    .replace('{award}', () => ('badgeId' in job && job.badgeId !== undefined ? award(job.badgeId) : ''));
}

/** Pure. Says what a job does, and for which earner (null: none). @param data from Redis, not trusted */
export function aboutJob(queue: QueueName, data: unknown, names: JobNames) {
  const { data: job } = QUEUE_WORDS[queue].job.safeParse(data);
  const words = job === undefined ? 'Travail d’une forme inconnue' : jobWords(job, names);
  return { words, earner: job !== undefined && 'earner' in job ? job.earner : null };
}

/** `12 travaux`. */
export const jobsWords = (n: number): string => countedNoun(n, 'travail', 'travaux');

/** Says what a replay has done. */
export function outcomeWords(replay: Replay): string {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  const asNew = pluralForm(
    sent,
    'renvoyé, avec toutes ses tentatives.',
    'renvoyés, avec toutes leurs tentatives.',
  );
  return [
    `${jobsWords(sent)} ${asNew}`,
    ...(gone === 0 ? [] : [`${jobsWords(gone)} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${jobsWords(left)} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ].join(' ');
}
