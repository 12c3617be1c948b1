import type { EarnerKey } from '../ids.js';
import type { Assertion } from './assertion.js';
import type { ClientBadge } from './badge-book.js';

/** An assertion as it is kept: its badge by its number in the book, or in full where that stands for another. */
export type KeptAssertion = Omit<Assertion, 'clientId' | 'badgeId'> & {
  readonly badge: number | ClientBadge;
};

/** The portfolio's part of what is kept of one address. */
export interface KeptPortfolio {
  /** Address and name, sealed (see contact.ts). */
  readonly contact: Buffer | null;
  /** In no order. */
  readonly assertions: readonly KeptAssertion[];
  /** The person's key, where ops linked this address to another; behind `ERASING`, while they are erased. */
  readonly linkedTo: string | null;
  readonly linked: readonly EarnerKey[];
  /** The latest change of the rules under which something new was stored; 0: none. */
  readonly touched: number;
  /** Left by an erasure: when (Unix seconds), and the fingerprints of what is not to come back; spaces part them. */
  readonly gone: string | null;
}

export const NOTHING_KEPT: KeptPortfolio = {
  contact: null,
  assertions: [],
  linkedTo: null,
  linked: [],
  touched: 0,
  gone: null,
};
