import { stringify } from 'csv-stringify/sync';
import { DateTime } from 'luxon';
import { journalLine, type JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import { JOURNAL_KIND_WORDS } from '../../shared/words.js';
import { parseEarnerKey, keyOfAddress } from '../../shared/browser.js';
import { selectEntries } from '../../shared/journal-selection.js';
import type { OpsRequest } from '../http/request.js';
import { goTo, show, type Answer } from '../route.js';
import { journalHref, queryOf, readFilter, readPeople } from './read.js';
import { awardNames, causeWords, JournalView } from './view.js';

/** `POST /ops/journal`: redirects to the filtered page, with the earner key of a typed address. */
export async function searchJournal({ pipeline, form }: OpsRequest): Promise<Answer> {
  const { region, schemes, vault } = pipeline;
  const { filter, faults } = readFilter(form, (typed) => keyOfAddress(typed, vault) ?? parseEarnerKey(typed));
  if (faults.size === 0) return goTo(journalHref(filter));
  const { scheme } = await schemes.now();
  const noEntries = { entries: [], pager: { previous: null, next: null }, note: null };
  return show('Journal', JournalView, { scheme, region, filter, faults, ...noEntries }, 422);
}

/** The format of an export: its first line, and one line per entry. */
interface ExportFormat {
  readonly head: string;
  readonly line: (entry: JournalEntry) => string;
}

const FORMATS = {
  /** For spreadsheets, in the words of the page. */
  csv: { type: 'text/csv', formatFor: csvOf },
  /** For programs: the lines of `npx palier audit`. */
  ndjson: {
    type: 'application/x-ndjson',
    formatFor: (): ExportFormat => ({ head: '', line: (entry) => `${JSON.stringify(journalLine(entry))}\n` }),
  },
} as const;

/** Exports entries in order of writing; a person's, address by address. An invalid query redirects to the page. */
export const exportAs =
  (extension: keyof typeof FORMATS) =>
  async ({ pipeline, query }: OpsRequest): Promise<Answer> => {
    const { filter, faults } = readFilter(query);
    if (faults.size > 0) return goTo(journalHref(filter));
    const { journal, schemes, clock, region } = pipeline;
    const { scheme } = await schemes.now();
    const { timeZone } = pipeline.scheme;
    const people = await readPeople(pipeline, filter);
    const { type, formatFor } = FORMATS[extension];
    async function* lines(): AsyncGenerator<string> {
      const { head, line } = formatFor(scheme, region);
      yield head;
      for await (const entry of selectEntries(journal, queryOf(filter, timeZone), people)) yield line(entry);
    }
    const today = DateTime.fromMillis(clock(), { zone: timeZone }).toFormat('yyyy-MM-dd');
    return { kind: 'file', name: `journal-${today}.${extension}`, type, text: lines() };
  };

const CSV = {
  // Spreadsheets in French separate columns by semicolons.
  delimiter: ';',
  record_delimiter: 'windows',
  escape_formulas: true,
} as const;

function csvOf(scheme: Scheme, region: ClientId): ExportFormat {
  const columns = columnsOf(scheme, region);
  return {
    // Without a byte order mark, spreadsheets do not read the file as UTF-8.
    head: stringify([columns.map(([title]) => title)], { ...CSV, bom: true }),
    line: (entry) => stringify([columns.map(([, cell]) => cell(entry))], CSV),
  };
}

type Column = readonly [title: string, cell: (entry: JournalEntry) => string | null];

function columnsOf(scheme: Scheme, region: ClientId): readonly Column[] {
  // `2026-11-23 12:00:00`, which spreadsheets read as a date.
  const instant = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone }).toFormat('yyyy-MM-dd HH:mm:ss');
  return [
    ['Quand', ({ atS }) => instant(atS)],
    ['Quoi', ({ kind }) => JOURNAL_KIND_WORDS[kind].fr],
    ['Badge Région', awardNames(scheme)],
    ['Identifiant OBF du badge', ({ badgeId }) => badgeId],
    ['Clé de la personne', ({ earner }) => earner],
    ['À la suite de', ({ cause }) => (cause === null ? null : causeWords(cause, scheme, region))],
    ['Événement OBF', ({ event }) => event],
    ['Version du barème', ({ version }) => version],
    ['Badges comptés', ({ assertions }) => assertions.join(' ')],
    ['Précisions (en anglais)', ({ detail }) => detail],
  ];
}
