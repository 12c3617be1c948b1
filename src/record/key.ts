import { asEarnerKey, type EarnerKey } from '../ids.js';

/**
 * Where all that is kept of an address stands: one string (see record.ts). With Palier's own prefix a key has 30
 * letters; with two more, each would take 16 bytes more. @param prefix of the keys
 */
export const recordKey = (prefix: string, earner: EarnerKey): string => `${prefix}{${earner}}`;

/** What matches the key of everybody's record. */
export const anyRecord = (prefix: string): string => recordKey(prefix, asEarnerKey('*'));

/** Whose record stands under this key. */
export const earnerOfKey = (prefix: string, key: string): EarnerKey =>
  asEarnerKey(key.slice(recordKey(prefix, asEarnerKey('')).length - 1, -1));
