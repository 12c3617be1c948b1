import { ByteReader, sized } from './bytes.js';
import { unknownForm } from './error.js';
import { folded, unfolded } from './fold.js';

/**
 * All that is kept of one address, as it stands in Redis: a byte that says which form this is, the bytes of
 * the portfolio behind their number, then, folded (fold.ts), those of the ledger behind their number and those
 * of the account. Each room reads and writes its own part (portfolio/codec.ts, issuing/ledger-codec.ts,
 * audit/notes.ts), and carries the others along as they are.
 */
export interface EarnerRecord {
  readonly portfolio: Buffer;
  readonly ledger: Buffer;
  /** What is theirs alone of the entries that tell of them. */
  readonly account: Buffer;
}

/** The next form gets the next number, and a line in `splitRecord` that still reads this one. */
const FORM = 2;
/** Before the account stood here: the ledger at the end, and nothing folded. */
const WITHOUT_ACCOUNT = 1;
/** In front of the record of somebody of whom an older Palier kept what cannot be read: that is still there, to be mended. */
const SET_ASIDE = 0;

const NO_BYTES = Buffer.alloc(0);
const NOTHING: EarnerRecord = { portfolio: NO_BYTES, ledger: NO_BYTES, account: NO_BYTES };

/**
 * @param bytes null: nothing is kept
 * @throws RecordError when they were written by a newer Palier, or by a hand
 */
export function splitRecord(bytes: Buffer | null): EarnerRecord {
  if (bytes === null) return NOTHING;
  const reader = new ByteReader(bytes);
  const form = reader.byte();
  if (form !== FORM && form !== WITHOUT_ACCOUNT) throw unknownForm();
  const portfolio = reader.sized();
  if (form === WITHOUT_ACCOUNT) return { portfolio, ledger: reader.rest(), account: NO_BYTES };
  const others = new ByteReader(unfolded(portfolio, reader.rest()));
  return { portfolio, ledger: others.sized(), account: others.rest() };
}

/** @returns null when there is nothing to be kept */
export const joinRecord = ({ portfolio, ledger, account }: EarnerRecord): Buffer | null =>
  portfolio.length + ledger.length + account.length === 0
    ? null
    : Buffer.concat([
        Buffer.of(FORM),
        ...sized(portfolio),
        folded(portfolio, Buffer.concat([...sized(ledger), account])),
      ]);

/** Whether it is a record that this version reads, set aside or not; nothing is one. */
export const isOfOurForm = (bytes: Buffer | null): boolean =>
  bytes === null || [FORM, WITHOUT_ACCOUNT, SET_ASIDE].includes(bytes[0] ?? -1);

export const isSetAside = (bytes: Buffer | null): boolean => bytes !== null && bytes[0] === SET_ASIDE;

/** What is never read for anything (whoever meets it is told so), with the record behind it, as it was. */
export const setAside = (bytes: Buffer | null): Buffer =>
  Buffer.concat([Buffer.of(SET_ASIDE), bytes ?? Buffer.alloc(0)]);

/** The record as it was before, if it was set aside; null: there was none. */
export const takenUp = (bytes: Buffer | null): Buffer | null => {
  if (!isSetAside(bytes)) return bytes;
  return bytes === null || bytes.length === 1 ? null : bytes.subarray(1);
};
