import type { ReasonTable } from './known.js';

const NOTHING_TO_DO = {
  fr: 'Il n’y a rien à faire : ce badge ne comptera pas pour cette personne.',
  en: 'There is nothing to do: this badge will not count for this person.',
} as const;

/** Of badges that Open Badge Passport told of, and that are read at their address. */
export const CREDENTIAL_REASONS = {
  'attestation-autre': {
    happened: () => ({
      fr: 'Le badge annoncé est celui d’une autre personne',
      en: 'The badge of the notice is somebody else’s',
    }),
    next: NOTHING_TO_DO,
  },
  'attestation-refusee': {
    happened: () => ({
      fr: 'Le badge annoncé n’est pas un badge d’OBF, ou il est falsifié',
      en: 'The badge of the notice is none of OBF’s, or it was tampered with',
    }),
    next: NOTHING_TO_DO,
  },
  'attestation-absente': {
    happened: () => ({
      fr: 'Le badge annoncé n’est pas à l’adresse donnée',
      en: 'The badge of the notice is not at its address',
    }),
    next: {
      fr: 'Renvoyez une fois. Si l’échec revient, le badge n’existe plus dans OBF, et il n’y a rien à faire.',
      en: 'Send it again once. If it fails once more, the badge is gone from OBF, and there is nothing to do.',
    },
  },
  'attestation-illisible': {
    happened: () => ({
      fr: 'Le badge annoncé ne peut pas être lu : sa forme est inconnue',
      en: 'The badge of the notice cannot be read: its form is unknown',
    }),
    next: {
      fr: 'Montrez un de ces échecs à qui exploite Palier : OBF a peut-être changé la forme des badges.',
      en: 'Show one of these to whoever runs Palier: OBF may have changed the form of badges.',
    },
  },
} as const satisfies ReasonTable;
