import type { ReasonTable } from './known.js';

/** What went wrong on our side. */
export const PALIER_REASONS = {
  redis: {
    happened: () => ({
      fr: 'Redis, la mémoire de Palier, n’a pas répondu ou était plein',
      en: 'Redis, Palier’s memory, did not answer or was full',
    }),
    next: {
      fr: 'Faites vérifier Redis (« npx palier check »), puis renvoyez.',
      en: 'Have Redis checked ("npx palier check"), then send again.',
    },
  },
  'cle-palier': {
    happened: () => ({
      fr: 'PALIER_KEY a changé : une adresse chiffrée avant ne peut plus être lue',
      en: 'PALIER_KEY has changed: an address that was sealed before cannot be read any more',
    }),
    next: {
      fr: 'Faites remettre l’ancienne PALIER_KEY, puis renvoyez.',
      en: 'Have the former PALIER_KEY put back, then send again.',
    },
  },
  'obf-ligne': {
    happened: () => ({
      fr: 'OBF montre une ligne illisible : un champ y manque. Les autres badges de la même liste sont enregistrés',
      en: 'OBF shows a row that cannot be read: a field is missing. The other badges of that list are stored',
    }),
    next: {
      fr: 'Signalez-la à l’organisme, ou au support d’OBF ; « npx palier stats » dit laquelle. Renvoyez quand c’est réparé.',
      en: 'Report it to the partner, or to OBF’s support; "npx palier stats" says which. Send again once it is mended.',
    },
  },
  'obf-illisible': {
    happened: () => ({
      fr: 'OBF a répondu sous une forme inconnue',
      en: 'OBF answered in an unknown form',
    }),
    next: {
      fr: 'Renvoyez une fois. Si l’échec revient, montrez-le à qui exploite Palier : OBF a peut-être changé.',
      en: 'Send it again once. If it fails once more, show it to whoever runs Palier: OBF may have changed.',
    },
  },
  arret: {
    happened: () => ({
      fr: 'Le travail a été interrompu trop souvent : son processus s’arrêtait',
      en: 'The work was broken off too often: its process stopped',
    }),
    next: {
      fr: 'Faites vérifier que les processus « worker » tournent sans redémarrer, puis renvoyez.',
      en: 'Have it checked that the worker processes run without restarting, then send again.',
    },
  },
  forme: {
    happened: () => ({
      fr: 'Ce travail est écrit sous une forme que Palier ne connaît pas',
      en: 'This work is written in a form that Palier does not know',
    }),
    next: {
      fr: 'Il vient d’une autre version, ou d’une main : montrez-le à qui exploite Palier. Un renvoi n’y change rien.',
      en: 'It comes from another version, or from a hand: show it to whoever runs Palier. Sending again changes nothing.',
    },
  },
  donnees: {
    happened: () => ({
      fr: 'Ce que Palier a gardé d’une personne ne peut pas être lu',
      en: 'What Palier kept of a person cannot be read',
    }),
    next: {
      fr: 'Montrez un de ces échecs à qui exploite Palier.',
      en: 'Show one of these to whoever runs Palier.',
    },
  },
} as const satisfies ReasonTable;
