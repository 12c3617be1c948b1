import type { AssertionId, BadgeId, ClientId, EarnerKey } from '../ids.js';
import type { AwardRecord } from '../issuing/award-record.js';
import type { Ledger } from '../issuing/ledger.js';
import type { Portfolio } from '../portfolio/portfolio.js';
import type { PortfolioStore } from '../portfolio/store.js';

/** Where a person is read from. */
export interface PersonSources {
  readonly region: ClientId;
  readonly portfolios: PortfolioStore;
  readonly ledger: Ledger;
}

/** A ledger record, and the address' key that it stands under. */
export interface OwnRecord {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly record: AwardRecord;
}

/** One person: all addresses that ops joined, seen as one. */
export interface Person {
  /** The key that stands for the person: of the address that the others were linked to. */
  readonly earner: EarnerKey;
  /** The key of every address, the person's own first. */
  readonly keys: readonly EarnerKey[];
  readonly portfolio: Portfolio;
  readonly records: readonly OwnRecord[];
  /** Under which address each assertion came. */
  readonly whose: ReadonlyMap<AssertionId, EarnerKey>;
  /** The latest change of the rules (its generation) under which something new was stored; 0: none. */
  readonly touched: number;
}
