import { DelayedError, UnrecoverableError, Worker } from 'bullmq';
import type { NoticeJob } from '../queue/jobs.js';
import { ATTEMPTS, backoffMs } from '../queue/retry.js';
import type { Carried } from './carry-arrivals.js';
import type { Done } from './done.js';
import { beginJob } from './job-line.js';
import type { Pipeline } from './pipeline.js';
import { verdictOf, type Verdict } from './retry-policy.js';
import type { Notice } from './sort-arrivals.js';

/** What a notice asks for. */
export type Ingest = (pipeline: Pipeline, notice: NoticeJob, signal: AbortSignal) => Promise<Done>;

/**
 * Carries a notice out as a worker does its job, line and figures included. One that is not done begins as a job with
 * all of its attempts, after the wait that follows a first one; one that would fail for good is to stand in failed.
 */
export async function carryNotice(
  pipeline: Pipeline,
  { id, name, data }: Notice,
  ingest: Ingest,
  signal: AbortSignal,
): Promise<Carried> {
  const line = beginJob(
    'notices',
    { id, name, data, attemptsMade: 0, opts: { attempts: ATTEMPTS } },
    pipeline,
  );
  try {
    line.done(await ingest(pipeline, data, signal));
    return 'done';
  } catch (error) {
    const verdict = verdictOf(error);
    line.notDone(error, thrownFor(verdict, error));
    switch (verdict.do) {
      case 'pause':
        await pauseAll(pipeline, verdict.forMs);
        return { afterMs: 0 };
      case 'later':
        return { afterMs: verdict.inMs };
      case 'fail':
        return { refused: verdict.why };
      case 'retry':
        return { afterMs: backoffMs(1, verdict.notBeforeMs ?? null, Math.random()) };
    }
  }
}

/** What BullMQ would be told of a job. */
function thrownFor(verdict: Verdict, error: unknown): unknown {
  if (verdict.do === 'pause') return Worker.RateLimitError();
  if (verdict.do === 'later') return new DelayedError();
  return verdict.do === 'fail' ? new UnrecoverableError(verdict.why) : error;
}

/** As a job that OBF asks to wait does. That Redis does not take it shows where the notice is to become a job. */
async function pauseAll({ queues, log }: Pipeline, forMs: number): Promise<void> {
  await queues.notices
    .rateLimit(forMs)
    .catch((err: unknown) => log.warn({ err }, 'the pause could not be told'));
}
