import { asAssertionId, asEarnerKey, type EarnerKey } from '../ids.js';
import type { Assertion } from './assertion.js';
import { decodeAssertion } from './codec.js';

/** The fields of an earner's hash. Short: there is one hash for every address that was given a badge. */
export const FIELD = {
  /** Sealed. */
  address: 'address',
  /** Sealed. */
  name: 'name',
  /** The person's key, where ops linked this address to another. */
  linkedTo: 'of',
  /** The latest change of the rules under which something new was stored. */
  touched: 'touched',
  /** Left by an erasure: when, and the fingerprints of the assertions that are not to come back. */
  gone: 'gone',
} as const;
/** Begins a field that holds an assertion, `a:<id>`; its revocation, `x:<id>`; a linked address, `l:<key>`. */
export const ASSERTION = 'a:';
export const REVOKED = 'x:';
export const LINKED = 'l:';

/** What is kept of one address, but for the address itself. */
export interface EarnerFile {
  /** In no order. */
  readonly assertions: readonly Assertion[];
  /** Null: this address stands for the person. */
  readonly linkedTo: EarnerKey | null;
  /** The addresses that were linked to this one. */
  readonly linked: readonly EarnerKey[];
  /** 0: nothing new was stored since the rules in force. */
  readonly touched: number;
  /** When the person was erased, Unix seconds; null: never. */
  readonly erasedAtS: number | null;
}

/** @throws CodecError when an assertion is of an unknown form */
export function readEarnerFile(fields: Readonly<Record<string, string>>): EarnerFile {
  const assertions: Assertion[] = [];
  const linked: EarnerKey[] = [];
  for (const [field, text] of Object.entries(fields)) {
    if (field.startsWith(ASSERTION)) {
      const id = asAssertionId(field.slice(ASSERTION.length));
      assertions.push(decodeAssertion(id, text, fields[REVOKED + id] !== undefined));
    } else if (field.startsWith(LINKED)) linked.push(asEarnerKey(field.slice(LINKED.length)));
  }
  const of = fields[FIELD.linkedTo];
  const gone = fields[FIELD.gone];
  return {
    assertions,
    linkedTo: of === undefined ? null : asEarnerKey(of),
    linked: linked.toSorted(),
    touched: Number(fields[FIELD.touched] ?? 0),
    erasedAtS: gone === undefined ? null : Number.parseInt(gone, 10),
  };
}
