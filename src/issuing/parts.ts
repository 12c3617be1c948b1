import type { AssertionId, AwardId, BadgeId, BatchId, EarnerKey, EventId, SchemeVersion } from '../ids.js';
import type { ObfAccount } from '../obf/account.js';
import type { Clock } from '../platform/clock.js';
import type { Meter } from '../platform/meter.js';
import type { RedisTime } from '../platform/redis-clock.js';
import type { ReplicationBarrier } from '../platform/replication.js';
import type { Batches } from './batches.js';
import type { HoldPace, Holds } from './hold.js';
import type { Ledger } from './ledger.js';
import type { Outbox } from './outbox.js';
import type { Quota } from './quota.js';
import type { RedisIncarnation } from './redis-incarnation.js';
import type { RegionAccountSync } from './region-account-sync.js';

/** The steps of issuing after which a test stops the process. */
export type CrashPoint = 'after-claim' | 'before-send' | 'after-send' | 'before-record' | 'after-record';

export interface IssuePace extends HoldPace {
  /** How long one issue call may take in all, milliseconds. */
  readonly sendWithinMs: number;
  /** How long after a call of unknown outcome OBF is believed, milliseconds; above `sendWithinMs`. */
  readonly settleMs: number;
}

export interface DueAward {
  readonly award: AwardId;
  readonly version: SchemeVersion;
  readonly earnedBy: readonly AssertionId[];
  /** What set it off. */
  readonly cause: string | null;
  readonly contact: { readonly address: string; readonly name: string | null };
}

export type DueAwards = ReadonlyMap<EarnerKey, DueAward>;

/** Whether one earner is due a badge at this instant, decided anew just before it is sent. */
export type Eligibility =
  | { readonly is: 'held'; readonly event: EventId }
  /** `moved`: this address is not to be given it any more; its person is to be evaluated. */
  | { readonly is: 'not-due'; readonly moved?: boolean }
  | { readonly is: 'due'; readonly award: DueAward };

/** What issuing asks of the rules and the queues, which it does not know. */
export interface IssuingPorts {
  readonly checkEligibility: (badgeId: BadgeId, earner: EarnerKey) => Promise<Eligibility>;
  /**
   * Reads the hosted credentials again that this badge counts on.
   * @returns the earners with one that cannot be read, and why: they are not decided on
   */
  readonly verifyHosted: (
    badgeId: BadgeId,
    earners: readonly EarnerKey[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EarnerKey, unknown>>;
  /** Has these earners evaluated; what follows leaves without an e-mail if `suppressEmail`. */
  readonly evaluate: (earners: readonly EarnerKey[], suppressEmail: boolean) => Promise<void>;
  /** Has a batch issued, before all that wait. */
  readonly enqueueBatch: (badgeId: BadgeId, batchId: BatchId) => Promise<void>;
  /** Has a batch issued whose job has failed, or is about to. */
  readonly retryBatch: (badgeId: BadgeId, batchId: BatchId, signal: AbortSignal) => Promise<void>;
}

/** What a batch is issued with. */
export interface IssuingParts {
  readonly batches: Batches;
  readonly outbox: Outbox;
  readonly holds: Holds;
  readonly ledger: Ledger;
  readonly quota: Quota;
  readonly incarnation: RedisIncarnation;
  readonly replicas: ReplicationBarrier;
  readonly regionAccount: ObfAccount;
  readonly regionSync: RegionAccountSync;
  readonly meter: Meter;
  /** Redis' time, asked for now; `clock` is the same as far as the last answer goes. */
  readonly now: RedisTime;
  readonly clock: Clock;
  readonly pace: IssuePace;
  readonly reached: (point: CrashPoint) => void;
  readonly ports: IssuingPorts;
}
