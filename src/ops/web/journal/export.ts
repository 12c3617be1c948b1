import { DateTime } from 'luxon';
import { journalLine } from '../../../journal/line.js';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { selectEntries } from '../../shared/journal-selection.js';
import { download, goTo, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { journalHref, queryOf, readAsked, type JournalAsked } from './asked.js';
import { csvWriter } from './csv.js';
import { keysOf } from './entries.js';

/** For programs: the lines of `npx palier audit`. */
export const exportNdjson = (context: PageContext): Answer =>
  exported(context, 'ndjson', 'application/x-ndjson', (entries) =>
    inChunks('', entries, (some) => some.map((entry) => `${JSON.stringify(journalLine(entry))}\n`).join('')),
  );

/** For people: the words of the page. */
export const exportCsv = (context: PageContext): Answer =>
  exported(context, 'csv', 'text/csv', async function* (entries) {
    const { scheme } = await context.pipeline.schemes.now();
    const { head, linesOf } = csvWriter(scheme, context.pipeline.region, context.lang);
    yield* inChunks(head, entries, linesOf);
  });

/** What makes no sense in the address is answered by the page without it. */
function exported(
  { pipeline, query, clock }: PageContext,
  ending: string,
  type: 'text/csv' | 'application/x-ndjson',
  write: (entries: AsyncIterable<JournalEntry>) => AsyncIterable<string>,
): Answer {
  const { timeZone } = pipeline.scheme;
  const { asked, faults } = readAsked(query, timeZone);
  if (faults.size > 0) return goTo(journalHref(asked));
  const today = DateTime.fromMillis(clock(), { zone: timeZone }).toFormat('yyyy-MM-dd');
  return download(`journal-${today}.${ending}`, type, write(entriesOf(pipeline, asked)));
}

/** As many as there are, some at a time, in the order of writing; of a person, address by address. */
async function* entriesOf(pipeline: Pipeline, asked: JournalAsked): AsyncGenerator<JournalEntry> {
  const { earner, event } = asked;
  const query = queryOf(asked, pipeline.scheme.timeZone);
  const wanted = event === null ? query : { ...query, event };
  const keys = earner === null ? [null] : await keysOf(pipeline, earner);
  for (const key of keys) yield* selectEntries(pipeline.journal, wanted, key);
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
