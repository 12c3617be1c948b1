import type { Localized } from '../../shared/words.js';
import { numberWords } from '../parts/told.js';

/** How often a page that moves is loaded again, seconds. */
export const EVERY_S = 3;

/** `12 travaux`. */
export const jobsWords = (n: number): Localized => ({
  fr: `${numberWords(n, 'fr')} ${n < 2 ? 'travail' : 'travaux'}`,
  en: `${numberWords(n, 'en')} ${n === 1 ? 'job' : 'jobs'}`,
});

export const FAILURES = {
  title: { fr: 'Échecs', en: 'Failures' },
  intro: {
    fr: 'Palier recommence de lui-même pendant un jour. Ce qui est ici ne repartira que si vous le renvoyez, une fois la cause réglée.',
    en: 'Palier tries again by itself for a day. What stands here starts again only when you send it, once its cause is mended.',
  },
  none: { fr: 'Rien n’est en échec.', en: 'Nothing stands in failed.' },
  caption: { fr: 'Travaux en échec, par cause', en: 'Failed jobs, by reason' },
  reason: { fr: 'Cause', en: 'Reason' },
  next: { fr: 'Que faire', en: 'What to do' },
  count: { fr: 'Combien', en: 'How many' },
  queue: { fr: 'File', en: 'Queue' },
  first: { fr: 'Depuis', en: 'Since' },
  last: { fr: 'Le dernier', en: 'The last one' },
  /** Below the groups: they are made of the newest. */
  more: (n: number): Localized => ({
    fr: `et ${numberWords(n, 'fr')} de plus, ${n < 2 ? 'plus ancien, qui n’est pas rangé' : 'plus anciens, qui ne sont pas rangés'} par cause ici ; un renvoi ${n < 2 ? 'le' : 'les'} prend aussi.`,
    en: `and ${numberWords(n, 'en')} more, older, not sorted by reason here; sending again takes them as well.`,
  }),
  reload: { fr: 'Recharger', en: 'Load again' },
  still: {
    fr: `Cette page se recharge toutes les ${EVERY_S} secondes.`,
    en: `This page is loaded again every ${EVERY_S} seconds.`,
  },
  stop: { fr: 'Ne plus la recharger', en: 'Load it no more' },
  expert: { fr: 'Voir les files en détail (experts)', en: 'See the queues in detail (experts)' },
  back: { fr: 'Revenir aux échecs', en: 'Back to the failures' },
} as const;

export const GROUP = {
  caption: { fr: 'Travaux en échec, le plus récent d’abord', en: 'Failed jobs, the newest first' },
  what: { fr: 'Ce qui était à faire', en: 'What was to be done' },
  whom: { fr: 'Personne', en: 'Person' },
  person: { fr: 'Voir la personne', en: 'See the person' },
  failed: { fr: 'Échoué le', en: 'Failed on' },
  attempts: { fr: 'Tentatives', en: 'Attempts' },
  detail: { fr: 'Détail', en: 'Detail' },
  see: { fr: 'Voir', en: 'See' },
  empty: { fr: 'Ceux de cette page ne sont plus en échec.', en: 'Those of this page are failed no more.' },
  first: { fr: 'Le premier', en: 'The first one' },
  older: (more: number): Localized => ({
    fr: `Parmi ${jobsWords(more).fr} en échec de plus, plus ${more < 2 ? 'ancien' : 'anciens'}, certains ont peut-être la même cause ; un renvoi les prend tous.`,
    en: `Among ${numberWords(more, 'en')} more failed, older, some may have the same reason; sending again takes them all.`,
  }),
  where: (from: number, to: number, of: number): Localized => ({
    fr: `${numberWords(from, 'fr')} à ${numberWords(to, 'fr')} sur ${numberWords(of, 'fr')}`,
    en: `${numberWords(from, 'en')} to ${numberWords(to, 'en')} of ${numberWords(of, 'en')}`,
  }),
} as const;

export const JOB = {
  title: { fr: 'Un travail en échec', en: 'A failed job' },
  gone: {
    fr: 'Ce travail n’est plus en échec : il a été renvoyé, ou supprimé.',
    en: 'This job is failed no more: it was sent again, or removed.',
  },
  made: { fr: 'Demandé le', en: 'Asked for on' },
  attempts: (made: number, max: number): Localized => ({ fr: `${made} sur ${max}`, en: `${made} of ${max}` }),
  id: { fr: 'Numéro', en: 'Number' },
  data: { fr: 'Contenu', en: 'Content' },
  dataCaption: { fr: 'Ce que contient le travail', en: 'What the job holds' },
  field: { fr: 'Champ', en: 'Field' },
  value: { fr: 'Valeur', en: 'Value' },
  hidden: { fr: '[masqué]', en: '[hidden]' },
  noData: { fr: 'Rien.', en: 'Nothing.' },
  technical: { fr: 'Détail technique', en: 'Technical detail' },
} as const;
