import type { Words } from '../../cli/words.js';

export const QUEUES_NAV: Words = { fr: 'Files (experts)', en: 'Queues (experts)' };

/** The dashboard itself speaks French alone. */
export const BOARD = {
  title: 'Palier, files',
  home: 'Accueil',
  failures: 'Échecs',
} as const;
