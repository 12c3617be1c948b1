import { JOURNAL_KINDS } from '../../../earners/journal-entry.js';
import type { Command } from '../context.js';

/** What `audit` can be asked for; see asked.ts. */
export const AUDIT_OPTIONS: Command['options'] = [
  {
    flag: '--from',
    value: { fr: 'date', en: 'date' },
    about: {
      fr: 'à partir de ce jour (2026-01-31), ou de cet instant (2026-01-31T14:00)',
      en: 'from this day on (2026-01-31), or this instant (2026-01-31T14:00)',
    },
  },
  {
    flag: '--until',
    value: { fr: 'date', en: 'date' },
    about: {
      fr: "jusqu'à ce jour compris, ou jusqu'à cet instant",
      en: 'until the end of this day, or until this instant',
    },
  },
  {
    flag: '--award',
    value: { fr: 'badge', en: 'award' },
    about: {
      fr: 'ce badge Région seulement, par son nom dans scheme.yaml',
      en: 'this award only, by its name in scheme.yaml',
    },
  },
  {
    flag: '--kind',
    value: { fr: 'sorte', en: 'kind' },
    about: {
      fr: `cette sorte de faits seulement : ${JOURNAL_KINDS.join(', ')}`,
      en: `this kind of facts only: ${JOURNAL_KINDS.join(', ')}`,
    },
  },
  {
    flag: '--event',
    value: { fr: 'id', en: 'id' },
    about: {
      fr: 'seulement cette délivrance de la Région, par son identifiant dans OBF',
      en: 'only this event of the Région, by its id in OBF',
    },
  },
  {
    flag: '--earner',
    value: { fr: 'personne', en: 'person' },
    about: {
      fr: 'seulement cette personne, par sa clé ou son adresse',
      en: 'only this person, by their key or address',
    },
  },
];
