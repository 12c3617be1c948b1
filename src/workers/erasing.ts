import type { BadgeId, EarnerKey } from '../ids.js';
import type { Address } from './read-addresses.js';
import type { Waiting } from './unlink-addresses.js';

export interface PersonToErase {
  /** Stands for the person. */
  readonly person: EarnerKey;
  /** Every address', `person` among them, in the order in which they are to go. */
  readonly keys: readonly EarnerKey[];
}

/** What was removed. */
export interface ErasedNumbers {
  readonly people: number;
  readonly addresses: number;
  readonly assertions: number;
  /** Of the account. */
  readonly entries: number;
  readonly jobs: number;
  readonly flags: number;
  /** Awards of which it stays known that they were given, or are not to be. */
  readonly awards: number;
}

export interface Erasing extends Waiting {
  /** Told what is removed, when nothing but the portfolios is left to be. */
  readonly tell: (numbers: ErasedNumbers) => Promise<void>;
  /** Asked when nothing more can be given to them: who is not meant any more is left as they are. */
  readonly isMeant?: (addresses: readonly Address[]) => boolean;
}

/** Every badge that a record of these addresses is about. */
export const badgesOf = (addresses: readonly Address[]): ReadonlySet<BadgeId> =>
  new Set(addresses.flatMap(({ records }) => [...records.keys()]));
