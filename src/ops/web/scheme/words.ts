import type { AwardChange, EnrolmentChange } from '../../../rules/scheme-diff.js';
import type { ApplyState } from '../../../scheme/apply-store.js';
import type { Localized } from '../../shared/words.js';
import { countWords, numberWords as n } from '../parts/text.js';

const peopleWords = (people: number): Localized =>
  countWords(people, { fr: 'personne', en: 'person' }, { fr: 'personnes', en: 'people' });

export const SCHEME = {
  title: { fr: 'Barème', en: 'Scheme' },
  noneYet: {
    fr: 'Aucun barème n’est encore en vigueur : le premier démarrage d’un worker en met un.',
    en: 'No scheme is in force yet: the first start of a worker puts one there.',
  },
  same: {
    fr: 'Le barème des fichiers est en vigueur pour tout le monde.',
    en: 'The scheme of the files is in force for everybody.',
  },
  changed: {
    fr: 'Les fichiers ont changé. Les badges qui arrivent sont déjà jugés par eux ; les personnes déjà connues attendent la mise en vigueur. Depuis le',
    en: 'The files have changed. Badges that arrive are judged by them already; people known before wait until they are put into force. Since',
  },
  differsHere: {
    fr: 'Ce serveur de pages a démarré avec d’autres fichiers que les workers : ce sont ceux des workers qui comptent, et qui sont montrés ici. Un déploiement est sans doute en cours.',
    en: 'This web server was started with other files than the workers: those of the workers count, and are shown here. A deploy is probably under way.',
  },
  unfinished: { fr: 'Une mise en vigueur, commencée le', en: 'Putting the scheme into force, begun' },
  unfinishedNext: {
    fr: 'n’est pas terminée. Calculez le plan, puis mettez en vigueur à nouveau : rien n’est délivré deux fois.',
    en: 'has not ended. Make the plan, then put it into force again: nothing is given twice.',
  },
  inForce: { fr: 'Barème en vigueur', en: 'The scheme in force' },
  unreadable: {
    fr: 'Le barème en vigueur ne peut plus être lu par cette version de Palier.',
    en: 'The scheme in force can no longer be read by this version of Palier.',
  },
  files: { fr: 'Voici celui des fichiers.', en: 'This is that of the files.' },
  others: { fr: 'Autres badges Région', en: 'Other awards' },
  level: (level: number): Localized => ({ fr: `niveau ${level}`, en: `level ${level}` }),
  active: { fr: 'actif', en: 'active' },
  inactive: { fr: 'inactif : rien n’est délivré', en: 'switched off: nothing is issued' },
  released: { fr: 'nouvelle règle déjà en vigueur', en: 'new rule in force already' },
  asks: { fr: 'Demande :', en: 'Asks for:' },

  versions: { fr: 'Versions', en: 'Versions' },
  versionsCaption: {
    fr: 'Versions avec lesquelles Palier a démarré, de la plus récente à la plus ancienne',
    en: 'Versions that Palier was started with, the newest first',
  },
  version: { fr: 'Version', en: 'Version' },
  first: { fr: 'Premier démarrage', en: 'First started with' },
  state: { fr: 'État', en: 'State' },
  isInForce: { fr: 'en vigueur', en: 'in force' },
  isFiles: { fr: 'fichiers, attend la mise en vigueur', en: 'files, wait to be put into force' },
  isFormer: { fr: 'ancienne', en: 'former' },
  noVersion: { fr: 'Aucune version n’est encore connue.', en: 'No version is known yet.' },

  moving: {
    fr: 'Cette page se recharge seule toutes les 2 secondes.',
    en: 'This page is loaded again by itself every 2 seconds.',
  },
  still: { fr: 'Ne plus la recharger', en: 'Stop that' },
} as const;

export const DIFF = {
  title: { fr: 'Ce qui change dans les fichiers', en: 'What changes in the files' },
  none: { fr: 'Rien de ce qui se lit ne diffère.', en: 'Nothing that can be read differs.' },
  awards: { fr: 'Badges Région', en: 'Awards' },
  added: { fr: 'Ajouté :', en: 'Added:' },
  removed: { fr: 'Retiré (qui le détient le garde) :', en: 'Removed (whoever holds it keeps it):' },
  changed: { fr: 'Modifié :', en: 'Changed:' },
  before: { fr: 'Avant :', en: 'Before:' },
  after: { fr: 'Après :', en: 'After:' },
  award: {
    rule: { fr: 'la règle', en: 'the rule' },
    active: { fr: 'activation', en: 'whether it is active' },
    onLoss: { fr: 'en cas de perte', en: 'what follows when it is lost' },
    badge: { fr: 'le badge OBF', en: 'the OBF badge' },
    name: { fr: 'le nom', en: 'the name' },
  } satisfies Record<AwardChange, Localized>,
  enrolments: { fr: 'Badges inscrits par les organismes', en: 'Badges that partners enrolled' },
  enrolled: { fr: 'Inscrits', en: 'Enrolled' },
  withdrawn: { fr: 'Désinscrits', en: 'No longer enrolled' },
  altered: { fr: 'Modifiés', en: 'Changed' },
  enrolment: {
    sort: { fr: 'compétence, niveau ou capacité', en: 'competency, level or ability' },
    dates: { fr: 'dates', en: 'dates' },
    replaces: { fr: 'versions remplacées', en: 'versions that it replaces' },
    partner: { fr: 'organisme', en: 'partner' },
  } satisfies Record<EnrolmentChange, Localized>,
  partners: { fr: 'Organismes', en: 'Partners' },
  joins: { fr: 'participe désormais', en: 'takes part now' },
  leaves: { fr: 'ne participe plus', en: 'takes part no more' },
  timeZone: { fr: 'Fuseau des dates', en: 'Zone of the dates' },
  more: (count: number): Localized => ({ fr: `et ${count} autres`, en: `and ${count} others` }),
} as const;

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
  toPeople: (people: number): Localized => {
    const words = peopleWords(people);
    return { fr: `à ${words.fr}`, en: `to ${words.en}` };
  },
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
    inFlight: { fr: 'Déjà en route', en: 'On its way' },
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

/** « 124 badges seront délivrés à 118 personnes ». */
export function issuesWords(issues: number, people: number): Localized {
  if (issues === 0) return { fr: 'Aucun badge ne sera délivré', en: 'No award will be issued' };
  const badges = countWords(
    issues,
    { fr: 'badge sera délivré', en: 'award will be issued' },
    { fr: 'badges seront délivrés', en: 'awards will be issued' },
  );
  const to = peopleWords(people);
  return { fr: `${badges.fr} à ${to.fr}`, en: `${badges.en} to ${to.en}` };
}

export const APPLY = {
  title: { fr: 'Mise en vigueur', en: 'Putting it into force' },
  label: { fr: 'Mettre en vigueur', en: 'Put into force' },
  labelLeft: { fr: 'Délivrer ces badges', en: 'Issue these awards' },
  once: {
    fr: 'Jamais plus que ce nombre : si le plan, recalculé au dernier moment, le dépasse, rien n’est fait. Ce qui est délivré ne peut pas être repris d’ici.',
    en: 'Never more than that: if the plan, made anew at the last moment, exceeds it, nothing is done. What is issued cannot be taken back from here.',
  },
  email: { fr: 'E-mails d’OBF', en: 'E-mails by OBF' },
  emailYes: { fr: 'OBF écrit à chaque personne', en: 'OBF writes to each person' },
  emailNo: { fr: 'pas d’e-mail', en: 'no e-mail' },
  quota: { fr: 'Le quota OBF ne suffit pas', en: 'The OBF quota is too small' },
  quotaStop: { fr: 'ne rien faire', en: 'do nothing' },
  quotaOver: {
    fr: 'mettre en vigueur quand même : les envois s’arrêtent au quota, et reprennent quand il est relevé',
    en: 'put into force all the same: issuing stops at the quota, and goes on when it was raised',
  },
  noPlan: {
    fr: 'Calculez d’abord le plan : il dit combien de badges seraient délivrés.',
    en: 'Make the plan first: it tells how many awards would be issued.',
  },
  nothing: {
    fr: 'Il n’y a rien à mettre en vigueur, ni à délivrer.',
    en: 'There is nothing to put into force, nor to issue.',
  },
  asked: { fr: 'La mise en vigueur est demandée.', en: 'Putting it into force is asked for.' },
  alreadyAsked: {
    fr: 'Une mise en vigueur est déjà en cours : la vôtre n’a pas été lancée.',
    en: 'One is under way already: yours was not begun.',
  },
  unclear: {
    fr: 'Ce formulaire ne dit pas quoi appliquer : rien n’a été fait.',
    en: 'This form does not say what to apply: nothing was done.',
  },
  last: { fr: 'Dernière mise en vigueur demandée ici', en: 'The last that was asked for here' },
  by: { fr: 'Demandée par', en: 'Asked for by' },
  askedAt: { fr: 'Demandée le', en: 'Asked for' },
  endedAt: { fr: 'État depuis le', en: 'In this state since' },
  state: { fr: 'État', en: 'State' },
  of: { fr: 'Ce qui est mis en vigueur', en: 'What is put into force' },
  ceiling: { fr: 'Badges au plus', en: 'Awards at most' },
  given: { fr: 'Badges mis en route', en: 'Awards sent on their way' },
  waiting: { fr: 'Encore en attente d’envoi', en: 'Still waiting to leave' },
  paused: {
    fr: 'Les envois sont suspendus : ces badges partiront quand ils seront relancés, à l’accueil.',
    en: 'Issuing is paused: these awards leave once it is resumed, on the first page.',
  },
  people: (done: number, total: number): Localized => ({
    fr: `${n(done).fr} personnes sur ${n(total).fr}`,
    en: `${n(done).en} of ${n(total).en} people`,
  }),
  failed: {
    fr: 'Le travail a échoué et n’avancera pas sans vous : voyez la page Échecs, ou mettez en vigueur à nouveau. Rien n’est délivré deux fois.',
    en: 'The job has failed and does not go on without you: see the page Failures, or put into force again. Nothing is given twice.',
  },
  states: {
    asked: { fr: 'demandée, attend un worker', en: 'asked for, waits for a worker' },
    planning: { fr: 'recalcul du plan', en: 'the plan is made anew' },
    giving: { fr: 'en vigueur, mise en route des badges', en: 'in force, awards are sent on their way' },
    applied: { fr: 'faite', en: 'done' },
    above: {
      fr: 'Rien n’a été fait : plus de badges que le nombre confirmé seraient délivrés à présent. Calculez le plan à nouveau.',
      en: 'Nothing was done: more awards than the number confirmed would be issued now. Make the plan again.',
    },
    over_quota: {
      fr: 'Rien n’a été fait : le quota OBF ne suffit pas. Faites-le relever dans OBF, ou mettez en vigueur un badge à la fois.',
      en: 'Nothing was done: the OBF quota is too small. Have it raised in OBF, or put one award at a time into force.',
    },
    moved: {
      fr: 'Rien n’a été fait : d’autres fichiers sont devenus le barème entre-temps. Calculez le plan à nouveau.',
      en: 'Nothing was done: other files became the scheme meanwhile. Make the plan again.',
    },
    other_begun: {
      fr: 'Rien n’a été fait : une autre mise en vigueur a été commencée et n’est pas terminée. Terminez-la d’abord, avec les mêmes choix.',
      en: 'Nothing was done: another one was begun and has not ended. End that one first, with the same choices.',
    },
  } satisfies Record<ApplyState, Localized>,
  would: (issues: number): Localized => ({
    fr: `Badges qui seraient délivrés à présent : ${n(issues).fr}.`,
    en: `Awards that would be issued now: ${n(issues).en}.`,
  }),
} as const;
