import { ByteReader, sized } from './bytes.js';
import { unknownForm } from './error.js';

/**
 * All that is kept of one address, as it stands in Redis: a byte that says which form this is, the bytes of
 * the portfolio behind their number, then those of the ledger. Each room reads and writes its own part
 * (portfolio/codec.ts, issuing/ledger-codec.ts), and carries the other along as it is.
 */
export interface EarnerRecord {
  readonly portfolio: Buffer;
  readonly ledger: Buffer;
}

/** The next form gets the next number, and a line in `splitRecord` that still reads this one. */
const FORM = 1;
/** In front of the record of somebody of whom an older Palier kept what cannot be read: that is still there, to be mended. */
const SET_ASIDE = 0;

const NOTHING: EarnerRecord = { portfolio: Buffer.alloc(0), ledger: Buffer.alloc(0) };

/**
 * @param bytes null: nothing is kept
 * @throws RecordError when they were written by a newer Palier, or by a hand
 */
export function splitRecord(bytes: Buffer | null): EarnerRecord {
  if (bytes === null) return NOTHING;
  const reader = new ByteReader(bytes);
  if (reader.byte() !== FORM) throw unknownForm();
  return { portfolio: reader.sized(), ledger: reader.rest() };
}

/** @returns null when there is nothing to be kept */
export const joinRecord = ({ portfolio, ledger }: EarnerRecord): Buffer | null =>
  portfolio.length + ledger.length === 0
    ? null
    : Buffer.concat([Buffer.of(FORM), ...sized(portfolio), ledger]);

/** Whether it is a record that this version reads, set aside or not; nothing is one. */
export const isOfOurForm = (bytes: Buffer | null): boolean =>
  bytes === null || bytes[0] === FORM || bytes[0] === SET_ASIDE;

export const isSetAside = (bytes: Buffer | null): boolean => bytes !== null && bytes[0] === SET_ASIDE;

/** What is never read for anything (whoever meets it is told so), with the record behind it, as it was. */
export const setAside = (bytes: Buffer | null): Buffer =>
  Buffer.concat([Buffer.of(SET_ASIDE), bytes ?? Buffer.alloc(0)]);

/** The record as it was before, if it was set aside; null: there was none. */
export const takenUp = (bytes: Buffer | null): Buffer | null => {
  if (!isSetAside(bytes)) return bytes;
  return bytes === null || bytes.length === 1 ? null : bytes.subarray(1);
};
