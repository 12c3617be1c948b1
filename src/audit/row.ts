import { z } from 'zod';
import { asAssertionId, asEarnerKey, asEventId, type EarnerKey, type EventId } from '../ids.js';
import { ByteReader, sized, varint } from '../record/bytes.js';
import { RecordError } from '../record/error.js';
import { decodeShortId, encodeShortId, SHORT_ID_BYTES } from '../record/short-id.js';
import type { AuditEntry } from './types.js';
import { WORD_BYTES } from './words.js';

/** What a row says of everybody whom it is about. */
export interface RowHead {
  /** The number of its sort (sort.ts), or the word itself where another has that number. */
  readonly sort: number | string;
  readonly atS: number;
  readonly event: EventId | null;
}

/** What is told of nobody stands in the row, since nobody has a record. */
export type Told = Pick<AuditEntry, 'assertions' | 'cause' | 'detail'>;

export interface Row extends RowHead {
  /** Whom it happened to, each once; none in a row of nobody, and where all were forgotten. */
  readonly earners: readonly EarnerKey[];
  /** Null: it is of people, and their records tell the rest. */
  readonly told: Told | null;
}

/**
 * A row as it stands in Redis. First a byte: whom it is about (two bits), and whether its event and its sort are
 * written out. Then the sort (3 bytes, or a text behind its length), the instant, the event (10 bytes, or a
 * text), and those whom it is about: each in the 16 bytes of their key, or behind its length.
 */
const OF = { nobody: 0, keys: 1, named: 2 } as const;
const EVENT_IN_FULL = 4;
const SORT_IN_FULL = 8;
const KEY_BYTES = 16;

export type Manner = 'keys' | 'named';
/** How somebody stands in a row; those of one row all stand in one manner. */
export const mannerOf = (earner: EarnerKey): Manner => (keyBytes(earner) === null ? 'named' : 'keys');

function keyBytes(earner: EarnerKey): Buffer | null {
  const bytes = Buffer.from(earner, 'base64url');
  return bytes.length === KEY_BYTES && bytes.toString('base64url') === earner ? bytes : null;
}

/** What stands in front of those whom a row is about. */
export function encodeHead({ sort, atS, event }: RowHead, of: Manner | 'nobody'): Buffer {
  const short = encodeShortId(event);
  const flags = OF[of] | (short === null ? EVENT_IN_FULL : 0) | (typeof sort === 'string' ? SORT_IN_FULL : 0);
  return Buffer.concat([
    Buffer.of(flags),
    ...(typeof sort === 'string' ? sized(Buffer.from(sort)) : [wordBytes(sort)]),
    varint(atS < 0 ? -1 - 2 * atS : 2 * atS),
    ...(short === null ? sized(Buffer.from(event ?? '')) : [short]),
  ]);
}

function wordBytes(number: number): Buffer {
  const bytes = Buffer.alloc(WORD_BYTES);
  bytes.writeUIntBE(number, 0, WORD_BYTES);
  return bytes;
}

/** Somebody, as they stand behind the head of a row of this manner. */
export const encodeEarner = (earner: EarnerKey, manner: Manner): Buffer =>
  (manner === 'keys' ? keyBytes(earner) : null) ?? Buffer.concat(sized(Buffer.from(earner)));

/** What is told of nobody, as it stands behind the head; nothing where there is nothing to tell. */
export const encodeTold = ({ assertions, cause, detail }: Told): Buffer =>
  assertions.length === 0 && cause === null && detail === null
    ? Buffer.alloc(0)
    : Buffer.from(JSON.stringify([assertions, cause, detail]));

/** @returns null for what a later version of Palier wrote, or a hand */
export function decodeRow(bytes: Buffer): Row | null {
  try {
    return read(new ByteReader(bytes));
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return null;
  }
}

function read(reader: ByteReader): Row | null {
  const flags = reader.byte();
  const of = flags & 3;
  if (flags >= 2 * SORT_IN_FULL || of > OF.named) return null;
  const sort =
    (flags & SORT_IN_FULL) === 0
      ? reader.take(WORD_BYTES).readUIntBE(0, WORD_BYTES)
      : reader.sized().toString();
  const when = reader.varint();
  const atS = when % 2 === 0 ? when / 2 : -(when + 1) / 2;
  const event =
    (flags & EVENT_IN_FULL) === 0
      ? decodeShortId(reader.bytes, reader.pass(SHORT_ID_BYTES))
      : reader.sized().toString();
  const head = { sort, atS, event: event === null ? null : asEventId(event) };
  if (of === OF.nobody) {
    const told = toldIn(reader.rest().toString());
    return told === null ? null : { ...head, earners: [], told };
  }
  const earners: EarnerKey[] = [];
  while (!reader.isAtEnd)
    earners.push(
      asEarnerKey(of === OF.keys ? reader.take(KEY_BYTES).toString('base64url') : reader.sized().toString()),
    );
  return { ...head, earners, told: null };
}

export const NOTHING_TOLD: Told = { assertions: [], cause: null, detail: null };
const form = z.tuple([
  z.array(z.string().transform(asAssertionId)),
  z.string().nullable(),
  z.string().nullable(),
]);

function toldIn(text: string): Told | null {
  if (text === '') return NOTHING_TOLD;
  try {
    const [assertions, cause, detail] = form.parse(JSON.parse(text));
    return { assertions, cause, detail };
  } catch {
    return null;
  }
}

export function encodeRow(row: Row): Buffer {
  if (row.told !== null) return Buffer.concat([encodeHead(row, 'nobody'), encodeTold(row.told)]);
  const manner = row.earners.every((one) => mannerOf(one) === 'keys') ? 'keys' : 'named';
  return Buffer.concat([encodeHead(row, manner), ...row.earners.map((one) => encodeEarner(one, manner))]);
}

/** The row without somebody, and, nobody being left, without its event: that would lead to them. Null when it is not about them. */
export function withoutEarner(bytes: Buffer, earner: EarnerKey): Buffer | null {
  const row = decodeRow(bytes);
  if (row === null || !row.earners.includes(earner)) return null;
  const earners = row.earners.filter((one) => one !== earner);
  return encodeRow({ ...row, earners, event: earners.length === 0 ? null : row.event });
}

/** What stays of a row of somebody who is forgotten: that it happened, when, and under which version. */
export const anonymousRow = ({ sort, atS }: RowHead): Buffer =>
  encodeHead({ sort, atS, event: null }, 'nobody');
