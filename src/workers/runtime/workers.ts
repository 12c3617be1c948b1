import { type Job, Worker } from 'bullmq';
import { keepFlushed } from '../../platform/meter.js';
import { isCluster, type RedisConnection } from '../../platform/redis.js';
import { rateLimitedLog } from '../../platform/logger.js';
import { type Disposer, SHUTDOWN_LIMIT_MS } from '../../platform/lifecycle.js';
import { DEFAULT_PREFIX, prefixOf, type QueueName, QUEUES } from '../../queue/jobs.js';
import { PAUSED_AT } from '../../queue/enqueue.js';
import { applyErrorPolicy, backoffStrategy, classifyError, startJobLog } from './job-outcome.js';
import { keepDelays } from './schedules.js';
import { HANDLERS } from './handlers.js';
import type { Pipeline } from '../pipeline.js';

/** A worker of a queue that can also be ended where there is no Redis to ask. */
export class QueueWorker extends Worker {
  jobsInHand = 0;

  /**
   * Ends it as it stands, for one whose `close()` waits in vain: for a Redis that is away, or a connection that was
   * never there. Nothing is asked of Redis, and what was asked ends with the connection that it shares; a job that
   * it had is found when its lock ends.
   */
  async forceClose(): Promise<void> {
    await this.pause(true);
    await this.lockManager.close();
    await this.backend.close(true);
  }
}

/** How often it is looked whether there is anything to wait for. */
const LOOK_EVERY_MS = 500;

/**
 * Ends a worker. `worker.close()` waits for its jobs, and for what it asks Redis, however long they take.
 * - Past the limit its jobs are given back.
 * - Where Redis is away and the worker has no job, nothing is waited for: it is ended by force.
 * @param isInVain asked every half second; true twice in a row ends the waiting
 */
export async function closeWithTimeout(
  worker: Pick<QueueWorker, 'close' | 'cancelAllJobs' | 'forceClose'>,
  limitMs: number,
  isInVain: () => boolean,
): Promise<void> {
  const closed = worker.close().then(() => true);
  let wasInVain = false;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += LOOK_EVERY_MS) {
    let timer: NodeJS.Timeout | undefined;
    const look = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), LOOK_EVERY_MS);
    });
    if (await Promise.race([closed, look]).finally(() => clearTimeout(timer))) return;
    const isNow = isInVain();
    if (wasInVain && isNow) return worker.forceClose();
    wasInVain = isNow;
  }
  worker.cancelAllJobs('the process stops');
}

/**
 * How many jobs of each queue one process works on at a time. OBF's rate is the limit, not these. Notices of one
 * account that are in hand together are read together.
 */
const CONCURRENCY: Readonly<Record<QueueName, number>> = {
  arrivals: 4,
  notices: 96,
  earners: 32,
  awards: 4,
  maintenance: 2,
  mails: 2,
};

/**
 * A pause that OBF asked of one worker is looked for in Redis by the others only where there is a limit; this one
 * is never reached.
 */
const HEED_PAUSES = { max: PAUSED_AT, duration: 1000 };

/** Two hard kills must not put a job in failed: every job may be run again. */
const MAX_STALLED = 100;

/** Starts this process' workers, of all queues unless some are named; the release finishes what is under way, or gives it back. */
export function startWorkers(
  pipeline: Pipeline,
  connection: RedisConnection,
  prefix: string = DEFAULT_PREFIX,
  names: readonly QueueName[] = QUEUES,
): Disposer {
  // Known from the start, so that a Redis that is emptied later is not taken for a new one.
  pipeline.incarnation
    .knownSinceMs()
    .catch((err: unknown) => pipeline.log.warn({ err }, 'Redis is not there yet'));
  const workers = names.map((name) => startWorker(name, pipeline, connection, prefix));
  const stopCounting = keepFlushed(pipeline.meter, pipeline.log);
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

function startWorker(name: QueueName, pipeline: Pipeline, connection: RedisConnection, prefix: string) {
  const { pace, telemetry, replicas, log } = pipeline;
  const work = async (job: Job, token?: string, signal = new AbortController().signal): Promise<void> => {
    const line = startJobLog(name, job, pipeline);
    const mark = replicas.epoch();
    worker.jobsInHand += 1;
    try {
      const progress = { before: job.progress, report: (far: object) => job.updateProgress(far) };
      const done = await HANDLERS[name](pipeline, job.data, signal, progress);
      // The job goes when what it leads to is safe: they may stand on different servers.
      if (done.onlyQueued !== true) await replicas.waitForReplicas(mark);
      line.done(done);
    } catch (error) {
      const verdict = classifyError(error, job.attemptsStarted - job.attemptsMade - 1);
      line.notDone(error, verdict);
      await applyErrorPolicy(worker, job, token, verdict, error);
    } finally {
      worker.jobsInHand -= 1;
    }
  };
  const worker: QueueWorker = new QueueWorker(name, work, {
    connection,
    prefix: prefixOf(prefix, name, isCluster(connection)),
    concurrency: CONCURRENCY[name],
    limiter: HEED_PAUSES,
    lockDuration: pace.lockMs,
    stalledInterval: pace.lockMs,
    maxStalledCount: MAX_STALLED,
    settings: { backoffStrategy },
    ...(telemetry === null ? {} : { telemetry }),
  });
  worker.on(
    'error',
    rateLimitedLog(
      (err) => log.warn({ queue: name, err }, 'worker'),
      (err) => log.debug({ queue: name, err }, 'worker'),
    ),
  );
  // Somebody else may have the job by now: stop before the next thing that others would see.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock was lost');
  });
  return worker;
}
