import { type Job, Worker } from 'bullmq';
import { flushPeriodically } from '../../platform/meter.js';
import { isCluster, type RedisConnection } from '../../platform/redis.js';
import { rateLimitedLog } from '../../platform/logger.js';
import { type Disposer, SHUTDOWN_LIMIT_MS } from '../../platform/lifecycle.js';
import { DEFAULT_PREFIX, prefixOf, type QueueName, QUEUES } from '../../queue/jobs.js';
import { applyErrorPolicy, backoffStrategy, classifyError, startJobLog } from './job-outcome.js';
import { keepDelays } from './schedules.js';
import { HANDLERS } from './handlers.js';
import type { Pipeline } from '../pipeline.js';

/** A worker of one queue that can also be closed without Redis. */
export class QueueWorker extends Worker {
  jobsInHand = 0;

  /**
   * Closes the worker without a command to Redis, for when `close()` waits for a Redis that is away. Pending commands
   * end with the shared connection. Another worker takes over a job in hand once its lock expires.
   */
  async forceClose(): Promise<void> {
    await this.pause(true);
    await this.lockManager.close();
    await this.backend.close(true);
  }
}

const CHECK_EVERY_MS = 500;

/**
 * Closes a worker within a limit, since `worker.close()` waits for its jobs and for Redis without one.
 * - After the limit, it cancels the jobs, which go back to their queue.
 * - Without a job to wait for and without Redis, it closes by force.
 * @param isInVain called every half second; true twice in a row closes by force
 */
export async function closeWithTimeout(
  worker: Pick<QueueWorker, 'close' | 'cancelAllJobs' | 'forceClose'>,
  limitMs: number,
  isInVain: () => boolean,
): Promise<void> {
  const closed = worker.close().then(() => true);
  let wasInVain = false;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += CHECK_EVERY_MS) {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), CHECK_EVERY_MS);
    });
    if (await Promise.race([closed, tick]).finally(() => clearTimeout(timer))) return;
    const isNow = isInVain();
    if (wasInVain && isNow) return worker.forceClose();
    wasInVain = isNow;
  }
  worker.cancelAllJobs('the process stops');
}

/**
 * How many jobs of each queue one process works on at a time. OBF's rate is the limit, not these. The many notices let
 * events of one account be read in batches.
 */
const CONCURRENCY: Readonly<Record<QueueName, number>> = {
  arrivals: 4,
  notices: 96,
  earners: 32,
  awards: 4,
  maintenance: 2,
  mails: 2,
};

/** High, since every job may run again: kills must not move a job to failed. */
const MAX_STALLED = 100;

/** Starts this process' workers. @returns what stops them, after their jobs finish or go back to the queue */
export function startWorkers(
  pipeline: Pipeline,
  connection: RedisConnection,
  prefix: string = DEFAULT_PREFIX,
  names: readonly QueueName[] = QUEUES,
): Disposer {
  // Read at the start, so that a Redis emptied later is recognised as such.
  pipeline.incarnation
    .knownSinceMs()
    .catch((err: unknown) => pipeline.log.warn({ err }, 'Redis does not answer yet'));
  const workers = names.map((name) => startWorker(name, pipeline, connection, prefix));
  const stopCounting = flushPeriodically(pipeline.meter, pipeline.log);
  const stopDelays = keepDelays(pipeline);
  const close = (worker: QueueWorker): Promise<void> =>
    closeWithTimeout(
      worker,
      SHUTDOWN_LIMIT_MS - 5000,
      () => connection.status !== 'ready' && worker.jobsInHand === 0,
    );
  return async () => {
    await stopDelays();
    await Promise.all(workers.map(close));
    await stopCounting();
  };
}

const BACK_TO_QUEUE = { do: 'later', inMs: 0 } as const;

function startWorker(name: QueueName, pipeline: Pipeline, connection: RedisConnection, prefix: string) {
  const { pace, telemetry, replicas, log } = pipeline;
  // BullMQ gives a signal only to a function with three parameters, and one with a default value counts for none.
  const work = async (job: Job, token?: string, given?: AbortSignal): Promise<void> => {
    const signal = given ?? new AbortController().signal;
    const jobLog = startJobLog(name, job, pipeline);
    const epoch = replicas.epoch();
    worker.jobsInHand += 1;
    try {
      const progress = { before: job.progress, report: (value: object) => job.updateProgress(value) };
      const result = await HANDLERS[name](pipeline, job.data, signal, progress);
      // The job ends once its writes are replicated: they may be on other servers than the job itself.
      if (result.onlyQueued !== true) await replicas.waitForReplicas(epoch);
      jobLog.done(result);
    } catch (error) {
      const delays = job.attemptsStarted - job.attemptsMade - 1;
      // A cancelled job goes back to its queue: a scheduled one has a single attempt, and would else be lost.
      const verdict = signal.aborted ? BACK_TO_QUEUE : classifyError(error, delays);
      jobLog.notDone(error, verdict);
      await applyErrorPolicy(job, token, verdict, error);
    } finally {
      worker.jobsInHand -= 1;
    }
  };
  const worker: QueueWorker = new QueueWorker(name, work, {
    connection,
    prefix: prefixOf(prefix, name, isCluster(connection)),
    concurrency: CONCURRENCY[name],
    lockDuration: pace.lockMs,
    stalledInterval: pace.lockMs,
    maxStalledCount: MAX_STALLED,
    settings: { backoffStrategy },
    ...(telemetry === null ? {} : { telemetry }),
  });
  worker.on(
    'error',
    rateLimitedLog(
      (err) => log.warn({ queue: name, err }, 'worker error'),
      (err) => log.debug({ queue: name, err }, 'worker error'),
    ),
  );
  // Another worker may have the job by now: cancel it before its next side effect.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock was lost');
  });
  return worker;
}
