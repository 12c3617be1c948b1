import { Queue, type JobsOptions, type JobState, type Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { Cluster, Redis } from 'ioredis';
import pMap from 'p-map';
import { rateLimitedLog, type Logger } from '../platform/logger.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { redisNow } from '../platform/clock.js';
import { earnerJobId, linkMailId, revokeJobId, DEFAULT_PREFIX, prefixOf, type QueueName } from './jobs.js';

/** How many of BullMQ's own events are kept: nobody reads them, and its default takes a megabyte a queue. */
const EVENTS_KEPT = 100;

/**
 * Opens a queue over the caller's connection, which `close()` leaves open. The `skip` options keep BullMQ from using
 * Redis before the first job. If Redis were lost during that use, the queue would fail for good.
 * @param leavesMark whether BullMQ writes its version and the queue's settings into Redis
 */
export function openQueue(
  name: QueueName,
  connection: RedisConnection,
  log: Logger,
  prefix: string = DEFAULT_PREFIX,
  telemetry: Telemetry | null = null,
  leavesMark = true,
): Queue {
  const queue = new Queue(name, {
    connection,
    prefix: prefixOf(prefix, name, isCluster(connection)),
    skipVersionCheck: true,
    skipWaitingForReady: true,
    skipMetasUpdate: !leavesMark,
    streams: { events: { maxLen: EVENTS_KEPT } },
    ...(telemetry === null ? {} : { telemetry }),
  });
  queue.on(
    'error',
    rateLimitedLog((err) => log.warn({ err }, `queue ${name}: no Redis`)),
  );
  return queue;
}

export type Queues = Readonly<Record<QueueName, Queue>>;

export const openQueues = (open: (name: QueueName) => Queue): Queues => ({
  arrivals: open('arrivals'),
  notices: open('notices'),
  earners: open('earners'),
  awards: open('awards'),
  maintenance: open('maintenance'),
  mails: open('mails'),
});

/** Returns the connection over which a queue was opened. @throws TypeError when `openQueue` did not open it */
export function connectionOf({ opts: { connection } }: Queue): RedisConnection {
  if (connection instanceof Redis || connection instanceof Cluster) return connection;
  throw new TypeError('The queue has no ioredis connection: open it with `openQueue`');
}

/** Makes spans of the queues for the OpenTelemetry SDK with which the process was started (`node --import`). */
export const createTracing = (on: boolean): Telemetry | null =>
  on ? new BullMQOtel({ tracerName: 'palier' }) : null;

/** A failed job is retried for over 24 hours: 60 delays that grow to an hour, with jitter. */
export const ATTEMPTS = 60;
const MAX_BACKOFF_MS = 3_600_000;

/**
 * Returns the delay before the next attempt, milliseconds.
 * @param attempt how many were made, from 1
 * @param retryAfterMs the least delay, as OBF asked for
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, random: number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, 1000 * 2 ** Math.min(attempt - 1, 30));
  return Math.round(Math.max(ceiling / 2 + random * (ceiling / 2), retryAfterMs ?? 0));
}

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Earliest start, milliseconds from now. */
  readonly delayMs?: number;
}

/** Returns the BullMQ options of a job. */
export const optionsOf = ({ id, delayMs }: Pick<NewJob, 'id' | 'delayMs'>): JobsOptions => ({
  jobId: id,
  attempts: ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  ...(delayMs === undefined ? {} : { delay: delayMs }),
});

/** Redis did not accept a job in time. It may be stored all the same: ids make a repeat safe. */
export class EnqueueError extends Error {
  readonly code = 'enqueue_failed';
}

/** How many runs of one id may overlap. */
const MAX_OVERLAP = 8;

/** Returns the ids of one job's runs that may overlap, its own first. */
export const overlappingJobIds = (id: string): readonly string[] =>
  Array.from({ length: MAX_OVERLAP }, (_, run) => (run === 0 ? id : `${id}.${run}`));

/**
 * Guarantees a run that starts after this call. A waiting job is enough; a failed one gets its full attempts again.
 * Beside an active one, which may have read its data before the change, a follow-up is added. BullMQ's `add` ignores
 * the call in all three cases.
 */
export async function enqueue(queue: Queue, job: NewJob): Promise<void> {
  for (const id of overlappingJobIds(job.id)) if (await willRun(queue, { ...job, id })) return;
  throw new EnqueueError(`${queue.name}: ${MAX_OVERLAP} runs of one job overlap`);
}

/** Returns false for an active job. The state is read first, so any run that starts afterwards will do. */
async function willRun(queue: Queue, job: NewJob): Promise<boolean> {
  const state = await stateOf(queue, job.id);
  if (state === 'active') return false;
  const isEnded = state === 'failed' || state === 'completed';
  if (isEnded && (await retryJob(queue, job.id, state))) return true;
  // An ended job may have been removed since.
  if (isEnded || state === 'unknown') await enqueueIfAbsent(queue, job);
  return true;
}

/** Adds the job unless one with its id exists, in any state. */
export async function enqueueIfAbsent(queue: Queue, job: NewJob): Promise<void> {
  // A delay counts from Redis' clock: counted from a process that is ahead, it would be longer.
  const timestamp = job.delayMs === undefined ? {} : { timestamp: await redisNow(connectionOf(queue)) };
  await queue.add(job.name, job.data, { ...optionsOf(job), ...timestamp });
}

/** Reads a job's state. BullMQ scans all waiting jobs for it, so it is asked only for a job that was begun. */
async function stateOf(queue: Queue, id: string): Promise<JobState | 'unknown'> {
  const fields = ['timestamp', 'processedOn', 'finishedOn'] as const;
  const [created, begun, ended] = await connectionOf(queue).hmget(queue.toKey(id), ...fields);
  if (created === null) return 'unknown';
  return begun === null && ended === null ? 'waiting' : queue.getJobState(id);
}

/** Gives an ended job its full attempts again. Idempotent. @returns false when it is no longer in that state */
export async function retryJob(queue: Queue, id: string, from: 'failed' | 'completed' = 'failed') {
  const job = await queue.getJob(id);
  try {
    await job?.retry(from, { resetAttemptsMade: true, resetAttemptsStarted: true });
    return job !== undefined;
  } catch (error) {
    if ((await stateOf(queue, id)) === from) throw error;
    return false;
  }
}

/** How many jobs are enqueued at once: enough to keep Redis busy, few enough to stop in time. */
const AT_ONCE = { concurrency: 200 };

/** As `enqueue`, for many. Stops at the first failure; a repeat finds the stored ones waiting. */
export async function enqueueAll(queue: Queue, jobs: Iterable<NewJob>): Promise<void> {
  await pMap(jobs, (job) => enqueue(queue, job), AT_ONCE);
}

/** Has these earners evaluated once, after this call. @param suppressEmail OBF sends no e-mail for what follows */
export async function enqueueEarners(
  queue: Queue,
  earners: Iterable<EarnerKey>,
  cause: string,
  suppressEmail = false,
): Promise<void> {
  const about = suppressEmail ? { cause, suppressEmail } : { cause };
  // Made one by one, since these may be all earners.
  const jobs = function* () {
    for (const earner of new Set(earners))
      yield { id: earnerJobId(earner), name: 'evaluate', data: { earner, ...about } };
  };
  await enqueueAll(queue, jobs());
}

/**
 * Has the award revoked that OBF shows at this address, if it still must be.
 * @param isBegun the ledger says `revoking`: a run at work ends it, and a second one would repeat its call
 */
export async function enqueueRevocation(
  awards: Queue,
  earner: EarnerKey,
  badgeId: BadgeId,
  isBegun = false,
): Promise<void> {
  const id = revokeJobId(earner, badgeId);
  const job = { id, name: 'revoke', data: { kind: 'revoke', badgeId, earner } };
  await (isBegun ? willRun : enqueue)(awards, job);
}

/** Has the link to their page sent to an earner, once for all calls until then. @param by the operator who asked */
export const enqueueLink = (mails: Queue, earner: EarnerKey, by?: string): Promise<void> =>
  enqueue(mails, {
    id: linkMailId(earner),
    name: 'link',
    data: { kind: 'link', earner, ...(by === undefined ? {} : { by }) },
  });
