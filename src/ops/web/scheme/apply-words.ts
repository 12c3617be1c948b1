import type { ApplyState } from '../../../scheme/apply-store.js';
import { counted, type Lang, type Localized } from '../../shared/words.js';
import { numberWords } from '../parts/told.js';

/** « 124 badges seront délivrés à 118 personnes ». */
export function issuesWords(issues: number, people: number): Localized {
  if (issues === 0) return { fr: 'Aucun badge ne sera délivré', en: 'No award will be issued' };
  const badges = counted(
    issues,
    { fr: 'badge sera délivré', en: 'award will be issued' },
    { fr: 'badges seront délivrés', en: 'awards will be issued' },
  );
  const to = counted(people, { fr: 'personne', en: 'person' }, { fr: 'personnes', en: 'people' });
  return {
    fr: `${spaced(badges.fr, 'fr')} à ${spaced(to.fr, 'fr')}`,
    en: `${spaced(badges.en, 'en')} to ${spaced(to.en, 'en')}`,
  };
}

/** The number that a text begins with, as the language writes it. */
const spaced = (text: string, lang: Lang): string =>
  text.replace(/^\d+/, (digits) => numberWords(Number(digits), lang));

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
    fr: `${numberWords(done, 'fr')} personnes sur ${numberWords(total, 'fr')}`,
    en: `${numberWords(done, 'en')} of ${numberWords(total, 'en')} people`,
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
    fr: `Badges qui seraient délivrés à présent : ${numberWords(issues, 'fr')}.`,
    en: `Awards that would be issued now: ${numberWords(issues, 'en')}.`,
  }),
} as const;
