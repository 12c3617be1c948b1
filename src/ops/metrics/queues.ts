import type { Queue } from 'bullmq';
import { readArrived } from '../../queue/enqueue.js';
import { type QueueName, QUEUES } from '../../queue/jobs.js';
import { type FigureNeeds, flag, gauge, type Reader, type Sample, sample } from './family.js';

/** As they are named here, and as BullMQ names them. */
const STATES = {
  waiting: ['waiting', 'prioritized'],
  active: ['active'],
  delayed: ['delayed'],
  failed: ['failed'],
} as const;

export const queueFigures: Reader = async ({ queues }) => {
  const [jobs, paused] = await Promise.all([
    Promise.all(QUEUES.map((queue) => jobsIn(queues, queue))),
    Promise.all(QUEUES.map(async (queue) => sample(flag(await queues[queue].isPaused()), { queue }))),
  ]);
  return [
    gauge(
      'palier_queue_jobs',
      'Jobs in a queue (failed: for good, until ops sends them again; delayed: until their next attempt or time).',
      jobs.flat(),
    ),
    gauge('palier_queue_paused', '1 while a queue is paused (awards: issuing is).', paused),
  ];
};

async function jobsIn(queues: FigureNeeds['queues'], queue: QueueName): Promise<readonly Sample[]> {
  const counts = await queues[queue].getJobCounts(...Object.values(STATES).flat());
  return Object.entries(STATES).map(([state, names]) => {
    const count = names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    return sample(count, { queue, state });
  });
}

/**
 * How many jobs are looked at, at either end of what waits. Redis does not keep them by age: a retried job goes
 * to the end of the line, and a delayed one is in the order of its next attempt.
 */
const LOOKED_AT = 250;
/** Scheduled jobs are left out: one of each schedule always waits for its time. */
const isOneOff = (id: string): boolean => !id.startsWith('repeat:');

/** How long the oldest notice and the oldest evaluation have waited. */
export const waitFigures: Reader = async (needs) => {
  const { queues, redis, clock } = needs;
  const [noticeMs, arrived, earnerMs] = await Promise.all([
    oldestJobMs(queues.notices, redis),
    readArrived(queues.arrivals),
    oldestJobMs(queues.earners, redis),
  ]);
  const ageS = (...times: readonly (number | null)[]): number => {
    const known = times.filter((ms) => ms !== null);
    return known.length === 0 ? 0 : Math.max(0, clock() - Math.min(...known)) / 1000;
  };
  return [
    gauge(
      'palier_notices_oldest_age_seconds',
      `How long the oldest notice has waited to be read, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      ageS(noticeMs, arrived.oldestMs),
    ),
    gauge(
      'palier_notices_unsorted',
      'Notices that came in and no worker has taken yet: more than for a moment, none runs.',
      arrived.notices,
    ),
    gauge(
      'palier_earners_oldest_age_seconds',
      `How long the oldest evaluation of an earner has waited, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      ageS(earnerMs),
    ),
  ];
};

/** When the oldest job that waits was made; null: none waits. */
async function oldestJobMs(queue: Queue, redis: FigureNeeds['redis']): Promise<number | null> {
  const ids = new Set((await Promise.all([endsOf(queue, 'waiting'), endsOf(queue, 'delayed')])).flat());
  const made = await Promise.all(
    [...ids].filter(isOneOff).map((id) => redis.hget(queue.toKey(id), 'timestamp')),
  );
  const times = made.flatMap((text) => (text === null ? [] : [Number(text)]));
  return times.length === 0 ? null : Math.min(...times);
}

const endsOf = async (queue: Queue, state: 'waiting' | 'delayed'): Promise<readonly string[]> =>
  (
    await Promise.all([
      queue.getRanges([state], 0, LOOKED_AT - 1, true),
      queue.getRanges([state], 0, LOOKED_AT - 1, false),
    ])
  ).flat();

const POLL = 'poll.';

/** Lateness shows that no worker runs, or that workers do not keep up. */
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
    gauge('palier_poll_period_seconds', 'How often the events of each client are to be read.', pollEveryS),
  ];
};
