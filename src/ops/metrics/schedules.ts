import { gauge, sample } from './family.js';
import type { Reader } from './needs.js';

const POLL = 'poll.';

/** Lateness stands for all that comes of no worker running, or of workers that do not keep up. */
export const scheduleFigures: Reader = async ({ queues, clock, pollEveryS }) => {
  const [polls, others] = await Promise.all([
    // The one that should have come first is the latest.
    queues.notices.getJobSchedulers(0, 0, true),
    queues.maintenance.getJobSchedulers(),
  ]);
  const late = [...polls, ...others].map(({ key, next }) => {
    const schedule = key.startsWith(POLL) ? 'poll' : key;
    return sample(Math.max(0, clock() - (next ?? clock())) / 1000, { schedule });
  });
  return [
    gauge(
      'palier_schedule_lateness_seconds',
      'How long ago the next run that the clock sets off should have begun (0: it is yet to come).',
      late,
    ),
    gauge('palier_poll_period_seconds', 'How often the events of each client are to be read.', [
      sample(pollEveryS),
    ]),
  ];
};
