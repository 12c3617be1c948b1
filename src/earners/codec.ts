import { Packr } from 'msgpackr';
import { z } from 'zod';
import type { EarnerKey } from '../ids.js';
import { earnerRecord, type EarnerRecord } from './record.js';

const packr = new Packr({ useRecords: false });
const HEX_ID = /^[0-9a-f]{40}$/;

/**
 * A record as a msgpack value of plain lists. Ids repeat (an award's event stands in the ledger, the journal and the
 * assertions), so each text is stored once, in a table, and a list of its place alone stands for it: nothing else is a
 * list of one number. Assertion ids, being 40 hexadecimal digits, take 20 bytes. Entries do not repeat whose they are.
 */
export function encodeRecord(record: EarnerRecord): Buffer {
  const places = new Map<string, number>();
  const withPlaces = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withPlaces);
    if (typeof value !== 'string') return value;
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return [place];
  };
  const journal = record.journal.map((entry) => ({ ...entry, earner: null }));
  const rows = withPlaces(z.encode(earnerRecord, { ...record, journal }));
  const texts = [...places.keys()].map((text) => (HEX_ID.test(text) ? Buffer.from(text, 'hex') : text));
  return packr.pack([texts, rows]);
}

const form = z.tuple([z.array(z.unknown()), z.unknown()]);

/**
 * @param earner whose record it is
 * @throws ZodError, or an error of msgpackr, for what `encodeRecord` never makes
 */
export function decodeRecord(bytes: Buffer, earner: EarnerKey): EarnerRecord {
  const [table, rows] = form.parse(packr.unpack(bytes));
  const texts = table.map((one) => (Buffer.isBuffer(one) ? one.toString('hex') : one));
  const withTexts = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    const isPlace = value.length === 1 && typeof value[0] === 'number';
    return isPlace ? texts[value[0]] : value.map(withTexts);
  };
  const record = earnerRecord.parse(withTexts(rows));
  return { ...record, journal: record.journal.map((entry) => ({ ...entry, earner })) };
}
