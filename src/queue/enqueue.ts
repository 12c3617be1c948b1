import { Queue, type JobsOptions, type JobState, type Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { Cluster, Redis } from 'ioredis';
import pMap from 'p-map';
import { rateLimitedLog, type Logger } from '../platform/logger.js';
import type { EarnerKey } from '../ids.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { redisNow } from '../platform/clock.js';
import { earnerJobId, linkMailId, DEFAULT_PREFIX, prefixOf, type QueueName } from './jobs.js';

/** Of BullMQ's own events, to which nobody listens: 10 000, its default, take a megabyte a queue. */
const EVENTS_KEPT = 100;

/**
 * Opens a queue over the caller's connection, which `close()` leaves open. The `skip` options keep BullMQ from talking
 * to Redis before the first job: a Redis that goes away just then would make the queue fail for good.
 * @param leavesMark BullMQ writes its version and its settings of the queue into Redis
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

/** The connection that a queue was opened over. @throws TypeError when it was opened otherwise */
export function connectionOf({ opts: { connection } }: Queue): RedisConnection {
  if (connection instanceof Redis || connection instanceof Cluster) return connection;
  throw new TypeError('A queue is opened over a connection of ours');
}

/** Spans of the queues, for the OpenTelemetry SDK that the process was started with (`node --import`). */
export const createTracing = (on: boolean): Telemetry | null =>
  on ? new BullMQOtel({ tracerName: 'palier' }) : null;

/** Failed work is tried again for over 24 hours: 60 waits that grow to an hour, with jitter. */
export const ATTEMPTS = 60;
const CAP_MS = 3_600_000;
/** The limiter of a queue that OBF paused stands at this; counted jobs never reach it. */
export const PAUSED_AT = 1_000_000_000;

/**
 * The wait before the next attempt, milliseconds.
 * @param attempt how many were made, from 1
 * @param retryAfterMs what OBF asked for: never less
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, random: number): number {
  const ceiling = Math.min(CAP_MS, 1000 * 2 ** Math.min(attempt - 1, 30));
  return Math.round(Math.max(ceiling / 2 + random * (ceiling / 2), retryAfterMs ?? 0));
}

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Earliest start, milliseconds from now. */
  readonly delayMs?: number;
}

/** The options of every job. */
export const optionsOf = ({ id, delayMs }: Pick<NewJob, 'id' | 'delayMs'>): JobsOptions => ({
  jobId: id,
  attempts: ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  ...(delayMs === undefined ? {} : { delay: delayMs }),
});

/** Redis could not take a job in time. It may be there all the same: ids make a repeat safe. */
export class EnqueueError extends Error {
  readonly code = 'enqueue_failed';
}

/** How many runs of one id may overlap. */
const MAX_OVERLAP = 8;

/** The ids of the runs of one job that may overlap, its own first. */
export const runsOf = (id: string): readonly string[] =>
  Array.from({ length: MAX_OVERLAP }, (_, run) => (run === 0 ? id : `${id}.${run}`));

/**
 * Guarantees a run that starts after this call. A waiting job will do; a failed one gets its full attempts again;
 * beside a running one, which may have read the world before the change, a follow-up is added. BullMQ's `add` drops
 * all three silently.
 */
export async function enqueue(queue: Queue, job: NewJob): Promise<void> {
  for (const id of runsOf(job.id)) if (await willRun(queue, { ...job, id })) return;
  throw new EnqueueError(`${queue.name}: ${MAX_OVERLAP} runs of one job overlap`);
}

/** Its state is read before it is added: any run that starts after that is a good one. */
async function willRun(queue: Queue, job: NewJob): Promise<boolean> {
  const state = await stateOf(queue, job.id);
  if (state === 'active') return false;
  if (state === 'failed' || state === 'completed') await retryJob(queue, job.id, state);
  else if (state === 'unknown') await enqueueIfAbsent(queue, job);
  return true;
}

/** Adds the job unless there is one of its id, in whatever state. */
export async function enqueueIfAbsent(queue: Queue, job: NewJob): Promise<void> {
  // A delay counts from Redis' clock: from that of a process that is ahead, others would wait longer.
  const made = job.delayMs === undefined ? {} : { timestamp: await redisNow(connectionOf(queue)) };
  await queue.add(job.name, job.data, { ...optionsOf(job), ...made });
}

/** BullMQ finds a state by walking through the waiting jobs: it is asked only for a job that was begun. */
async function stateOf(queue: Queue, id: string): Promise<JobState | 'unknown'> {
  const fields = ['timestamp', 'processedOn', 'finishedOn'] as const;
  const [made, begun, ended] = await connectionOf(queue).hmget(queue.toKey(id), ...fields);
  if (made === null) return 'unknown';
  return begun === null && ended === null ? 'waiting' : queue.getJobState(id);
}

/** Gives a job that has ended its full attempts again. Idempotent. @returns false when it is in that state no more */
export async function retryJob(
  queue: Queue,
  id: string,
  from: 'failed' | 'completed' = 'failed',
): Promise<boolean> {
  const job = await queue.getJob(id);
  try {
    await job?.retry(from, { resetAttemptsMade: true, resetAttemptsStarted: true });
    return job !== undefined;
  } catch (error) {
    if ((await stateOf(queue, id)) === from) throw error;
    return false;
  }
}

/** Jobs on their way to Redis at once: enough to fill its pipeline, few enough to stop in time. */
const AT_ONCE = { concurrency: 200 };

/** As `enqueue`, for many. Stops at the first failure; those stored before it are found waiting by a repeat. */
export async function enqueueAll(queue: Queue, jobs: Iterable<NewJob>): Promise<void> {
  await pMap(jobs, (job) => enqueue(queue, job), AT_ONCE);
}

/** Has each of these earners evaluated after this instant, once. `cause` joins the logs of both; `suppressEmail`: OBF sends no e-mail. */
export async function enqueueEarners(
  queue: Queue,
  earners: Iterable<EarnerKey>,
  cause: string,
  suppressEmail = false,
): Promise<void> {
  const about = suppressEmail ? { cause, suppressEmail } : { cause };
  // Made as they leave: everybody may be among them.
  const jobs = function* () {
    for (const earner of new Set(earners))
      yield { id: earnerJobId(earner), name: 'evaluate', data: { earner, ...about } };
  };
  await enqueueAll(queue, jobs());
}

/** Has the link to their page sent, once however often it is asked for before it leaves. @param by who asked, if not they */
export const enqueueLink = (mails: Queue, earner: EarnerKey, by?: string): Promise<void> =>
  enqueue(mails, {
    id: linkMailId(earner),
    name: 'link',
    data: { kind: 'link', earner, ...(by === undefined ? {} : { by }) },
  });
