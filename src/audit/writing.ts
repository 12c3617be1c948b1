import type { EventId } from '../ids.js';
import { withoutAddresses } from '../platform/logger.js';
import { dayOf, monthOf } from './calendar.js';
import { countedAs } from './issued-count.js';
import { identityOf, isOfSomebody } from './layout.js';
import type { Counting } from './log.js';
import { isGiving } from './query.js';
import { encodeHead, encodeTold, mannerOf, type RowHead } from './row.js';
import { sortWord } from './sort.js';
import type { AuditStore } from './store.js';
import { mentionsOfRows } from './telling.js';
import type { AuditEntry } from './types.js';
import { lookAt, writeOfPeople } from './writing-people.js';

/** So many people are in a row at most: a row is read, and written again when one of them is forgotten, as a whole. */
const PEOPLE_A_ROW = 64;
/** How many rows are sent before an answer is waited for: enough to fill the wire, few enough to stay small. */
const TOGETHER = 16;

export async function writeEntries(store: AuditStore, entries: readonly AuditEntry[]): Promise<void> {
  const rows = inRows(entries);
  const given = new Map<EventId, readonly number[]>();
  for (let at = 0; at < rows.length; at += TOGETHER) {
    const prepared = await Promise.all(rows.slice(at, at + TOGETHER).map((row) => prepare(store, row)));
    // All that is to be read was: they are added in their order.
    await Promise.all(
      prepared.map(async ({ entry, write }) => {
        const written = await write();
        if (entry.event !== null && isGiving(entry))
          given.set(entry.event, [...(given.get(entry.event) ?? []), ...written]);
      }),
    );
  }
  await store.words.enter(entries.flatMap((entry) => [sortWord(entry), causeWords(entry) ?? []].flat()));
  // Last: all that is to be found of an event stands there when it is known.
  await Promise.all([...given].map(([event, numbers]) => store.given.note(event, numbers)));
}

/** Entries that make one row, first one apart: they say the same, of several people. Of nobody, each has its own. */
type Alike = readonly [AuditEntry, ...AuditEntry[]];

function inRows(entries: readonly AuditEntry[]): readonly Alike[] {
  const rows = new Map<string, [AuditEntry, ...AuditEntry[]]>();
  for (const [at, entry] of entries.entries()) {
    const { atS, event, earner } = entry;
    const of = earner === null ? at : mannerOf(earner);
    let nth = 0;
    const name = (): string => JSON.stringify([sortWord(entry), atS, event, of, nth]);
    while ((rows.get(name())?.length ?? 0) >= PEOPLE_A_ROW) nth += 1;
    const row = rows.get(name());
    if (row === undefined) rows.set(name(), [entry]);
    else row.push(entry);
  }
  return [...rows.values()];
}

/** A row to be: the first entry of it, and what is left to do. */
interface Prepared {
  readonly entry: AuditEntry;
  /** Resolves with the rows that tell of it: one, or others where the same was written before. */
  readonly write: () => Promise<readonly number[]>;
}

async function prepare(store: AuditStore, alike: Alike): Promise<Prepared> {
  const [entry] = alike;
  const counting = countingOf(entry, store.timeZone);
  const head = await headOf(store, entry);
  if (entry.earner === null) {
    const parts = [{ identity: '', bytes: encodeTold(withoutAddress(entry)) }];
    return { entry, write: () => store.log.append(encodeHead(head, 'nobody'), parts, counting) };
  }
  const people = alike.map(withoutAddress).filter(isOfSomebody);
  const seen = await Promise.all(people.map((one) => lookAt(store, one)));
  const encoded = encodeHead(head, mannerOf(entry.earner));
  const told = await toldBefore(store, entry);
  return { entry, write: () => writeOfPeople(store, encoded, seen, { counting, told }) };
}

/** What is told already of whom an event gave its award to: the row of each, by identity. */
async function toldBefore(store: AuditStore, entry: AuditEntry): Promise<ReadonlyMap<string, number>> {
  if (entry.event === null || !isGiving(entry)) return new Map();
  const mentions = await mentionsOfRows(store, await store.given.rowsOf(entry.event));
  return new Map(mentions.map((one) => [identityOf(one.entry), one.row]));
}

/** What OBF said of a person may name them. */
const withoutAddress = (entry: AuditEntry): AuditEntry =>
  entry.detail === null ? entry : { ...entry, detail: withoutAddresses(entry.detail) };

async function headOf({ words }: AuditStore, entry: AuditEntry): Promise<RowHead> {
  const word = sortWord(entry);
  return { sort: (await words.numberOf(word)) ?? word, atS: entry.atS, event: entry.event };
}

export const countingOf = (
  entry: AuditEntry,
  timeZone: string,
  writtenMs: number | null = null,
): Counting => ({
  month: monthOf(dayOf(entry.atS, timeZone)),
  field: countedAs(entry, timeZone) ?? '',
  writtenMs,
});

/** What of a cause thousands of entries have alike: all before its last dot. */
export function causeWords({ cause }: Pick<AuditEntry, 'cause'>): string | null {
  const end = cause?.lastIndexOf('.') ?? -1;
  return cause === null || end < 0 ? null : cause.slice(0, end);
}
