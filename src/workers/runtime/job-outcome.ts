import { setTimeout as pause } from 'node:timers/promises';
import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq';
import { z } from 'zod';
import { RecordUnreadable } from '../../earners/record.js';
import { OnHold } from '../../issuing/hold.js';
import { NotSettledYet } from '../../issuing/redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled, RateQueueFull } from '../../obf/errors.js';
import { EventIncomplete, RowUnreadable } from '../../obf/events.js';
import type { JobResult } from '../../platform/job.js';
import { describeError } from '../../platform/logger.js';
import { isRedisError } from '../../platform/redis-faults.js';
import { VaultError } from '../../platform/vault.js';
import { backoffMs } from '../../queue/enqueue.js';
import { awardJob, maintenanceJob, noticeQueueJob, type QueueName } from '../../queue/jobs.js';
import { SchemeUnreadable } from '../../scheme/schemes.js';
import type { Pipeline } from '../pipeline.js';

/** What an error leads to, of a run of a job or of one call within a long one; and the run's line in the log. */

const MAX_PAUSES = 10;
/** What OBF shows in part is looked at again at distances that double up to this. */
const MAX_LOOK_AGAIN_MS = 3_600_000;

/** What is to become of a job that threw. Pure: the one place where errors turn into retry or not. */
export type Verdict =
  /** The same would happen again: it stands in failed, with its reason, until ops sends it again. */
  | { readonly do: 'fail'; readonly why: string }
  /** OBF asks everybody to wait: all workers pause together, and no attempt is burnt. */
  | { readonly do: 'pause'; readonly forMs: number }
  /** Nothing is wrong, it is only too early; no attempt is burnt. */
  | { readonly do: 'later'; readonly inMs: number }
  | { readonly do: 'retry'; readonly notBeforeMs?: number };

/** The same would happen again. */
const FINAL = [ObfRefused, RowUnreadable, VaultError, RecordUnreadable, SchemeUnreadable, UnrecoverableError];

/**
 * @param pauses how often this very job has paused everybody: one that always is told to wait would hold
 *   up all others for ever, so after `MAX_PAUSES` it alone waits
 */
export function classifyError(error: unknown, pauses = 0): Verdict {
  // Its own client's calls alone are too many: nobody else has to wait.
  if (error instanceof RateQueueFull) return { do: 'later', inMs: error.retryAfterMs };
  if (error instanceof ObfThrottled && pauses >= MAX_PAUSES)
    return { do: 'retry', notBeforeMs: error.retryAfterMs };
  if (error instanceof ObfThrottled) return { do: 'pause', forMs: error.retryAfterMs };
  if (error instanceof NotSettledYet || error instanceof OnHold) return { do: 'later', inMs: error.waitMs };
  if (error instanceof EventIncomplete)
    return { do: 'later', inMs: Math.min(MAX_LOOK_AGAIN_MS, error.firstMs * 2 ** pauses) };
  for (const final of FINAL) if (error instanceof final) return { do: 'fail', why: error.message };
  return { do: 'retry' };
}

/** BullMQ's own name for each verdict on the error; throws it. */
export async function applyErrorPolicy(
  worker: Worker,
  job: Job,
  token: string | undefined,
  verdict: Verdict,
  error: unknown,
): Promise<never> {
  switch (verdict.do) {
    case 'pause':
      await worker.rateLimit(verdict.forMs);
      throw Worker.RateLimitError();
    case 'later':
      await job.moveToDelayed(Date.now() + verdict.inMs, token);
      throw new DelayedError();
    case 'fail':
      throw new UnrecoverableError(verdict.why);
    case 'retry':
      throw new AttemptFailed(error, verdict.notBeforeMs ?? 0);
  }
}

/** What BullMQ keeps of an attempt that failed: its message and stack stand in Redis, so neither says more than a log. */
class AttemptFailed extends Error {
  constructor(
    error: unknown,
    readonly notBeforeMs: number,
  ) {
    const { type, message } = describeError(error);
    super(`${String(type)}: ${String(message)}`);
    this.stack = this.message;
  }
}

/** BullMQ's hook for the wait before the next attempt. */
export const backoffStrategy = (attemptsMade: number, _type?: string, error?: Error): number =>
  backoffMs(attemptsMade, error instanceof AttemptFailed ? error.notBeforeMs : null, Math.random());

/** With waits that double from a second on: one to two minutes in all. */
const TRIES = 8;

const waiting = (forMs: number, signal: AbortSignal): Promise<void> => pause(forMs, undefined, { signal });

interface RetryOptions {
  /** How often, where there was no answer; 1: the caller is to know at once. */
  readonly tries?: number;
  /** A number in [0, 1) at each call. */
  readonly random?: () => number;
  readonly wait?: typeof waiting;
}

/**
 * Calls again where nothing came of it: when OBF asks to wait, however often; when OBF or Redis gave no answer, a few
 * times. What takes hours is not given up for what passes in a minute.
 * @param call may be repeated
 * @throws what it threw last; the signal's reason
 */
export async function retryTransient<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  { tries = TRIES, random = Math.random, wait = waiting }: RetryOptions = {},
): Promise<T> {
  for (let failed = 0; ;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const isTransient = error instanceof ObfNotSent || isRedisError(error);
      if (error instanceof ObfThrottled) await wait(error.retryAfterMs, signal);
      else if (!isTransient || (failed += 1) >= tries) throw error;
      else await wait(backoffMs(failed, null, random()), signal);
    }
  }
}

/** What jobs are named: by their kind. Whatever else stands in a queue was put there by hand. */
const KINDS: ReadonlySet<string> = new Set([
  'arrivals',
  'evaluate',
  ...[...noticeQueueJob.options, ...awardJob.options, ...maintenanceJob.options].map(
    ({ shape }) => shape.kind.value,
  ),
]);

/** The ids in a job's data that join its line to others: the request that told of it, what set it off. */
const joining = z.object({
  request: z.string().optional().catch(undefined),
  cause: z.string().optional().catch(undefined),
});

/** `paused`: OBF asks everybody to wait. `later`: it was only too early. */
const OUTCOMES = { pause: 'paused', later: 'later', retry: 'retry', fail: 'failed' } as const;

/** Begins to measure. At the end, the run has its line in the log, and is counted. */
export function startJobLog(queue: QueueName, job: Job, { log, meter }: Pick<Pipeline, 'log' | 'meter'>) {
  const startedMs = performance.now();
  const kind = KINDS.has(job.name) ? job.name : 'other';
  const about = {
    queue,
    kind,
    job: job.id,
    attempt: job.attemptsMade + 1,
    ...joining.safeParse(job.data).data,
  };
  const end = (outcome: string): number => {
    const durationMs = performance.now() - startedMs;
    meter.count('palier_jobs_total', { queue, kind, outcome });
    meter.time('palier_job_duration_seconds', { queue, kind }, durationMs);
    return Math.round(durationMs);
  };
  return {
    done: ({ did, facts }: JobResult): void => log.info({ ...about, ...facts, durationMs: end('done') }, did),
    notDone(err: unknown, verdict: Verdict): void {
      const isLast = about.attempt >= (job.opts.attempts ?? 1);
      const outcome = verdict.do === 'retry' && isLast ? 'failed' : OUTCOMES[verdict.do];
      const said = { ...about, outcome, durationMs: end(outcome), err };
      // Everybody's awards of this badge stand still until somebody mends the account.
      if (err instanceof OnHold && err.looked) log.error(said, 'issuing has stopped');
      else log.warn(said, 'job not done');
    },
  };
}
