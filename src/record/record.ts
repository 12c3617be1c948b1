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

/** The version of what follows. Any other is an error. */
const FORM = 2;

const NO_BYTES = Buffer.alloc(0);
const NOTHING: EarnerRecord = { portfolio: NO_BYTES, ledger: NO_BYTES, account: NO_BYTES };

/**
 * @param bytes null: nothing is kept
 * @throws RecordError when they are of an unknown version
 */
export function splitRecord(bytes: Buffer | null): EarnerRecord {
  if (bytes === null) return NOTHING;
  const reader = new ByteReader(bytes);
  if (reader.byte() !== FORM) throw unknownForm();
  const portfolio = reader.sized();
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
