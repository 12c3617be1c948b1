import { readHolds, type AwardOnHold } from '../../shared/stats.js';
import { readFlags, type FlaggedAward } from '../../shared/stats.js';
import { readQuota, type QuotaLeft } from '../../shared/stats.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Figures } from './figures.js';

/** How things stand at this instant. */
export interface Now {
  readonly notices: {
    /** Not read yet; those that are to be tried again are among them. */
    readonly waiting: number;
    /** 0: none waits. */
    readonly oldestAgeS: number;
  };
  /** Jobs that go on no more without ops. */
  readonly failed: number;
  readonly paused: boolean;
  /** Awards that OBF's account keeps from being issued. */
  readonly holds: readonly AwardOnHold[];
  /** Awards that are due and in no batch yet. */
  readonly due: number;
  readonly unknown: { readonly batches: number; readonly ageS: number };
  readonly flags: {
    readonly count: number;
    /** Oldest first; empty when there are too many to read them all. */
    readonly listed: readonly FlaggedAward[];
  };
  readonly quota: QuotaLeft;
  /** How late the reading of accounts is: no worker runs, or they do not keep up. */
  readonly lateS: number;
}

/** So many flags are read; all of more would take too long, and nobody reads them here. */
const MAX_FLAGS_READ = 1000;

export async function readNow(pipeline: Pipeline, figures: Figures): Promise<Now> {
  const { notices } = pipeline.queues;
  const flags = figures.sum('palier_flags');
  const [schedules, quota, holds, listed] = await Promise.all([
    notices.getJobSchedulersCount(),
    readQuota(pipeline),
    readHolds(pipeline),
    flags > 0 && flags <= MAX_FLAGS_READ ? readFlags(pipeline) : [],
  ]);
  const jobs = (state: string): number => figures.sum('palier_queue_jobs', { queue: 'notices', state });
  return {
    notices: {
      // Of each account's regular reading, one job always waits for its time.
      waiting:
        figures.sum('palier_notices_unsorted') + Math.max(0, jobs('waiting') + jobs('delayed') - schedules),
      oldestAgeS: figures.sum('palier_notices_oldest_age_seconds'),
    },
    failed: figures.sum('palier_queue_jobs', { state: 'failed' }),
    paused: figures.sum('palier_queue_paused', { queue: 'awards' }) > 0,
    holds,
    due: figures.sum('palier_awards_waiting'),
    unknown: {
      batches: figures.sum('palier_batches', { state: 'unknown' }),
      ageS: figures.sum('palier_batch_unknown_oldest_age_seconds'),
    },
    flags: { count: flags, listed },
    quota,
    lateS: figures.sum('palier_schedule_lateness_seconds', { schedule: 'poll' }),
  };
}
