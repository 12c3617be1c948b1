import type { EarnerKey } from '../ids.js';
import type { EarnerRecord } from './record.js';
import type { EarnerStore } from './store.js';

/**
 * Which addresses belong to one person. Each write changes one address; their order serves nobody on half of what is
 * known, wherever they stop.
 */
export interface Links {
  /**
   * Makes `other`, and the addresses `its` that were linked to it, addresses of the person that `person` stands
   * for. Idempotent.
   */
  link(person: EarnerKey, other: EarnerKey, its?: readonly EarnerKey[]): Promise<void>;
  /** The person is read without these from here on; until `unlink` nothing is given to them on their own. */
  part(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
  unlink(person: EarnerKey, other: EarnerKey): Promise<void>;
}

export function createLinks({ update }: Pick<EarnerStore, 'update'>): Links {
  return {
    // The other first: an address that points to a person is never served on its own. Then all at once:
    // nothing is decided for the person on some of their addresses alone.
    async link(person, other, its = []) {
      await update(other, pointingTo(person));
      await update(person, having([other, ...its]));
      for (const one of its) await update(one, pointingTo(person));
      if (its.length > 0) await update(other, without(its));
    },
    async part(person, others) {
      if (others.length > 0) await update(person, without(others));
    },
    async unlink(person, other) {
      await update(person, without([other]));
      await update(other, pointingTo(null));
    },
  };
}

const pointingTo =
  (linkedTo: EarnerKey | null) =>
  (record: EarnerRecord): EarnerRecord =>
    record.linkedTo === linkedTo ? record : { ...record, linkedTo };

const having =
  (others: readonly EarnerKey[]) =>
  (record: EarnerRecord): EarnerRecord => {
    const linked = [...new Set([...record.linked, ...others])].toSorted();
    return linked.length === record.linked.length ? record : { ...record, linked };
  };

const without =
  (others: readonly EarnerKey[]) =>
  (record: EarnerRecord): EarnerRecord => {
    const linked = record.linked.filter((one) => !others.includes(one));
    return linked.length === record.linked.length ? record : { ...record, linked };
  };
