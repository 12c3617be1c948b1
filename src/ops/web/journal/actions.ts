import { stringify } from 'csv-stringify/sync';
import { DateTime } from 'luxon';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId, EarnerKey } from '../../../ids.js';
import { journalLine } from '../../../journal/line.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { keyOfAddress } from '../../shared/browser.js';
import { keyIn } from '../person/read.js';
import { download, goTo, show, type Answer, type PageContext } from '../route.js';
import { JournalView } from './view.js';
import { entryTest, journalHref, queryOf, readFilter, type PageFilter } from './filter.js';
import { peopleOf } from './read.js';

import { awardNames, causeWords, KINDS } from './words.js';

/** `POST /ops/journal`: an address that was typed is a key from here on. */
export async function searchJournal({ pipeline, form }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const keyOf = (typed: string): EarnerKey | null => keyOfAddress(typed, pipeline.vault) ?? keyIn(typed);
  const { filter, faults } = readFilter(form, scheme.timeZone, keyOf);
  if (faults.size === 0) return goTo(journalHref(filter));
  const nothing = { entries: [], newer: null, older: null, newest: null, oldest: null, note: null };
  const model = { scheme, region: pipeline.region, filter, faults, ...nothing };
  return show('Journal', JournalView, model, 422);
}

/** For programs: the lines of `npx palier audit`. */
export const exportNdjson = (context: PageContext): Answer =>
  exported(context, 'ndjson', (entries) =>
    inChunks('', entries, (some) => some.map((entry) => `${JSON.stringify(journalLine(entry))}\n`).join('')),
  );

/** For spreadsheets, in the words of the page. */
export const exportCsv = (context: PageContext): Answer =>
  exported(context, 'csv', async function* (entries) {
    const { pipeline } = context;
    const { scheme } = await pipeline.schemes.now();
    const columns = columnsOf(scheme, pipeline.region);
    const form = {
      // What a spreadsheet in French takes for a column's end.
      delimiter: ';',
      record_delimiter: 'windows',
      escape_formulas: true,
    } as const;
    // Without a byte order mark, spreadsheets take UTF-8 for something else.
    const head = stringify([columns.map(([title]) => title)], { ...form, bom: true });
    yield* inChunks(head, entries, (some) =>
      stringify(
        some.map((entry) => columns.map(([, cell]) => cell(entry))),
        form,
      ),
    );
  });

const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

/** An address that makes no sense is answered by the page without the faults. */
function exported(
  { pipeline, query }: PageContext,
  ending: keyof typeof TYPES,
  write: (entries: AsyncIterable<JournalEntry>) => AsyncIterable<string>,
): Answer {
  const { timeZone } = pipeline.scheme;
  const { filter, faults } = readFilter(query, timeZone);
  if (faults.size > 0) return goTo(journalHref(filter));
  const today = DateTime.fromMillis(pipeline.clock(), { zone: timeZone }).toFormat('yyyy-MM-dd');
  return download(`journal-${today}.${ending}`, TYPES[ending], write(entriesOf(pipeline, filter)));
}

/** Some at a time, in the order of writing; of a person, address by address. */
async function* entriesOf(pipeline: Pipeline, filter: PageFilter): AsyncGenerator<JournalEntry> {
  const { timeZone } = pipeline.scheme;
  const isWanted = entryTest(filter, timeZone);
  if (filter.earner === null && filter.event === null) {
    for await (const entry of pipeline.journal.read(queryOf(filter, timeZone)))
      if (isWanted(entry)) yield entry;
  } else
    for (const key of await peopleOf(pipeline, filter))
      yield* (await pipeline.journal.ofEarner(key)).filter(isWanted);
}

/** Entries that leave at once: fewer would cost a packet each. */
const CHUNK = 200;

async function* inChunks(
  head: string,
  entries: AsyncIterable<JournalEntry>,
  linesOf: (entries: readonly JournalEntry[]) => string,
): AsyncGenerator<string> {
  yield head;
  let some: JournalEntry[] = [];
  for await (const entry of entries) {
    if (some.push(entry) < CHUNK) continue;
    yield linesOf(some);
    some = [];
  }
  yield linesOf(some);
}

type Column = readonly [title: string, cell: (entry: JournalEntry) => string | null];

function columnsOf(scheme: Scheme, region: ClientId): readonly Column[] {
  // `2026-11-23 12:00:00`: spreadsheets know it for a date.
  const instant = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone }).toFormat('yyyy-MM-dd HH:mm:ss');
  const causeOf = ({ cause }: JournalEntry): string | null =>
    cause === null ? null : causeWords(cause, scheme, region);
  return [
    ['Quand', ({ atS }) => instant(atS)],
    ['Quoi', ({ kind }) => KINDS[kind]],
    ['Badge Région', awardNames(scheme)],
    ['Identifiant OBF du badge', ({ badgeId }) => badgeId],
    ['Clé de la personne', ({ earner }) => earner],
    ['À la suite de', causeOf],
    ['Événement OBF', ({ event }) => event],
    ['Version du barème', ({ version }) => version],
    ['Badges comptés', ({ assertions }) => assertions.join(' ')],
    ['Précisions (en anglais)', ({ detail }) => detail],
  ];
}
