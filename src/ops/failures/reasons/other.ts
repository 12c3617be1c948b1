import type { QueueName } from '../../../queue/names.js';
import type { Words } from '../../cli/words.js';

const NEXT: Words = {
  fr: 'Renvoyez une fois. Si l’échec revient, montrez ce texte à qui exploite Palier.',
  en: 'Send it again once. If it fails once more, show this text to whoever runs Palier.',
};

/** What has no words of its own: what it kept from happening, and what to do all the same. */
export const OTHER: Readonly<Record<QueueName, { readonly happened: Words; readonly next: Words }>> = {
  arrivals: {
    happened: {
      fr: 'Des annonces reçues n’ont pas pu être triées',
      en: 'Notices that came in could not be sorted',
    },
    next: NEXT,
  },
  notices: {
    happened: { fr: 'Un avis n’a pas pu être lu', en: 'A notice could not be read' },
    next: NEXT,
  },
  earners: {
    happened: { fr: 'Une personne n’a pas pu être évaluée', en: 'A person could not be evaluated' },
    next: NEXT,
  },
  awards: {
    happened: { fr: 'Des badges n’ont pas pu être délivrés', en: 'Badges could not be given' },
    next: NEXT,
  },
  maintenance: {
    happened: { fr: 'Un travail d’entretien n’a pas abouti', en: 'A maintenance job could not be done' },
    next: NEXT,
  },
};

/** So many different reasons that the rest is counted together. */
export const REST = {
  key: 'divers',
  happened: {
    fr: 'D’autres causes, trop diverses pour être distinguées',
    en: 'Other reasons, too many to tell apart',
  },
  next: {
    fr: 'Regardez-en quelques-uns, puis renvoyez tout depuis une date.',
    en: 'Look at some of them, then send all again since a date.',
  },
} as const;
