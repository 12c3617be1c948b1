import { keyIn, keyOfAddress } from '../person/typed.js';
import {
  action,
  file,
  goTo,
  page,
  show,
  type Answer,
  type Page,
  type PageContext,
  type Route,
} from '../route.js';
import { exportCsv, exportNdjson } from './export.js';
import { journalHref, readFilter } from './filter.js';
import { readJournal, type JournalModel } from './read.js';
import { JournalView } from './view.js';
import { JOURNAL } from './words.js';

/** Its address holds nothing but keys and ids, or leads to one that does. */
const PAGE: Page<JournalModel> = {
  name: 'journal',
  path: '/journal',
  title: JOURNAL.title,
  nav: JOURNAL.title,
  read({ pipeline, query }) {
    const { filter, faults } = readFilter(query, pipeline.scheme.timeZone);
    return faults.size > 0 ? goTo(journalHref(filter)) : readJournal(pipeline, filter, query);
  },
  view: JournalView,
};

/** `POST /ops/journal`: an address that was typed is a key from here on. */
async function search({ pipeline, form, lang }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const { filter, faults } = readFilter(
    form,
    scheme.timeZone,
    (typed) => keyOfAddress(typed, pipeline.vault) ?? keyIn(typed),
  );
  if (faults.size === 0) return goTo(journalHref(filter));
  const nothing = { entries: [], newer: null, older: null, newest: null, oldest: null, note: null };
  return show(PAGE, { scheme, region: pipeline.region, filter, faults, ...nothing }, lang, 422);
}

export const JOURNAL_ROUTES: readonly Route[] = [
  page(PAGE),
  // It changes nothing: posted to keep an address out of the page's own.
  action({ name: 'journal-search', path: '/journal', role: 'lecture', act: search }),
  file({ name: 'journal-export', path: '/journal/export.csv', act: exportCsv }),
  file({ name: 'journal-export', path: '/journal/export.ndjson', act: exportNdjson }),
];
