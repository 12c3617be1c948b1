import type { Queue, Telemetry } from 'bullmq';
import type { EarnerStore } from '../earners/store.js';
import type { ClientId } from '../ids.js';
import type { CrashPoint } from '../issuing/types.js';
import type { GatherPace } from '../issuing/gathering.js';
import type { HoldPace, Holds } from '../issuing/hold.js';
import type { Flags } from '../issuing/flags.js';
import type { Memory } from '../issuing/memory.js';
import type { Ledger } from '../issuing/ledger.js';
import type { Batches } from '../issuing/batches.js';
import { QUOTA_LIMITS, type Quota, type QuotaLimits } from '../issuing/quota.js';
import type { Outbox } from '../issuing/outbox.js';
import type { Journal } from '../journal/journal.js';
import type { HostedCredentials } from '../obf/hosted.js';
import type { EventIndex } from '../obf/event-index.js';
import type { ReadProblems } from '../obf/read-problems.js';
import type { ObfAccount, ObfAccounts } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { Meter } from '../platform/meter.js';
import type { ReplicationBarrier } from '../platform/replication.js';
import type { Vault } from '../platform/vault.js';
import type { IgnoredBoard } from '../earners/unenrolled-badges.js';
import type { NewsBoard } from '../earners/partner-activity.js';
import type { QueueName } from '../queue/jobs.js';
import type { Scheme } from '../rules/types.js';
import type { CensusStore } from '../scheme/census-store.js';
import type { EventReading } from './event-reading.js';
import type { Mirror } from '../issuing/mirror.js';
import type { PeopleSources } from '../earners/people.js';
import type { Schemes } from '../scheme/schemes.js';
import type { Verified } from './verify-hosted.js';

/** The times that the pipeline keeps, and the size of what leaves at once. */
export interface Pace extends GatherPace, HoldPace {
  /** How long one issue call may take in all, milliseconds. */
  readonly sendWithinMs: number;
  /** How long after a call of unknown outcome OBF is believed, milliseconds; above `sendWithinMs`. */
  readonly settleMs: number;
  /** How old our picture of the Région's account may be when a notice is read, milliseconds. */
  readonly mirrorMaxAgeMs: number;
  /** How long a job stays with a process that no longer says that it is alive, milliseconds. */
  readonly lockMs: number;
  /** How soon an event that OBF shows in part is looked at again, at first, milliseconds. */
  readonly lookAgainMs: number;
  readonly quota: QuotaLimits;
}

export const PACE: Pace = {
  quietMs: 100,
  gatherMs: 10_000,
  batchMax: 500,
  sendWithinMs: 20_000,
  settleMs: 30_000,
  mirrorMaxAgeMs: 15_000,
  lockMs: 30_000,
  lookAgainMs: 2000,
  quota: QUOTA_LIMITS,
  holdFirstMs: 5 * 60_000,
  holdMaxMs: 3_600_000,
};

/** All that the jobs work with; wired in main.ts, and in the tests. */
export interface Pipeline {
  /** What this process was started with; whoever decides asks `schemes` which rules hold. */
  readonly scheme: Scheme;
  readonly schemes: Schemes;
  /** What is stored of each address; the stores below write parts of it. */
  readonly earners: EarnerStore;
  readonly journal: Journal;
  /** The Région's own OBF client. */
  readonly region: ClientId;
  /** For whoever looks at everybody. */
  readonly people: PeopleSources;
  readonly census: CensusStore;
  readonly regionAccount: ObfAccount;
  readonly accounts: ObfAccounts;
  /** Of the events that notices tell of. */
  readonly reading: EventReading;
  readonly hosted: HostedCredentials;
  readonly verified: Verified;
  /** Which events were read in full. */
  readonly events: EventIndex;
  readonly readProblems: ReadProblems;
  readonly news: NewsBoard;
  readonly ignored: IgnoredBoard;
  readonly mirror: Mirror;
  readonly ledger: Ledger;
  readonly flags: Flags;
  readonly quota: Quota;
  readonly holds: Holds;
  readonly outbox: Outbox;
  readonly batches: Batches;
  readonly memory: Memory;
  readonly replicas: ReplicationBarrier;
  readonly queues: Readonly<Record<QueueName, Queue>>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  /** Null: the jobs leave no spans. */
  readonly telemetry: Telemetry | null;
  readonly pace: Pace;
  readonly reached: (point: CrashPoint) => void;
}
