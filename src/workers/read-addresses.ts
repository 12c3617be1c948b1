import type { BadgeId, EarnerKey } from '../ids.js';
import type { AwardRecord } from '../issuing/award-record.js';
import type { Assertion } from '../portfolio/assertion.js';
import type { EarnerFile } from '../portfolio/earner-file.js';
import type { PortfolioStore } from '../portfolio/store.js';
import type { PersonSources } from './person.js';

/** What stands under one address, whoever it belongs to. */
export interface Address {
  readonly key: EarnerKey;
  readonly assertions: readonly Assertion[];
  readonly records: ReadonlyMap<BadgeId, AwardRecord>;
}

export const readAddresses = (
  { portfolios, ledger }: Pick<PersonSources, 'portfolios' | 'ledger'>,
  keys: readonly EarnerKey[],
): Promise<readonly Address[]> =>
  Promise.all(
    keys.map(async (key) => {
      const [{ assertions }, records] = await Promise.all([portfolios.read(key), ledger.readAll(key)]);
      return { key, assertions, records };
    }),
  );

export type Files = ReadonlyMap<EarnerKey, EarnerFile>;

/** Every address that links lead to, both ways: what a link, or its undoing, left half done is found too. */
export async function addressesFrom(
  portfolios: Pick<PortfolioStore, 'read'>,
  asked: readonly EarnerKey[],
): Promise<Files> {
  const files = new Map<EarnerKey, EarnerFile>();
  const next = [...asked];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (files.has(key)) continue;
    const file = await portfolios.read(key);
    files.set(key, file);
    const leadsTo = file.erasing ?? file.linkedTo;
    next.push(...file.linked, ...(leadsTo === null ? [] : [leadsTo]));
  }
  return files;
}

/** The key that stands for the person whom this address belongs to. */
export function personKeyOf(files: Files, address: EarnerKey): EarnerKey {
  const passed = new Set<EarnerKey>();
  for (let at = address; ;) {
    const file = files.get(at);
    const leadsTo = file?.erasing ?? file?.linkedTo ?? at;
    if (leadsTo === at) return at;
    // Two who linked the same addresses at the same time, each the other way round.
    if (passed.has(leadsTo)) return [...passed].toSorted()[0] ?? at;
    passed.add(leadsTo);
    at = leadsTo;
  }
}
