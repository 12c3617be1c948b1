import { nearest } from './near.js';
import type { Place } from './fault.js';
import type { Reading } from './read.js';
import type { Entry, MapNode, Node } from './tree.js';
import { expected, missingKey, unknown } from './words.js';

const MAP = { fr: 'une table (clé : valeur)', en: 'a map' };

export function readMap({ report }: Reading, node: Node | undefined): MapNode | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'map' ? node : report.fault(node.at, expected(MAP, node));
}

/** The values of a map whose keys are fixed. */
export interface Values<K extends string> {
  readonly at: Place;
  readonly get: (key: K) => Node | undefined;
}

/** The same, with the keys themselves. */
export interface Fields<K extends string> extends Values<K> {
  readonly entry: (key: K) => Entry | undefined;
  /** Of the allowed keys, those given, in the file's order. */
  readonly given: readonly K[];
  readonly hasUnknown: boolean;
}

/**
 * Reads a map and reports the keys that are unknown or missing. A misspelt key is read as the one that was
 * probably meant, so that what stands under it is checked in the same load, and nothing else falls over it.
 */
export function readFields<K extends string>(
  reading: Reading,
  node: Node | undefined,
  keys: { readonly required: readonly K[]; readonly optional: readonly K[] },
): Fields<K> | undefined {
  const map = readMap(reading, node);
  if (map === undefined) return undefined;
  const allowed = [...keys.required, ...keys.optional];
  const entries = new Map<K, Entry>();
  let hasUnknown = false;
  for (const entry of map.entries.values()) {
    const key = allowed.find((name) => name === entry.key);
    if (key !== undefined) {
      entries.set(key, entry);
      continue;
    }
    hasUnknown = true;
    reading.report.fault(entry.keyAt, unknown('key', entry.key, allowed));
    const meant = allowed.find((name) => name === nearest(entry.key, allowed));
    if (meant !== undefined && !map.entries.has(meant)) entries.set(meant, entry);
  }
  for (const key of keys.required) if (!entries.has(key)) reading.report.fault(map.at, missingKey(key));
  return {
    at: map.at,
    get: (key) => entries.get(key)?.value,
    entry: (key) => entries.get(key),
    given: [...entries.keys()],
    hasUnknown,
  };
}
