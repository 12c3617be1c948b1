import type { EarnerRecord } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import type { EarnerKey } from '../ids.js';
import { readAddress, type Address } from '../earners/person.js';

export const readAddresses = (
  sources: { readonly earners: Pick<EarnerStore, 'read'> },
  keys: readonly EarnerKey[],
): Promise<readonly Address[]> => Promise.all(keys.map((key) => readAddress(sources, key)));

export type Files = ReadonlyMap<EarnerKey, EarnerRecord>;

/** Every address that links lead to, both ways: what a link, or its undoing, left half done is found too. */
export async function addressesFrom(
  earners: Pick<EarnerStore, 'read'>,
  asked: readonly EarnerKey[],
): Promise<Files> {
  const files = new Map<EarnerKey, EarnerRecord>();
  const next = [...asked];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (files.has(key)) continue;
    const record = await earners.read(key);
    files.set(key, record);
    next.push(...record.linked, ...(record.linkedTo === null ? [] : [record.linkedTo]));
  }
  return files;
}

/** The key that stands for the person whom this address belongs to. */
export function personKeyOf(files: Files, address: EarnerKey): EarnerKey {
  const passed = new Set<EarnerKey>();
  for (let at = address; ;) {
    const leadsTo = files.get(at)?.linkedTo ?? at;
    if (leadsTo === at) return at;
    // Two who linked the same addresses at the same time, each the other way round.
    if (passed.has(leadsTo)) return [...passed].toSorted()[0] ?? at;
    passed.add(leadsTo);
    at = leadsTo;
  }
}
