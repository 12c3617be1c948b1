import type { EarnerKey } from '../ids.js';
import { ERASING } from './earner-file.js';
import type { KeptPortfolio } from './kept.js';

/**
 * Which addresses are one person's. Each write is one step of one address; they are made in the order that
 * serves nobody on half of what is known, wherever they stop.
 */
export interface Links {
  /**
   * Makes `other`, and the addresses `its` that were linked to it, addresses of the person that `person`
   * stands for. May be repeated.
   */
  link(person: EarnerKey, other: EarnerKey, its?: readonly EarnerKey[]): Promise<void>;
  /** The person is read without these from here on; until `unlink` nothing is given to them on their own. */
  part(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
  unlink(person: EarnerKey, other: EarnerKey): Promise<void>;
  /** The erasure of this person has begun: nothing is given to any of their addresses any more. */
  setAside(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
  /** It is not to be: the person is as before. */
  bringBack(person: EarnerKey, others: readonly EarnerKey[]): Promise<void>;
}

/** Changes what is kept of an address in one step. */
export type AmendPortfolio = (
  earner: EarnerKey,
  how: (kept: KeptPortfolio) => KeptPortfolio,
) => Promise<void>;

export const createLinks = (amend: AmendPortfolio): Links => ({
  // The other first: an address that points to a person is never served on its own. Then all at once:
  // nothing is decided for the person on some of their addresses alone.
  async link(person, other, its = []) {
    await amend(other, pointingTo(person));
    await amend(person, having([other, ...its]));
    for (const one of its) await amend(one, pointingTo(person));
    if (its.length > 0) await amend(other, without(its));
  },
  async part(person, others) {
    if (others.length > 0) await amend(person, without(others));
  },
  async unlink(person, other) {
    await amend(person, without([other]));
    await amend(other, pointingTo(null));
  },
  // What they were linked by stays in the person's own record: whoever ends the erasure finds them all.
  async setAside(person, others) {
    for (const one of [person, ...others]) await amend(one, pointingTo(ERASING + person));
  },
  async bringBack(person, others) {
    for (const one of others) await amend(one, pointingTo(person));
    await amend(person, pointingTo(null));
  },
});

const pointingTo =
  (linkedTo: string | null) =>
  (kept: KeptPortfolio): KeptPortfolio =>
    kept.linkedTo === linkedTo ? kept : { ...kept, linkedTo };

const having =
  (others: readonly EarnerKey[]) =>
  (kept: KeptPortfolio): KeptPortfolio => {
    const linked = [...new Set([...kept.linked, ...others])];
    return linked.length === kept.linked.length ? kept : { ...kept, linked };
  };

const without =
  (others: readonly EarnerKey[]) =>
  (kept: KeptPortfolio): KeptPortfolio => {
    const linked = kept.linked.filter((one) => !others.includes(one));
    return linked.length === kept.linked.length ? kept : { ...kept, linked };
  };
