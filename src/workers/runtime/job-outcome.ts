import { setTimeout as pause } from 'node:timers/promises';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
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
import type { QueueName } from '../../queue/jobs.js';
import { SchemeUnreadable } from '../../scheme/schemes.js';
import type { Pipeline } from '../pipeline.js';

/** Turns errors into retries: of a whole job, or of one call within a long one. Also writes each job's log line. */

/** How often a job waits for an OBF that throttles, or loses its call, before each further wait uses up an attempt. */
const MAX_WAITS = 10;
/** The longest wait before an event that OBF shows incompletely is read again: some stay so for ever (decision 14). */
const MAX_LOOK_AGAIN_MS = 24 * 3_600_000;

/** What happens to a job that threw. */
export type Verdict =
  /** A retry would fail alike: the job stays in failed, with its reason, until ops replays it. */
  | { readonly do: 'fail'; readonly why: string }
  /** It is only too early; the job uses up no attempt. */
  | { readonly do: 'later'; readonly inMs: number }
  | { readonly do: 'retry'; readonly notBeforeMs?: number };

/** Errors that a retry would meet again. */
const FINAL = [ObfRefused, RowUnreadable, VaultError, RecordUnreadable, SchemeUnreadable, UnrecoverableError];

/**
 * Pure. Decides what happens to a job that threw; no other place does.
 * @param delays how often this job was delayed without using up an attempt
 */
export function classifyError(error: unknown, delays = 0): Verdict {
  const isLongWait = delays >= MAX_WAITS;
  // OBF counts by client, and the rate limiter holds this client's calls back. The jobs of others go on.
  if (error instanceof ObfThrottled && !(error instanceof RateQueueFull) && isLongWait)
    return { do: 'retry', notBeforeMs: error.retryAfterMs };
  if (error instanceof ObfThrottled) return { do: 'later', inMs: error.retryAfterMs };
  // With a cause, a call was made.
  if (error instanceof NotSettledYet && error.cause !== undefined && isLongWait)
    return { do: 'retry', notBeforeMs: error.waitMs };
  if (error instanceof NotSettledYet || error instanceof OnHold) return { do: 'later', inMs: error.waitMs };
  if (error instanceof EventIncomplete)
    return { do: 'later', inMs: Math.min(MAX_LOOK_AGAIN_MS, error.firstMs * 2 ** delays) };
  for (const final of FINAL) if (error instanceof final) return { do: 'fail', why: error.message };
  return { do: 'retry' };
}

/** Applies a verdict, by throwing the error that BullMQ takes for it. */
export async function applyErrorPolicy(
  job: Job,
  token: string | undefined,
  verdict: Verdict,
  error: unknown,
): Promise<never> {
  switch (verdict.do) {
    case 'later':
      // Where Redis refuses the delay, the job runs again once its lock expires: a failure would end a scheduled one.
      await job.moveToDelayed(Date.now() + verdict.inMs, token).catch(() => undefined);
      throw new DelayedError();
    case 'fail':
      throw new UnrecoverableError(verdict.why);
    case 'retry':
      // Ops are to read what OBF answered, not how long it is waited for.
      throw new AttemptFailed(
        error instanceof NotSettledYet ? (error.cause ?? error) : error,
        verdict.notBeforeMs ?? 0,
      );
  }
}

/** A failed attempt. BullMQ stores message and stack in Redis, so they hold no more than a log line may. */
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

/** BullMQ's hook: returns the wait before the next attempt. */
export const backoffStrategy = (attemptsMade: number, _type?: string, error?: Error): number =>
  backoffMs(attemptsMade, error instanceof AttemptFailed ? error.notBeforeMs : null, Math.random());

/** One to two minutes in all, with waits that double from one second on. */
const TRIES = 8;

const waitFor = (forMs: number, signal: AbortSignal): Promise<void> => pause(forMs, undefined, { signal });

/** How long OBF may ask one call to wait, in all: a client that it throttles for ever must not hold up the others. */
const THROTTLED_FOR_MS = 3_600_000;

interface RetryOptions {
  /** How many calls without an answer; 1: no retry. */
  readonly tries?: number;
  /** Returns a number in [0, 1). */
  readonly random?: () => number;
  readonly wait?: typeof waitFor;
}

/**
 * Retries a call within a long job, so that a short fault does not end hours of work. Retries for an hour while OBF
 * throttles, and `tries` times while OBF or Redis gives no answer.
 * @param call idempotent
 * @throws the last error of `call`; the signal's reason
 */
export async function retryTransient<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  { tries = TRIES, random = Math.random, wait = waitFor }: RetryOptions = {},
): Promise<T> {
  for (let [failed, throttledMs] = [0, 0]; ;) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const isTransient = error instanceof ObfNotSent || isRedisError(error);
      if (error instanceof ObfThrottled && (throttledMs += error.retryAfterMs) <= THROTTLED_FOR_MS)
        await wait(error.retryAfterMs, signal);
      else if (!isTransient || (failed += 1) >= tries) throw error;
      else await wait(backoffMs(failed, null, random()), signal);
    }
  }
}

/** The ids in a job's data that join its log line to others: the HTTP request and the cause. */
const correlationIds = z.object({
  request: z.string().optional().catch(undefined),
  cause: z.string().optional().catch(undefined),
});

const OUTCOMES = { later: 'later', retry: 'retry', fail: 'failed' } as const;

/** Starts measuring a run of a job. `done` and `notDone` log its one line and count it. */
export function startJobLog(queue: QueueName, job: Job, { log, meter }: Pick<Pipeline, 'log' | 'meter'>) {
  const startedMs = performance.now();
  const { name: kind } = job;
  const base = {
    queue,
    kind,
    job: job.id,
    attempt: job.attemptsMade + 1,
    ...correlationIds.safeParse(job.data).data,
  };
  const end = (outcome: string): number => {
    const durationMs = performance.now() - startedMs;
    meter.count('palier_jobs_total', { queue, kind, outcome });
    meter.time('palier_job_duration_seconds', { queue, kind }, durationMs);
    return Math.round(durationMs);
  };
  return {
    done: ({ did, facts }: JobResult): void => log.info({ ...base, ...facts, durationMs: end('done') }, did),
    notDone(err: unknown, verdict: Verdict): void {
      const isLast = base.attempt >= (job.opts.attempts ?? 1);
      const outcome = verdict.do === 'retry' && isLast ? 'failed' : OUTCOMES[verdict.do];
      const facts = { ...base, outcome, durationMs: end(outcome), err };
      // No award of this badge is issued until somebody mends the account.
      if (err instanceof OnHold && err.hasCheckedAccount) log.error(facts, 'issuing has stopped');
      else log.warn(facts, 'job not done');
    },
  };
}
