import type { Job, WorkerOptions } from 'bullmq';
import { keepFlushed } from '../platform/meter.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { rateLimitedLog } from '../platform/logger.js';
import { SHUTDOWN_LIMIT_MS, type Disposer } from '../platform/lifecycle.js';
import { DEFAULT_PREFIX, prefixOf, QUEUES, type QueueName } from '../queue/jobs.js';
import { PAUSED_AT } from '../queue/enqueue.js';
import { closeWithin } from './close-within.js';
import { HANDLERS } from './handlers.js';
import { beginJob } from './job-line.js';
import type { Pipeline } from './pipeline.js';
import { QueueWorker } from './queue-worker.js';
import { backoffStrategy, carryOut } from './retry-policy.js';

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
  pipeline.memory.sinceMs().catch((err: unknown) => pipeline.log.warn({ err }, 'Redis is not there yet'));
  const workers = names.map((name) => startWorker(name, pipeline, connection, prefix));
  const stopCounting = keepFlushed(pipeline.meter, pipeline.log);
  const isAway = (): boolean => connection.status !== 'ready';
  return async () => {
    await Promise.all(
      workers.map(({ worker, jobsInHand }) =>
        closeWithin(worker, SHUTDOWN_LIMIT_MS - 5000, () => isAway() && jobsInHand() === 0),
      ),
    );
    await stopCounting();
  };
}

interface Started {
  readonly worker: QueueWorker;
  readonly jobsInHand: () => number;
}

function startWorker(
  name: QueueName,
  pipeline: Pipeline,
  connection: RedisConnection,
  prefix: string,
): Started {
  let inHand = 0;
  const work: Work = async (job, token, signal) => {
    inHand += 1;
    await workOn(name, pipeline, worker, [job, token, signal]).finally(() => (inHand -= 1));
  };
  const worker: QueueWorker = new QueueWorker(name, work, {
    ...optionsOf(name, pipeline),
    connection,
    prefix: prefixOf(prefix, name, isCluster(connection)),
  });
  worker.on(
    'error',
    rateLimitedLog(
      (err) => pipeline.log.warn({ queue: name, err }, 'worker'),
      (err) => pipeline.log.debug({ queue: name, err }, 'worker'),
    ),
  );
  // Somebody else may have the job by now: stop before the next thing that others would see.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'its lock was lost');
  });
  return { worker, jobsInHand: () => inHand };
}

type Work = (job: Job, token?: string, signal?: AbortSignal) => Promise<void>;

async function workOn(
  name: QueueName,
  pipeline: Pipeline,
  worker: QueueWorker,
  [job, token, signal]: Parameters<Work>,
): Promise<void> {
  const line = beginJob(name, job, pipeline);
  const mark = pipeline.replicas.epoch();
  try {
    const progress = { before: job.progress, report: (far: object) => job.updateProgress(far) };
    const done = await HANDLERS[name](pipeline, job.data, signal ?? new AbortController().signal, progress);
    // The job goes when what it leads to is safe: they may stand on different servers.
    if (done.onlyQueued !== true) await pipeline.replicas.waitForReplicas(mark);
    line.done(done);
  } catch (error) {
    await carryOut(worker, job, token, error).catch((thrown: unknown) => {
      line.notDone(error, thrown);
      throw thrown;
    });
  }
}

/** But for where its queue stands. */
const optionsOf = (
  name: QueueName,
  { pace, telemetry }: Pick<Pipeline, 'pace' | 'telemetry'>,
): Omit<WorkerOptions, 'connection' | 'prefix'> => ({
  concurrency: CONCURRENCY[name],
  limiter: HEED_PAUSES,
  lockDuration: pace.lockMs,
  stalledInterval: pace.lockMs,
  maxStalledCount: MAX_STALLED,
  settings: { backoffStrategy },
  ...(telemetry === null ? {} : { telemetry }),
});
