import type { Job } from 'bullmq';
import { shownReason } from '../../queue/failure-kind.js';
import type { JobRef } from '../../queue/failed-jobs.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { aboutJob, namesIn, type About, type Names } from './about.js';
import { maskedData, shownText } from './masked.js';
import { reasonOf, type Reason } from './reason.js';

/** A failed job, as it may be shown: no address, no sealed one, no secret. */
export interface FailedJob extends JobRef {
  readonly about: About;
  readonly reason: Reason;
  /** As BullMQ keeps it, in one line. */
  readonly said: string;
  /** Unix milliseconds; null: not known. */
  readonly failedMs: number | null;
  readonly madeMs: number;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly data: Readonly<Record<string, string>>;
  /** Of its last attempts, the newest first. */
  readonly traces: readonly string[];
}

const MAX_TRACES = 3;
const MAX_TRACE_CHARS = 4000;

export type JobReading = Pick<Pipeline, 'queues' | 'scheme' | 'region'>;

/** Null: it is not failed any more, or is gone. */
export async function readFailedJob(
  { queues, scheme, region }: JobReading,
  { queue, id }: JobRef,
): Promise<FailedJob | null> {
  const job = await queues[queue].getJob(id);
  return job === undefined || !isFailed(job) ? null : shownJob(job, { queue, id }, namesIn(scheme, region));
}

/** In their order; those that are failed no more are left out. */
export async function readFailedJobs(
  reading: JobReading,
  refs: readonly JobRef[],
): Promise<readonly FailedJob[]> {
  const jobs = await Promise.all(refs.map((ref) => readFailedJob(reading, ref)));
  return jobs.filter((job) => job !== null);
}

/** Completed jobs are removed at once, and a job that is sent again has no end any more. */
const isFailed = ({ finishedOn, failedReason }: Job): boolean =>
  finishedOn !== undefined && typeof failedReason === 'string';

function shownJob(job: Job, ref: JobRef, names: Names): FailedJob {
  const data: unknown = job.data;
  return {
    ...ref,
    about: aboutJob(ref.queue, data, names),
    reason: reasonOf(job.failedReason, ref.queue, names.organisation),
    said: shownReason(job.failedReason),
    failedMs: job.finishedOn ?? null,
    madeMs: job.timestamp,
    attempts: job.attemptsMade,
    maxAttempts: job.opts.attempts ?? 1,
    data: maskedData(data),
    traces: (job.stacktrace ?? [])
      .slice(-MAX_TRACES)
      .toReversed()
      .map((trace) => shownText(trace, MAX_TRACE_CHARS)),
  };
}
