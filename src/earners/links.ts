import type { EarnerKey } from '../ids.js';
import type { EarnerRecord } from './record.js';
import type { EarnerStore } from './store.js';

/**
 * Which addresses are one person's: each of the others points to the one that stands for the person (`linkedTo`), which
 * lists them (`linked`). An address that points to a person is never served on its own, listed or not.
 */
type Change = (record: EarnerRecord) => EarnerRecord;

/** Pure. @param person null: the address stands for itself */
export const pointingTo =
  (person: EarnerKey | null): Change =>
  (record) =>
    record.linkedTo === person ? record : { ...record, linkedTo: person };

/** Pure. */
export const listing =
  (others: readonly EarnerKey[]): Change =>
  (record) => {
    const linked = [...new Set([...record.linked, ...others])].toSorted();
    return linked.length === record.linked.length ? record : { ...record, linked };
  };

/** Pure. */
export const notListing =
  (others: readonly EarnerKey[]): Change =>
  (record) => {
    const linked = record.linked.filter((one) => !others.includes(one));
    return linked.length === record.linked.length ? record : { ...record, linked };
  };

export type LinkedRecords = ReadonlyMap<EarnerKey, EarnerRecord>;

/** Every address that links lead to, both ways: what a link, or its undoing, left half done is found too. */
export async function linkedRecords(
  earners: Pick<EarnerStore, 'read'>,
  asked: readonly EarnerKey[],
): Promise<LinkedRecords> {
  const records = new Map<EarnerKey, EarnerRecord>();
  const next = [...asked];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (records.has(key)) continue;
    const record = await earners.read(key);
    records.set(key, record);
    next.push(...record.linked, ...(record.linkedTo === null ? [] : [record.linkedTo]));
  }
  return records;
}

/** The key that stands for the person whom this address belongs to. */
export function personKeyOf(records: LinkedRecords, address: EarnerKey): EarnerKey {
  const passed = new Set<EarnerKey>();
  for (let at = address; ;) {
    const leadsTo = records.get(at)?.linkedTo ?? at;
    if (leadsTo === at) return at;
    // Two who linked the same addresses at the same time, each the other way round.
    if (passed.has(leadsTo)) return [...passed].toSorted()[0] ?? at;
    passed.add(leadsTo);
    at = leadsTo;
  }
}
