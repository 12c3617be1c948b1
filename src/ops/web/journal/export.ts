import { stringify } from 'csv-stringify/sync';
import { DateTime } from 'luxon';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import { journalLine } from '../../../journal/line.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Lang, Localized } from '../../shared/words.js';
import { download, goTo, type Answer, type PageContext } from '../route.js';
import { entryTest, journalHref, queryOf, readFilter, type PageFilter } from './filter.js';
import { peopleOf } from './read.js';
import { awardNames, causeWords, KIND_WORDS } from './words.js';

/** For programs: the lines of `npx palier audit`. */
export const exportNdjson = (context: PageContext): Answer =>
  exported(context, 'ndjson', (entries) =>
    inChunks('', entries, (some) => some.map((entry) => `${JSON.stringify(journalLine(entry))}\n`).join('')),
  );

/** For spreadsheets, in the words of the page. */
export const exportCsv = (context: PageContext): Answer =>
  exported(context, 'csv', async function* (entries) {
    const { pipeline, lang } = context;
    const { scheme } = await pipeline.schemes.now();
    const columns = columnsOf(scheme, pipeline.region, lang);
    const form = {
      // What a spreadsheet in that language takes for a column's end.
      delimiter: lang === 'fr' ? ';' : ',',
      record_delimiter: 'windows',
      escape_formulas: true,
    } as const;
    // Without a byte order mark, spreadsheets take UTF-8 for something else.
    const head = stringify([columns.map(([title]) => title[lang])], { ...form, bom: true });
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
  { pipeline, query, clock }: PageContext,
  ending: keyof typeof TYPES,
  write: (entries: AsyncIterable<JournalEntry>) => AsyncIterable<string>,
): Answer {
  const { timeZone } = pipeline.scheme;
  const { filter, faults } = readFilter(query, timeZone);
  if (faults.size > 0) return goTo(journalHref(filter));
  const today = DateTime.fromMillis(clock(), { zone: timeZone }).toFormat('yyyy-MM-dd');
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

type Column = readonly [title: Localized, cell: (entry: JournalEntry) => string | null];

function columnsOf(scheme: Scheme, region: ClientId, lang: Lang): readonly Column[] {
  // `2026-11-23 12:00:00`: spreadsheets know it for a date.
  const instant = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone }).toFormat('yyyy-MM-dd HH:mm:ss');
  const causeOf = ({ cause }: JournalEntry): string | null =>
    cause === null ? null : causeWords(cause, scheme, region)[lang];
  return [
    [{ fr: 'Quand', en: 'When' }, ({ atS }) => instant(atS)],
    [{ fr: 'Quoi', en: 'What' }, ({ kind }) => KIND_WORDS[kind][lang]],
    [{ fr: 'Badge Région', en: 'Award' }, awardNames(scheme)],
    [{ fr: 'Identifiant OBF du badge', en: 'OBF id of the badge' }, ({ badgeId }) => badgeId],
    [{ fr: 'Clé de la personne', en: 'Key of the person' }, ({ earner }) => earner],
    [{ fr: 'À la suite de', en: 'Set off by' }, causeOf],
    [{ fr: 'Événement OBF', en: 'OBF event' }, ({ event }) => event],
    [{ fr: 'Version du barème', en: 'Version of the scheme' }, ({ version }) => version],
    [{ fr: 'Badges comptés', en: 'Badges that counted' }, ({ assertions }) => assertions.join(' ')],
    [{ fr: 'Précisions (en anglais)', en: 'Details' }, ({ detail }) => detail],
  ];
}
