import { QUEUES, type QueueName } from '../../queue/jobs.js';
import { flag, gauge, sample, type Sample } from './family.js';
import type { FigureNeeds, Reader } from './needs.js';

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
