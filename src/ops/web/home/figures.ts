import type { Pipeline } from '../../../workers/pipeline.js';
import { readFlags, readHolds, readQuota } from '../../shared/stats.js';
import { countedFigures } from '../../metrics/counted.js';
import type { Family, Reader, Sample } from '../../metrics/family.js';
import { batchFigures, issuingFigures } from '../../metrics/issuing.js';
import { queueFigures, scheduleFigures, waitFigures } from '../../metrics/queues.js';

/** The figures of `/metrics`, so that the page and the alerts never disagree. */
export interface Figures {
  /** The sum of all series of this name with these labels; 0: there is none. */
  sum(name: string, labels?: Sample['labels']): number;
  samples(name: string): readonly Sample[];
}

/** Some hundred commands of Redis, however many earners and failed jobs there are. */
export const readFigures = (pipeline: Pipeline): Promise<Figures> =>
  read(pipeline, [queueFigures, waitFigures, issuingFigures, batchFigures, scheduleFigures, countedFigures]);

/** The counters alone. */
export const readCounters = (pipeline: Pipeline): Promise<Figures> => read(pipeline, [countedFigures]);

async function read(pipeline: Pipeline, readers: readonly Reader[]): Promise<Figures> {
  // Only a scrape tells the period of the polls, and the version.
  const needs = { ...pipeline, pollEveryS: 0, version: '' };
  return figuresIn((await Promise.all(readers.map((reader) => reader(needs)))).flat());
}

function figuresIn(families: readonly Family[]): Figures {
  const byName = new Map(families.map(({ name, samples }) => [name, samples]));
  const samples = (name: string): readonly Sample[] => byName.get(name) ?? [];
  return {
    samples,
    sum: (name, labels = {}) =>
      samples(name)
        .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

/** Above so many flags, reading them all takes too long; the journal lists them. */
const MAX_FLAGS_READ = 1000;

/** The state at this instant. */
export type Now = Awaited<ReturnType<typeof readNow>>;

export async function readNow(pipeline: Pipeline, figures: Figures) {
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
  return {
    notices: {
      // Of each account's schedule, one job always waits for its time.
      waiting: figures.sum('palier_notices_unsorted') + Math.max(0, jobsOf('notices') - schedules),
      /** 0: none waits. */
      oldestAgeS: figures.sum('palier_notices_oldest_age_seconds'),
    },
    earners: { waiting: jobsOf('earners'), oldestAgeS: figures.sum('palier_earners_oldest_age_seconds') },
    /** Jobs that need an operator to go on. */
    failed: figures.sum('palier_queue_jobs', { state: 'failed' }),
    paused: figures.sum('palier_queue_paused', { queue: 'awards' }) > 0,
    /** Awards that OBF's account keeps from being issued. */
    holds,
    /** Awards that are due and in no batch yet. */
    due: figures.sum('palier_awards_waiting'),
    unknown: {
      batches: figures.sum('palier_batches', { state: 'unknown' }),
      ageS: figures.sum('palier_batch_unknown_oldest_age_seconds'),
    },
    /** Oldest first; none are listed when there are too many to read them all. */
    flags: { count: flags, listed },
    quota,
    /** How late the polls are: no worker runs, or they do not keep up. */
    lateS: figures.sum('palier_schedule_lateness_seconds', { schedule: 'poll' }),
  };
}
