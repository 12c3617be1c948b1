import { numberWords } from '../parts/told.js';
import type { Localized } from '../../shared/words.js';

const n = (count: number): Localized => ({ fr: numberWords(count, 'fr'), en: numberWords(count, 'en') });

export const PLAN = {
  title: { fr: 'Plan : qui gagnerait quoi', en: 'Plan: who would gain what' },
  about: {
    fr: 'Le plan relit toutes les personnes connues avec le barème des fichiers. Il ne change rien, et OBF n’est pas appelé.',
    en: 'The plan looks at everybody who is known with the scheme of the files. It changes nothing, and OBF is not called.',
  },
  make: { fr: 'Calculer le plan', en: 'Make the plan' },
  which: { fr: 'Pour quels badges Région', en: 'For which awards' },
  all: { fr: 'tout le barème', en: 'the whole scheme' },
  asked: { fr: 'Le plan est demandé.', en: 'The plan is asked for.' },
  alreadyAsked: { fr: 'Ce plan est déjà en cours de calcul.', en: 'This plan is being made already.' },
  onlyOf: (award: string): Localized => ({
    fr: `Plan de « ${award} » seul, et de ce qu’il entraîne ; le reste attendrait.`,
    en: `Plan of "${award}" alone, and of what follows from it; the rest would wait.`,
  }),
  ofAll: { fr: 'Voir le plan de tout le barème', en: 'See the plan of the whole scheme' },
  none: { fr: 'Aucun plan n’a encore été calculé.', en: 'No plan was made yet.' },
  waits: { fr: 'Le calcul attend qu’un worker soit libre.', en: 'The plan waits for a worker.' },
  runs: { fr: 'Calcul en cours', en: 'The plan is being made' },
  looked: (done: number, total: number): Localized => ({
    fr: `${n(done).fr} adresses lues sur ${n(total).fr}`,
    en: `${n(done).en} of ${n(total).en} addresses read`,
  }),
  failed: {
    fr: 'Le calcul a échoué ; voyez la page Échecs, ou demandez-le à nouveau.',
    en: 'The plan failed; see the page Failures, or ask for it again.',
  },
  outdated: {
    fr: 'Le barème a changé depuis ce plan : calculez-le à nouveau.',
    en: 'The scheme has changed since this plan: make it again.',
  },
  madeAt: { fr: 'Calculé', en: 'Made' },
  ago: { fr: 'il y a', en: 'ago:' },
  version: { fr: 'Version du barème', en: 'Version of the scheme' },
  people: { fr: 'Personnes examinées', en: 'People looked at' },
  unreadable: { fr: 'Personnes illisibles, laissées de côté', en: 'People who cannot be read, left out' },
  issues: { fr: 'Badges à délivrer', en: 'Awards to issue' },
  toPeople: (people: number): Localized => ({
    fr: `à ${n(people).fr} ${people < 2 ? 'personne' : 'personnes'}`,
    en: `to ${n(people).en} ${people === 1 ? 'person' : 'people'}`,
  }),
  calls: { fr: 'Appels à OBF', en: 'Calls of OBF' },
  quota: { fr: 'Quota OBF de la Région', en: 'OBF quota of the Région' },
  quotaUnknown: { fr: 'pas connu', en: 'not known' },
  quotaEnough: (left: number, after: number): Localized => ({
    fr: `${n(left).fr} restants, suffisant : il en resterait ${n(after).fr}`,
    en: `${n(left).en} left, enough: ${n(after).en} would remain`,
  }),
  quotaShort: (left: number, short: number): Localized => ({
    fr: `${n(left).fr} restants : il en manque ${n(short).fr}`,
    en: `${n(left).en} left: ${n(short).en} too few`,
  }),
  caption: { fr: 'Par badge Région, nombre de personnes', en: 'By award, how many people' },
  award: { fr: 'Badge Région', en: 'Award' },
  removed: { fr: 'retiré du barème', en: 'removed from the scheme' },
  inactive: { fr: 'inactif', en: 'switched off' },
  columns: {
    gains: { fr: 'Gagnent', en: 'Gain' },
    underWay: { fr: 'Déjà en route', en: 'On its way' },
    losesRule: { fr: 'Ne rempliraient plus la règle', en: 'Would lose the rule' },
    blocked: { fr: 'Bloqués', en: 'Blocked' },
    refused: { fr: 'Refusés par OBF', en: 'Refused by OBF' },
  },
  keeps: {
    fr: 'Qui ne remplirait plus la règle garde son badge.',
    en: 'Whoever would lose the rule keeps the award.',
  },
  samples: { fr: 'Exemples de personnes', en: 'Some of the people' },
  samplesGain: (award: string): Localized => ({ fr: `Gagnent « ${award} »`, en: `Gain "${award}"` }),
  samplesLose: (award: string): Localized => ({
    fr: `Ne rempliraient plus la règle de « ${award} »`,
    en: `Would lose the rule of "${award}"`,
  }),
  samplesAbout: {
    fr: '50 au plus par badge ; la liste entière : « npx palier plan --csv ».',
    en: 'At most 50 of each; the whole list: "npx palier plan --csv".',
  },
  noAward: { fr: 'Aucun badge Région.', en: 'No award.' },
} as const;
