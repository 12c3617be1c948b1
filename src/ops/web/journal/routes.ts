import { action, file, type Route } from '../route.js';
import { exportCsv, exportNdjson } from './export.js';
import { journalPage, searchJournal } from './search.js';

export const JOURNAL_ROUTES: readonly Route[] = [
  journalPage,
  // It changes nothing: it is posted to keep an address out of the page's own.
  action({ name: 'journal-search', path: '/journal', role: 'lecture', act: searchJournal }),
  file({ name: 'journal-export', path: '/journal/export.csv', act: exportCsv }),
  file({ name: 'journal-export', path: '/journal/export.ndjson', act: exportNdjson }),
];
