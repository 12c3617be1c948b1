import type { Localized } from '../../shared/words.js';

export const QUEUES_NAV: Localized = { fr: 'Files (experts)', en: 'Queues (experts)' };

/** The dashboard itself speaks French alone. */
export const BOARD = {
  title: 'Palier, files',
  home: 'Accueil',
  failures: 'Échecs',
} as const;
