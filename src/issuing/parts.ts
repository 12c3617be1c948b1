import type { Contact } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import type { AssertionId, AwardId, BadgeId, BatchId, EarnerKey, EventId, SchemeVersion } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import type { ObfAccount } from '../obf/account.js';
import type { EventIndex } from '../obf/read-state.js';
import type { Clock, RedisTime } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Meter } from '../platform/meter.js';
import type { RedisConnection } from '../platform/redis.js';
import type { createReplicationBarrier } from '../platform/replication.js';
import { createHolds, createQuota } from './hold.js';
import { createLedger } from './ledger.js';
import { createBatches, createOutbox, type Batch } from './outbox.js';
import { createRedisIncarnation } from './redis-incarnation.js';
import { createReviewFlags } from './review-flags.js';

/** The timings of issuing, milliseconds, and its limits. */
export const ISSUING_PACE = {
  /** How long no award has come due before a batch leaves. */
  quietMs: 100,
  /** How long the awards of one badge gather at most while more come due. */
  gatherMs: 10_000,
  /** How many recipients one issue call has at most. */
  batchMax: 500,
  /** How long after the first refusal the account is checked again; the delay doubles up to `holdMaxMs`. */
  holdFirstMs: 5 * 60_000,
  holdMaxMs: 3_600_000,
  /** How long one issue call may take in total. */
  sendWithinMs: 20_000,
  /** How long after a call of unknown outcome OBF is sure to show it; above `sendWithinMs`. */
  settleMs: 30_000,
  quota: {
    /** Issuing pauses when fewer badges would be left. */
    floor: 50,
    largeBatch: 100,
    /** How old a quota reading may be: before a large batch, and otherwise. */
    freshMs: 10 * 60_000,
    maxAgeMs: 24 * 3_600_000,
  },
};

/** The steps of issuing at which a test stops the process. */
export type CrashPoint = 'after-claim' | 'before-send' | 'after-send' | 'before-record' | 'after-record';

/** The connections and settings that issuing needs. */
export interface IssuingSources {
  readonly redis: RedisConnection;
  /** The prefix of the keys, without a hash tag. */
  readonly prefix: string;
  readonly earners: EarnerStore;
  readonly journal: Journal;
  readonly regionAccount: ObfAccount;
  /** Which events were read in full. */
  readonly events: EventIndex;
  readonly replicas: ReturnType<typeof createReplicationBarrier>;
  readonly meter: Meter;
  readonly log: Logger;
  /** Asks Redis for the time; `clock` extrapolates it from Redis' last answer. */
  readonly now: RedisTime;
  readonly clock: Clock;
  readonly pace: Readonly<typeof ISSUING_PACE>;
  readonly onCrashPoint: (point: CrashPoint) => void;
}

/** Opens all stores of issuing. */
export const openIssuing = (sources: IssuingSources) => {
  const { redis, prefix, earners, journal, clock, now, pace, regionAccount, replicas } = sources;
  return {
    ledger: createLedger(earners, journal, clock),
    flags: createReviewFlags(redis, prefix, earners, journal),
    outbox: createOutbox(redis, prefix, now),
    batches: createBatches(redis, prefix, now),
    holds: createHolds(redis, prefix, now, pace),
    quota: createQuota(redis, prefix, regionAccount, now, pace.quota),
    incarnation: createRedisIncarnation(redis, prefix, now, () => replicas.history()),
  };
};

export interface DueAward {
  /** The fields of its journal entry. */
  readonly entryFields: {
    readonly earner: EarnerKey;
    readonly badgeId: BadgeId;
    readonly award: AwardId;
    readonly version: SchemeVersion;
    readonly assertions: readonly AssertionId[];
    /** What triggered it. */
    readonly cause: string | null;
  };
  readonly contact: Contact;
}
export type DueAwards = ReadonlyMap<EarnerKey, DueAward>;

/** Whether one earner is due a badge, decided anew just before it is sent. */
export type Eligibility =
  | { readonly is: 'held'; readonly event: EventId }
  /** `isLinkedAway`: the address was linked to another, whose person is to be evaluated. */
  | { readonly is: 'not-due'; readonly isLinkedAway: boolean }
  /** A record or a credential cannot be read, so nothing is decided. */
  | { readonly is: 'unreadable'; readonly error: unknown }
  | ({ readonly is: 'due' } & DueAward);

/** What issuing needs from the rules and the queues, which it does not import. */
export interface IssuingPorts {
  /** Decides, after verifying hosted credentials again. @throws ObfThrottled, ObfNotSent: OBF is out of reach */
  readonly checkEligibility: (
    badgeId: BadgeId,
    earners: readonly EarnerKey[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EarnerKey, Eligibility>>;
  /** Has these earners evaluated; OBF sends no e-mail for what follows if `suppressEmail`. */
  readonly evaluate: (earners: readonly EarnerKey[], suppressEmail: boolean) => Promise<void>;
  /** Has a batch issued before all waiting ones, even if its job has failed or is about to. */
  readonly issueSoon: (badgeId: BadgeId, batchId: BatchId, signal: AbortSignal) => Promise<void>;
}

/** All that issuing a batch needs. */
export type IssuingParts = IssuingSources &
  ReturnType<typeof openIssuing> & {
    readonly regionSync: {
      sync(signal: AbortSignal, thorough?: boolean): Promise<void>;
      noteIssued(): Promise<void>;
    };
    readonly ports: IssuingPorts;
  };

/** One run of a batch, with the batch as it was last read or written. */
export interface BatchRun extends IssuingParts {
  readonly batch: Batch;
  readonly signal: AbortSignal;
}

/** How a run of a batch ended, and what remains to be done. */
export interface BatchOutcome {
  readonly outcome: 'issued' | 'split' | 'nothing';
  /** Earners to evaluate anew. */
  readonly toEvaluate: readonly EarnerKey[];
  /** Batches that took this one's place. */
  readonly replacedBy: readonly BatchId[];
  /** What its log line says. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
