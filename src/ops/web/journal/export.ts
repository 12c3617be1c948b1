import { DateTime } from 'luxon';
import { journalLine } from '../../../journal/line.js';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { select } from '../../cli/audit/select.js';
import { download, goTo, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { journalHref, queryOf, readAsked, type JournalAsked } from './asked.js';
import { csvLines } from './csv.js';
import { keysOf } from './entries.js';

/** For programs: the lines of `npx palier audit`. */
export const exportNdjson = (context: PageContext): Answer =>
  exported(context, 'ndjson', 'application/x-ndjson', (entries) =>
    inChunks('', entries, (entry) => `${JSON.stringify(journalLine(entry))}\n`),
  );

/** For people: the words of the page. */
export const exportCsv = (context: PageContext): Answer =>
  exported(context, 'csv', 'text/csv', async function* (entries) {
    const { scheme } = await context.pipeline.schemes.now();
    const { head, lineOf } = csvLines(scheme, context.pipeline.region, context.lang);
    yield* inChunks(head, entries, lineOf);
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
  for (const key of keys) yield* select(pipeline.journal, wanted, key);
}

/** Characters that leave at once: fewer would cost a packet each. */
const CHUNK = 32 * 1024;

async function* inChunks(
  head: string,
  entries: AsyncIterable<JournalEntry>,
  lineOf: (entry: JournalEntry) => string,
): AsyncGenerator<string> {
  let text = head;
  for await (const entry of entries) {
    text += lineOf(entry);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield text;
}
