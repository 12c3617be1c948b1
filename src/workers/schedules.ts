import type { Config } from '../config.js';
import type { Disposer } from '../platform/lifecycle.js';
import { scheduleClean } from './clean-queues.js';
import { scheduleSweep } from './gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { schedulePolls } from './poll-events.js';
import { schedulePurge } from '../privacy/purge.js';
import { scheduleCensus } from '../scheme/take-census.js';
import { scheduleVerification } from './verify-accounts.js';

/** How often we look whether the schedules are still there: a Redis that was emptied has none. */
const LOOK_EVERY_MS = 60_000;

export interface ScheduleTimes {
  readonly pollEveryMs: number;
  /** How often each account is read again in full; 0: never. */
  readonly verifyEveryMs: number;
  /** After how many months without a badge a person is erased; null: never. */
  readonly retentionMonths: number | null;
}

/** As the environment has it. */
export const scheduleTimesOf = ({
  pollEveryS,
  verifyEveryH,
  retentionMonths,
}: Pick<Config, 'pollEveryS' | 'verifyEveryH' | 'retentionMonths'>): ScheduleTimes => ({
  pollEveryMs: pollEveryS * 1000,
  verifyEveryMs: Math.round(verifyEveryH * 3_600_000),
  retentionMonths,
});

/** Sets up what the clock sets off (polls, sweeps, the clean, the purge, the census, the verification), once for all workers. */
export async function setSchedules(pipeline: Pipeline, times: ScheduleTimes): Promise<void> {
  await scheduleSweep(pipeline);
  await scheduleClean(pipeline);
  await schedulePurge(pipeline, times.retentionMonths);
  await scheduleCensus(pipeline);
  await scheduleVerification(pipeline, times.verifyEveryMs);
  await schedulePolls(pipeline, times.pollEveryMs);
}

/** The same, and keeps it so. */
export async function keepSchedules(pipeline: Pipeline, times: ScheduleTimes): Promise<Disposer> {
  const look = async (): Promise<void> => {
    try {
      // Each queue may be on a server of its own: one of them alone may have lost its schedules.
      const { notices, maintenance } = pipeline.queues;
      const kept = await Promise.all([notices, maintenance].map((queue) => queue.getJobSchedulersCount()));
      if (kept.includes(0)) await setSchedules(pipeline, times);
    } catch (err) {
      pipeline.log.warn({ err }, 'the schedules cannot be looked at now');
    }
  };
  await setSchedules(pipeline, times);
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
