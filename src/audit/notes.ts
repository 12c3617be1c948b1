import { asAssertionId, type AssertionId, type EarnerKey } from '../ids.js';
import { ByteReader, sized, varint } from '../record/bytes.js';
import { unknownForm } from '../record/error.js';
import { decodeShortId, encodeShortId, SHORT_ID_BYTES } from '../record/short-id.js';
import { WORD_BYTES } from './words.js';

/** What is a person's alone of an entry that tells of them, as it stands in their record. */
export interface Note {
  /** The row of the account that it is of. */
  readonly row: number;
  readonly assertions: readonly AssertionId[];
  readonly cause: Cause | null;
  readonly detail: string | null;
}

/**
 * What set it off: nearly always a few words that thousands of entries have alike (`webhook.event.P1`), by their
 * number, and behind a dot an id. The number is null where the cause is told as one text.
 */
export interface Cause {
  readonly words: number | null;
  readonly rest: string;
}

/**
 * Notes one after the other: a byte that says which form this is; the row; the number of the cause's words; how
 * many assertions; the detail behind its length; then the ids, which fold (record/fold.ts) where they stand in
 * the record already: the cause's (10 bytes), each assertion's (20). What is of another shape is behind its length.
 */
const CAUSE = { none: 0, id: 1, self: 2, text: 3, words: 4 } as const;
const HEX_IDS = 8;
const DETAIL = 16;
/** No form that we know sets them. */
const SPARE = 0xe0;
const ID_BYTES = 20;
const HEX = /^[0-9a-f]{40}$/;

/** @param earner whose it is: a cause may name them */
export function encodeNote({ row, assertions, cause, detail }: Note, earner: EarnerKey): Buffer {
  const way = wayOf(cause, earner);
  const areHex = assertions.every((id) => HEX.test(id));
  const form = CAUSE[way] | (areHex ? HEX_IDS : 0) | (detail === null ? 0 : DETAIL);
  return Buffer.concat([
    Buffer.of(form),
    varint(row),
    ...(cause === null || cause.words === null ? [] : [wordBytes(cause.words)]),
    varint(assertions.length),
    ...(detail === null ? [] : sized(Buffer.from(detail))),
    ...restOf(way, cause?.rest ?? ''),
    ...assertions.flatMap((id) => (areHex ? [Buffer.from(id, 'hex')] : sized(Buffer.from(id)))),
  ]);
}

function wayOf(cause: Cause | null, earner: EarnerKey): keyof typeof CAUSE {
  if (cause === null) return 'none';
  if (cause.words === null) return 'text';
  if (cause.rest === earner) return 'self';
  return encodeShortId(cause.rest) === null ? 'words' : 'id';
}

function restOf(way: keyof typeof CAUSE, rest: string): readonly Buffer[] {
  if (way === 'id') return [encodeShortId(rest) ?? Buffer.alloc(0)];
  return way === 'text' || way === 'words' ? sized(Buffer.from(rest)) : [];
}

function wordBytes(number: number): Buffer {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeUIntBE(number, 0, WORD_BYTES);
  return bytes;
}

/** @throws RecordError for what `encodeNote` never makes */
export function decodeNotes(bytes: Buffer, earner: EarnerKey): readonly Note[] {
  const notes: Note[] = [];
  for (const reader = new ByteReader(bytes); !reader.isAtEnd;) notes.push(decodeNote(reader, earner));
  return notes;
}

function decodeNote(reader: ByteReader, earner: EarnerKey): Note {
  const form = reader.byte();
  const way = form & 7;
  if ((form & SPARE) !== 0 || way > CAUSE.words) throw unknownForm();
  const row = reader.varint();
  const hasWords = way !== CAUSE.none && way !== CAUSE.text;
  const words = hasWords ? reader.take(WORD_BYTES).readUIntBE(0, WORD_BYTES) : null;
  const count = reader.varint();
  const detail = (form & DETAIL) === 0 ? null : reader.sized().toString();
  const cause = way === CAUSE.none ? null : { words, rest: readRest(reader, way, earner) };
  const assertions: AssertionId[] = [];
  while (assertions.length < count)
    assertions.push(
      asAssertionId(
        (form & HEX_IDS) === 0 ? reader.sized().toString() : reader.take(ID_BYTES).toString('hex'),
      ),
    );
  return { row, assertions, cause, detail };
}

function readRest(reader: ByteReader, way: number, earner: EarnerKey): string {
  if (way === CAUSE.self) return earner;
  if (way !== CAUSE.id) return reader.sized().toString();
  const id = decodeShortId(reader.bytes, reader.pass(SHORT_ID_BYTES));
  if (id === null) throw unknownForm();
  return id;
}
