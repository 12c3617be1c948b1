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
/** Where the hash of an address stands; its ledger has the same tag. @param prefix of the keys */
export const earnerFileKey = (prefix: string, earner: EarnerKey): string => `${prefix}:earner:{${earner}}`;
/**
 * Begins what an address points to while its person is being erased; the person's key follows. Nobody is
 * read under such a key, so nothing is given to them.
 */
export const ERASING = 'erasing.';

/** What is kept of one address, but for the address itself. */
export interface EarnerFile {
  /** In no order. */
  readonly assertions: readonly Assertion[];
  /** Null: this address stands for the person. */
  readonly linkedTo: EarnerKey | null;
  /** The addresses that were linked to this one. */
  readonly linked: readonly EarnerKey[];
  /** The key of the person whose erasure has begun, and is to be ended; null: nobody's. */
  readonly erasing: EarnerKey | null;
  /** 0: nothing new was stored since the rules in force. */
  readonly touched: number;
  /** When the person was erased, Unix seconds; null: never. */
  readonly erasedAtS: number | null;
}

/** @throws CodecError when an assertion is of an unknown form */
export const readEarnerFile = (fields: Readonly<Record<string, string>>): EarnerFile =>
  earnerFileOf(Object.entries(fields).flat());

/**
 * The same from the hash as Redis lists it: each field, then its value, from one place of a list to another.
 * Who reads everybody has no time to make an object of each.
 * @throws CodecError when an assertion is of an unknown form
 */
export function earnerFileOf(listed: readonly string[], from = 0, before = listed.length): EarnerFile {
  const texts: (readonly [id: string, text: string])[] = [];
  const revoked = new Set<string>();
  const linked: EarnerKey[] = [];
  const rest = new Map<string, string>();
  for (let at = from; at < before; at += 2) {
    const field = listed[at] ?? '';
    const value = listed[at + 1] ?? '';
    if (field.startsWith(ASSERTION)) texts.push([field.slice(ASSERTION.length), value]);
    else if (field.startsWith(REVOKED)) revoked.add(field.slice(REVOKED.length));
    else if (field.startsWith(LINKED)) linked.push(asEarnerKey(field.slice(LINKED.length)));
    else rest.set(field, value);
  }
  const of = rest.get(FIELD.linkedTo);
  const gone = rest.get(FIELD.gone);
  return {
    assertions: texts.map(([id, text]) => decodeAssertion(asAssertionId(id), text, revoked.has(id))),
    linkedTo: of === undefined ? null : asEarnerKey(of),
    linked: linked.length < 2 ? linked : linked.toSorted(),
    erasing: of?.startsWith(ERASING) === true ? asEarnerKey(of.slice(ERASING.length)) : null,
    touched: Number(rest.get(FIELD.touched) ?? 0),
    erasedAtS: gone === undefined ? null : Number.parseInt(gone, 10),
  };
}
