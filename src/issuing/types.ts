import type { JournalEntry } from '../earners/journal-entry.js';
import type { AssertionId, AwardId, BadgeId, BatchId, EarnerKey, EventId, SchemeVersion } from '../ids.js';
import type { ObfAccount } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import type { Batch, Batches } from './batches.js';
import type { HoldPace, Holds } from './hold.js';
import type { Ledger } from './ledger.js';
import type { RedisIncarnation } from './redis-incarnation.js';
import type { RedisTime } from '../platform/redis-clock.js';

/** How one earner stands with a badge at this instant, decided anew just before it is sent. */
export type Eligibility =
  | { readonly is: 'held'; readonly event: EventId }
  /** `moved`: this address is not to be given it any more; its person is to be evaluated. */
  | { readonly is: 'not-due'; readonly moved?: boolean }
  | { readonly is: 'due'; readonly award: DueAward };

export interface DueAward {
  readonly award: AwardId;
  readonly version: SchemeVersion;
  readonly earnedBy: readonly AssertionId[];
  /** What set it off. */
  readonly cause: string | null;
  readonly contact: { readonly address: string; readonly name: string | null };
}

export type DueAwards = ReadonlyMap<EarnerKey, DueAward>;

export interface Issuing {
  /** The Région's own account. */
  readonly account: ObfAccount;
  readonly ledger: Ledger;
  readonly batches: Batches;
  readonly holds: Holds;
  readonly holdPace: HoldPace;
  /** How many of a badge wait for a batch. */
  readonly waiting: (badgeId: BadgeId) => Promise<number>;
  readonly incarnation: RedisIncarnation;
  /** Whether those servers that would take over from the present ones have all that was written. */
  readonly isHeld: () => Promise<boolean>;
  /** Brings what we know of the Région's own account up to date. Throws when OBF cannot be read. */
  readonly lookInObf: (signal: AbortSignal, thorough: boolean) => Promise<void>;
  /**
   * Reads again what their awards of this badge count on, where nothing else tells of a change. Resolves with those of
   * whom it cannot be read, and why. Throws when OBF cannot be reached.
   */
  readonly verify: (
    badgeId: BadgeId,
    earners: readonly EarnerKey[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EarnerKey, unknown>>;
  readonly checkEligibility: (badgeId: BadgeId, earner: EarnerKey) => Promise<Eligibility>;
  /**
   * Told of every event that was issued, before the earners' records are. Without `due`: what it was for is
   * not known any more, OBF's `log_entry` says it.
   */
  readonly issued: (event: EventId, batch: Batch, due: DueAwards | null) => Promise<void>;
  /** Has these earners evaluated: an award can complete another, and what follows leaves as quietly. */
  readonly evaluate: (earners: readonly EarnerKey[], suppressEmail: boolean) => Promise<void>;
  /** Has these taken before all others: what a split leaves open stays little. */
  readonly enqueueParts: (badgeId: BadgeId, ids: readonly BatchId[]) => Promise<void>;
  /** Has a batch issued whose job has failed, or is about to. */
  readonly sendAgain: (badgeId: BadgeId, id: BatchId, signal: AbortSignal) => Promise<void>;
  /** Throws QuotaLow when OBF's quota would not do for so many. `now`: OBF is asked in any case. */
  readonly requireQuota: (count: number, signal: AbortSignal, now?: boolean) => Promise<void>;
  readonly now: RedisTime;
  readonly clock: Clock;
  /** How long the issue call may take in all, waiting for its turn included, milliseconds. */
  readonly sendWithinMs: number;
  /** How long after a call of unknown outcome OBF's own account is to be believed, milliseconds. */
  readonly settleMs: number;
  /** Told when each named point of the story is reached; tests stop the process there. */
  readonly reached: (point: CrashPoint) => void;
}

export type CrashPoint = 'after-claim' | 'before-send' | 'after-send' | 'before-record' | 'after-record';

/** The call was made and its outcome is not known; OBF is read once `waitMs` have passed. */
export class NotSettledYet extends Error {
  readonly code = 'not_settled_yet';
  constructor(
    readonly waitMs: number,
    options?: ErrorOptions,
  ) {
    super(`A batch of unknown outcome settles in ${Math.ceil(waitMs / 1000)} s`, options);
    this.name = 'NotSettledYet';
  }
}

/** What remains to be done about a batch. */
export interface IssueOutcome {
  /** Earners to evaluate anew. */
  readonly again: readonly EarnerKey[];
  /** Batches that took this one's place. */
  readonly split: readonly BatchId[];
}

/** The journal entry of each earner: what it was decided on; null where that is not known any more. */
export const telling =
  (
    kind: 'issued' | 'refused',
    { badgeId }: Batch,
    due: DueAwards | null,
    { atS, event = null, detail = null }: Pick<JournalEntry, 'atS'> & Partial<JournalEntry>,
  ) =>
  (earner: EarnerKey): JournalEntry | null => {
    const one = due?.get(earner);
    if (one === undefined) return null;
    const { award, version, earnedBy: assertions, cause } = one;
    return { kind, atS, earner, award, badgeId, assertions, cause, version, event, detail };
  };
