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
/** Stands for somebody whose record of an older Palier could not be read: it is still there, and to be mended. */
const UNREADABLE = Buffer.of(0);

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

/** What is never read for anything: whoever meets it is told so. */
export const unreadableRecord = (): Buffer => UNREADABLE;
