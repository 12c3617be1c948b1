import type { Queue } from 'bullmq';
import { readArrived } from '../../queue/enqueue.js';
import { gauge, sample, type Sample } from './family.js';
import type { FigureNeeds, Reader } from './needs.js';

/**
 * How many are looked at, at either end of what waits. Redis does not keep them by age: what was tried in
 * vain goes to the end of the line, and what is to be tried later stands in the order of its next attempt.
 */
const LOOKED_AT = 250;
/** Not a scheduler's job: one of each client always waits for its time. */
const isOwn = (id: string): boolean => !id.startsWith('repeat:');

export const noticeFigures: Reader = async (needs) => {
  const { notices, earners, arrivals } = needs.queues;
  const [queuedMs, earnerMs, arrived] = await Promise.all([
    oldestJobMs(notices, needs),
    oldestJobMs(earners, needs),
    readArrived(arrivals),
  ]);
  const times = [queuedMs, arrived.oldestMs].filter((ms) => ms !== null);
  const oldestMs = times.length === 0 ? null : Math.min(...times);
  return [
    gauge(
      'palier_notices_oldest_age_seconds',
      `How long the oldest notice has waited to be read, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      [ageOf(oldestMs, needs)],
    ),
    gauge(
      'palier_earners_oldest_age_seconds',
      `How long the oldest evaluation has waited, tried again or not (0: none waits; of ${4 * LOOKED_AT} looked at).`,
      [ageOf(earnerMs, needs)],
    ),
    gauge(
      'palier_notices_unsorted',
      'Notices that came in and no worker has taken yet: more than for a moment, none runs.',
      [sample(arrived.notices)],
    ),
  ];
};

const ageOf = (oldestMs: number | null, { clock }: FigureNeeds): Sample =>
  sample(oldestMs === null ? 0 : Math.max(0, clock() - oldestMs) / 1000);

/** When the oldest job that waits was made; null: none waits. */
async function oldestJobMs(queue: Queue, { redis }: FigureNeeds): Promise<number | null> {
  const ids = new Set((await Promise.all([endsOf(queue, 'waiting'), endsOf(queue, 'delayed')])).flat());
  const made = await Promise.all(
    [...ids].filter(isOwn).map((id) => redis.hget(queue.toKey(id), 'timestamp')),
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
