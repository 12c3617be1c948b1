import type { EarnerKey } from '../ids.js';
import { isCluster } from '../platform/redis.js';
import { RecordError } from '../record/error.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { decodeNotes, type Cause, type Note } from './notes.js';
import { decodeRow, NOTHING_TOLD, type Row, type RowHead, type Told } from './row.js';
import { sortIn, type Sort } from './sort.js';
import type { AuditStore } from './store.js';
import type { AuditEntry } from './types.js';

/** What a row says of one of those whom it is about, or of nobody. */
export interface Mention {
  readonly row: number;
  /** The how manieth of the row. */
  readonly nth: number;
  /** All but what is in the person's record. */
  readonly entry: AuditEntry;
}

/** @param first the number of the first of these rows. @returns everybody they tell of, in the order of writing */
export async function mentionsIn(
  { words }: Pick<AuditStore, 'words'>,
  first: number,
  rows: readonly Buffer[],
): Promise<readonly Mention[]> {
  const read = rows.map(decodeRow);
  const numbers = read.flatMap((row) => (typeof row?.sort === 'number' ? row.sort : []));
  const known = await words.find(numbers);
  return read.flatMap((row, at) => (row === null ? [] : mentionsOf(row, first + at, sortOf(row, known))));
}

function sortOf({ sort }: Row, known: ReadonlyMap<number, string>): Sort | null {
  const word = typeof sort === 'string' ? sort : known.get(sort);
  return word === undefined ? null : sortIn(word);
}

function mentionsOf(row: Row, number: number, sort: Sort | null): readonly Mention[] {
  if (sort === null) return [];
  const { told, earners } = row;
  if (told !== null) return [{ row: number, nth: 0, entry: entryOf(sort, row, null, told) }];
  return earners.map((earner, nth) => ({
    row: number,
    nth,
    entry: entryOf(sort, row, earner, NOTHING_TOLD),
  }));
}

const entryOf = (
  { kind, award, badgeId, version }: Sort,
  { atS, event }: RowHead,
  earner: EarnerKey | null,
  { assertions, cause, detail }: Told,
): AuditEntry => ({ kind, atS, earner, award, badgeId, assertions, cause, version, event, detail });

/** So many people's records are read at a time. */
const TOGETHER = 100;

/** The entries themselves: with what each person's record tells of them. */
export async function entriesOf(
  store: AuditStore,
  mentions: readonly Mention[],
): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let from = 0; from < mentions.length; from += TOGETHER) {
    const some = mentions.slice(from, from + TOGETHER);
    const earners = [...new Set(some.flatMap(({ entry }) => entry.earner ?? []))];
    const notes = await readableNotes(store, earners);
    // The last: a row that a fail-over lost may have its number again.
    const noteOf = ({ row, entry }: Mention): Note | undefined =>
      entry.earner === null ? undefined : notes.get(entry.earner)?.findLast((note) => note.row === row);
    const words = await store.words.find(some.flatMap((one) => noteOf(one)?.cause?.words ?? []));
    entries.push(...some.map((one) => withNote(one.entry, noteOf(one), words)));
  }
  return entries;
}

function withNote(entry: AuditEntry, note: Note | undefined, words: ReadonlyMap<number, string>): AuditEntry {
  if (note === undefined) return entry;
  const { assertions, detail } = note;
  return { ...entry, assertions, detail, cause: causeText(note.cause, words) };
}

function causeText(cause: Cause | null, words: ReadonlyMap<number, string>): string | null {
  if (cause === null || cause.words === null) return cause?.rest ?? null;
  const begins = words.get(cause.words);
  return begins === undefined ? null : `${begins}.${cause.rest}`;
}

/** None of whom what is kept cannot be read: that it happened is told nevertheless. */
async function readableNotes(
  { redis, prefix }: Pick<AuditStore, 'redis' | 'prefix'>,
  earners: readonly EarnerKey[],
): Promise<ReadonlyMap<EarnerKey, readonly Note[]>> {
  const keys = earners.map((earner) => recordKey(prefix, earner));
  // In a cluster each is in a slot of its own.
  const asked = isCluster(redis) ? keys.map((key) => [key]) : keys.length === 0 ? [] : [keys];
  const records = (await Promise.all(asked.map((some) => redis.mgetBuffer(some)))).flat();
  return new Map(earners.map((earner, at) => [earner, notesIn(records[at] ?? null, earner)]));
}

function notesIn(record: Buffer | null, earner: EarnerKey): readonly Note[] {
  try {
    return decodeNotes(splitRecord(record).account, earner);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return [];
  }
}

/** @throws RecordError when what is kept of them is of an unknown form */
export const notesOf = async (
  { redis, prefix }: Pick<AuditStore, 'redis' | 'prefix'>,
  earner: EarnerKey,
): Promise<readonly Note[]> =>
  decodeNotes(splitRecord(await redis.getBuffer(recordKey(prefix, earner))).account, earner);

/** What the rows that somebody's notes name tell of them. */
export async function mentionsOfNotes(
  store: AuditStore,
  earner: EarnerKey,
  notes: readonly Note[],
): Promise<readonly Mention[]> {
  const mentions = await mentionsOfRows(store, [...new Set(notes.map(({ row }) => row))]);
  return mentions.filter(({ entry }) => entry.earner === earner);
}

/** Whoever these rows tell of. */
export async function mentionsOfRows(
  store: Pick<AuditStore, 'log' | 'words'>,
  numbers: readonly number[],
): Promise<readonly Mention[]> {
  const rows = await store.log.rows(numbers);
  const mentions = await Promise.all(
    rows.map(async (bytes, at) => mentionsIn(store, numbers[at] ?? 0, bytes === null ? [] : [bytes])),
  );
  return mentions.flat();
}
