import { en } from '../../../rules/explain/en.js';
import { type Catalogue, fr } from '../../../rules/explain/fr.js';
import type { Lang } from '../../shared/words.js';

/**
 * The words of `palier explain`, as a page says them: of an award its status alone, since its name stands
 * above; and a button where the terminal names a command.
 */
const onPage = (
  catalogue: Catalogue,
  said: Readonly<Record<'waiting' | 'holdsWaiting' | 'unblock', string>>,
): Catalogue => ({
  ...catalogue,
  award: (_name, _id, _level, status) => status,
  status: { ...catalogue.status, waiting: said.waiting },
  history: { ...catalogue.history, unblock: () => said.unblock },
  holds: (award, standing) =>
    standing === 'waiting'
      ? catalogue.holds(award, 'due').replace(/[^\s]+$/, said.holdsWaiting)
      : catalogue.holds(award, standing),
});

export const CATALOGUES: Readonly<Record<Lang, Catalogue>> = {
  fr: onPage(fr, {
    waiting: 'dû selon les règles modifiées, en attente de leur mise en vigueur (page Barème)',
    holdsWaiting: 'dû, en attente de la mise en vigueur',
    unblock: 'Pour qu’il puisse être délivré à nouveau : « Débloquer », ci-dessous',
  }),
  en: onPage(en, {
    waiting: 'due by the changed rules, waits until they are put into force (page Scheme)',
    holdsWaiting: 'due, waits until the rules are put into force',
    unblock: 'So that it can be given again: "Unblock", below',
  }),
};
