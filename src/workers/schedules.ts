import type { Release } from '../platform/shutdown.js';
import { scheduleClean } from './clean-queues.js';
import { scheduleSweep } from './gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { schedulePolls } from './poll-events.js';

/** How often we look whether the schedules are still there: a Redis that was emptied has none. */
const LOOK_EVERY_MS = 60_000;

/** Sets up what the clock sets off (polls, sweeps, the clean), once for all workers, and keeps it so. */
export async function keepSchedules(pipeline: Pipeline, pollEveryMs: number): Promise<Release> {
  const setUp = async (): Promise<void> => {
    await scheduleSweep(pipeline);
    await scheduleClean(pipeline);
    await schedulePolls(pipeline, pollEveryMs);
  };
  const look = async (): Promise<void> => {
    try {
      if ((await pipeline.queues.awards.getJobSchedulers()).length === 0) await setUp();
    } catch (err) {
      pipeline.log.warn({ err }, 'the schedules cannot be looked at now');
    }
  };
  await setUp();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
