import type { Job } from 'bullmq';
import { z } from 'zod';
import { OnHold } from '../../issuing/hold.js';
import { awardJob, maintenanceJob, noticeQueueJob, type QueueName } from '../../queue/jobs.js';
import type { JobResult } from '../../platform/logger.js';
import type { Pipeline } from '../pipeline.js';
import type { Verdict } from './error-policy.js';

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
