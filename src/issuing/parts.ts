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

/** The times that issuing keeps, milliseconds, and the size of what leaves at once. */
export const ISSUING_PACE = {
  /** How long nothing has come before awards leave. */
  quietMs: 100,
  /** How long awards of one badge gather at most while more may come. */
  gatherMs: 10_000,
  /** How many leave at most in one issue call. */
  batchMax: 500,
  /** How long after the first refusal the account is looked at again; the distance doubles up to the second. */
  holdFirstMs: 5 * 60_000,
  holdMaxMs: 3_600_000,
  /** How long one issue call may take in all. */
  sendWithinMs: 20_000,
  /** How long after a call of unknown outcome OBF is believed; above `sendWithinMs`. */
  settleMs: 30_000,
  quota: {
    /** Issuing pauses rather than leave fewer than so many. */
    floor: 50,
    largeBatch: 100,
    /** How old a reading may be before a large batch, and otherwise. */
    freshMs: 10 * 60_000,
    maxAgeMs: 24 * 3_600_000,
  },
};

/** The steps of issuing after which a test stops the process. */
export type CrashPoint = 'after-claim' | 'before-send' | 'after-send' | 'before-record' | 'after-record';

/** What issuing is opened over. */
export interface IssuingSources {
  readonly redis: RedisConnection;
  /** Of the keys, without a hash tag. */
  readonly prefix: string;
  readonly earners: EarnerStore;
  readonly journal: Journal;
  readonly regionAccount: ObfAccount;
  /** Which events were read in full. */
  readonly events: EventIndex;
  readonly replicas: ReturnType<typeof createReplicationBarrier>;
  readonly meter: Meter;
  readonly log: Logger;
  /** Redis' time, asked for now; `clock` is the same as far as the last answer goes. */
  readonly now: RedisTime;
  readonly clock: Clock;
  readonly pace: Readonly<typeof ISSUING_PACE>;
  readonly reached: (point: CrashPoint) => void;
}

/** All that is stored of issuing. */
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
  /** As the journal tells it. */
  readonly told: {
    readonly earner: EarnerKey;
    readonly badgeId: BadgeId;
    readonly award: AwardId;
    readonly version: SchemeVersion;
    readonly assertions: readonly AssertionId[];
    /** What set it off. */
    readonly cause: string | null;
  };
  readonly contact: Contact;
}
export type DueAwards = ReadonlyMap<EarnerKey, DueAward>;

/** Whether one earner is due a badge at this instant, decided anew just before it is sent. */
export type Eligibility =
  | { readonly is: 'held'; readonly event: EventId }
  /** `moved`: this address is not to be given it any more; its person is to be evaluated. */
  | { readonly is: 'not-due'; readonly moved: boolean }
  /** A record or a credential cannot be read: it is not decided. */
  | { readonly is: 'unreadable'; readonly error: unknown }
  | ({ readonly is: 'due' } & DueAward);

/** What issuing asks of the rules and the queues, which it does not know. */
export interface IssuingPorts {
  /** Reads the hosted credentials again that the badge counts on. @throws ObfThrottled, ObfNotSent: OBF cannot be reached */
  readonly checkEligibility: (
    badgeId: BadgeId,
    earners: readonly EarnerKey[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<EarnerKey, Eligibility>>;
  /** Has these earners evaluated; what follows leaves without an e-mail if `suppressEmail`. */
  readonly evaluate: (earners: readonly EarnerKey[], suppressEmail: boolean) => Promise<void>;
  /** Has a batch issued, before all that wait; also one whose job has failed, or is about to. */
  readonly issueSoon: (badgeId: BadgeId, batchId: BatchId, signal: AbortSignal) => Promise<void>;
}

/** What a batch is issued with. */
export type IssuingParts = IssuingSources &
  ReturnType<typeof openIssuing> & {
    readonly regionSync: {
      sync(signal: AbortSignal, thorough?: boolean): Promise<void>;
      noteIssued(): Promise<void>;
    };
    readonly ports: IssuingPorts;
  };

/** One run of a batch, as it is while this is done. */
export interface BatchRun extends IssuingParts {
  readonly batch: Batch;
  readonly signal: AbortSignal;
}

/** How a run of a batch ended, and what remains to be done about it. */
export interface BatchOutcome {
  readonly outcome: 'issued' | 'split' | 'nothing';
  /** Earners to evaluate anew. */
  readonly again: readonly EarnerKey[];
  /** Batches that took this one's place. */
  readonly split: readonly BatchId[];
  /** What the line of the log says of it. */
  readonly facts?: Readonly<Record<string, unknown>>;
}
