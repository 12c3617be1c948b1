import { amendRecord } from '../record/amend.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { identityOf, type OfSomebody } from './layout.js';
import type { Counting, Log } from './log.js';
import { decodeNotes, encodeNote, type Cause } from './notes.js';
import { encodeEarner, mannerOf, withoutEarner } from './row.js';
import type { AuditStore } from './store.js';
import { mentionsOfNotes } from './telling.js';

/** An entry, and what a record tells of it. */
export interface Seen {
  readonly entry: OfSomebody;
  readonly identity: string;
  /** The notes, as they stand in the record. */
  readonly account: Buffer;
  /** The row that the record names for the same already; null: none. */
  readonly row: number | null;
}

/** @throws RecordError when what is kept of the person is of an unknown form */
export async function lookAt(store: AuditStore, entry: OfSomebody): Promise<Seen> {
  const { earner } = entry;
  const identity = identityOf(entry);
  const { account } = splitRecord(await store.redis.getBuffer(recordKey(store.prefix, earner)));
  const mentions = await mentionsOfNotes(store, earner, decodeNotes(account, earner));
  const same = mentions.find((one) => identityOf(one.entry) === identity);
  return { entry, identity, account, row: same?.row ?? null };
}

interface Written {
  readonly entry: OfSomebody;
  readonly identity: string;
  readonly row: number;
}

/**
 * A row and the notes of those whom it is about stand in other slots, and are not written in one step. So a row
 * says of each that it is being written, until the record names it: whoever was stopped in between, and comes
 * again, goes on with that row; of two who write the same at a time, one takes their row back. An entry is so
 * kept once, and counted once.
 * @param told rows that tell of some of these already, as far as is known, by identity: of somebody whose record
 * does not name them, it was lost
 * @returns the rows that tell of these
 */
export async function writeOfPeople(
  store: AuditStore,
  head: Buffer,
  people: readonly Seen[],
  { counting, told }: { readonly counting: Counting; readonly told: ReadonlyMap<string, number> },
): Promise<readonly number[]> {
  const unnamed = people.filter(({ row }) => row === null);
  const news = unnamed.filter(({ identity }) => !told.has(identity));
  const parts = news.map(({ entry: { earner }, identity }) => ({
    identity,
    bytes: encodeEarner(earner, mannerOf(earner)),
  }));
  const rows = parts.length === 0 ? [] : await store.log.append(head, parts, counting);
  const rowOf = new Map([...told, ...news.map(({ identity }, at) => [identity, rows[at] ?? 0] as const)]);
  const noted = await Promise.all(unnamed.map((one) => noteIn(store, one, rowOf.get(one.identity) ?? 0)));
  const known = people.flatMap(({ row, ...one }): readonly Written[] =>
    row === null ? [] : [{ ...one, row }],
  );
  const written = [...noted, ...known];
  const others = await store.log.settle(written);
  await Promise.all(
    written.map(async (one, at) => {
      const other = others[at] ?? null;
      if (other !== null) await takeBack(store.log, one, other, counting);
    }),
  );
  return written.map(({ row }) => row);
}

/** Sees to it that the record names a row of this entry: this one, or another, where that was quicker. */
async function noteIn(store: AuditStore, first: Seen, row: number): Promise<Written> {
  const { entry, identity } = first;
  const { earner, assertions, detail } = entry;
  const note = encodeNote({ row, assertions, detail, cause: await causeOf(store, entry) }, earner);
  for (let seen = first; ; seen = await lookAt(store, entry)) {
    if (seen.row !== null) return { entry, identity, row: seen.row };
    let isDone = false;
    await amendRecord(store.redis, recordKey(store.prefix, earner), (record) => {
      isDone = record.account.equals(seen.account);
      return isDone ? { ...record, account: Buffer.concat([record.account, note]) } : record;
    });
    if (isDone) return { entry, identity, row };
  }
}

async function causeOf({ words }: AuditStore, { cause }: OfSomebody): Promise<Cause | null> {
  if (cause === null) return null;
  const end = cause.lastIndexOf('.');
  const number = end < 0 ? null : await words.numberOf(cause.slice(0, end));
  return { words: number, rest: number === null ? cause : cause.slice(end + 1) };
}

async function takeBack(log: Log, one: Written, row: number, counting: Counting): Promise<void> {
  const { earner } = one.entry;
  for (;;) {
    const [from = null] = await log.rows([row]);
    if (from === null) return;
    const to = withoutEarner(from, earner);
    // Forgotten meanwhile: that it was counted stays.
    const how = to === null ? { ...counting, field: '' } : counting;
    if (await log.takeBack(one.identity, row, from, to ?? from, how)) return;
  }
}
