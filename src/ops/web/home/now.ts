import type { Pipeline } from '../../../workers/pipeline.js';
import {
  type AwardOnHold,
  type FlaggedAward,
  type QuotaLeft,
  readFlags,
  readHolds,
  readQuota,
} from '../../shared/stats.js';
import type { Figures } from './figures.js';

/** Jobs that wait in a queue, those to be tried again among them. */
export interface Waiting {
  readonly waiting: number;
  /** 0: none waits. */
  readonly oldestAgeS: number;
}

/** How things stand at this instant. */
export interface Now {
  readonly notices: Waiting;
  readonly earners: Waiting;
  /** Jobs that need an operator to go on. */
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
  /** How late the polls are: no worker runs, or they do not keep up. */
  readonly lateS: number;
}

/** Above so many flags, reading them all takes too long; the journal lists them. */
const MAX_FLAGS_READ = 1000;

export async function readNow(pipeline: Pipeline, figures: Figures): Promise<Now> {
  const flags = figures.sum('palier_flags');
  const [schedules, quota, holds, listed] = await Promise.all([
    pipeline.queues.notices.getJobSchedulersCount(),
    readQuota(pipeline),
    readHolds(pipeline),
    flags > 0 && flags <= MAX_FLAGS_READ ? readFlags(pipeline) : [],
  ]);
  const jobsOf = (queue: string): number =>
    figures.sum('palier_queue_jobs', { queue, state: 'waiting' }) +
    figures.sum('palier_queue_jobs', { queue, state: 'delayed' });
  // Of each account's schedule, one job always waits for its time.
  const notices = Math.max(0, jobsOf('notices') - schedules);
  return {
    notices: {
      waiting: figures.sum('palier_notices_unsorted') + notices,
      oldestAgeS: figures.sum('palier_notices_oldest_age_seconds'),
    },
    earners: { waiting: jobsOf('earners'), oldestAgeS: figures.sum('palier_earners_oldest_age_seconds') },
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
