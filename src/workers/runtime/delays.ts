import type { Queue } from 'bullmq';
import type { Disposer } from '../../platform/lifecycle.js';
import { redisNow } from '../../platform/clock.js';
import { connectionOf } from '../../queue/enqueue.js';
import { QUEUES } from '../../queue/jobs.js';
import type { Pipeline } from '../pipeline.js';

/** How far this process' clock may be from Redis' before BullMQ's delays are corrected. */
const TOLERATED_MS = 500;
/** How far ahead the clock of another process may be. */
const SKEW_MS = 5000;
const TICK_MS = 1000;
/** Every so many ticks, jobs that wait too long are looked for. */
const LATE_EVERY = 5;
/** What BullMQ multiplies an instant by to make a score of it. */
const SCORE_A_MS = 0x1000;
/** How many jobs of a queue are looked at in a tick. */
const LOOKED_AT = 1000;
/** A run that a schedule set: the schedule sees to it. */
const REPEATED = 'repeat:';

/**
 * BullMQ delays jobs, and ends delays, by the clock of the process that does it. Keeps every delay to its length where
 * these clocks differ: a process behind Redis' clock ends delays by that one, and what a process ahead has delayed too
 * long waits anew.
 */
export function keepDelays({ queues, log }: Pick<Pipeline, 'queues' | 'log'>): Disposer {
  let ticks = 0;
  const tick = async (): Promise<void> => {
    const nowMs = await redisNow(connectionOf(queues.awards));
    const behindMs = nowMs - Date.now();
    ticks += 1;
    const looksForLate = behindMs > -TOLERATED_MS && ticks % LATE_EVERY === 0;
    for (const name of QUEUES)
      if (behindMs > TOLERATED_MS) await promoteDue(queues[name], nowMs);
      else if (looksForLate) await restartLate(queues[name], nowMs);
  };
  const timer = setInterval(() => {
    tick().catch((err: unknown) => log.debug({ err }, 'the delays cannot be looked at now'));
  }, TICK_MS);
  return () => clearInterval(timer);
}

async function promoteDue(queue: Queue, nowMs: number): Promise<void> {
  const key = queue.toKey('delayed');
  const due = await connectionOf(queue).zrangebyscore(key, '-inf', nowMs * SCORE_A_MS, 'LIMIT', 0, LOOKED_AT);
  // Another process may be quicker.
  for (const id of due) await (await queue.getJob(id))?.promote().catch(() => undefined);
}

/** A job is late that was delayed at an instant which is still to come. */
async function restartLate(queue: Queue, nowMs: number): Promise<void> {
  const fromMs = nowMs + SKEW_MS;
  const range = ['+inf', fromMs * SCORE_A_MS, 'WITHSCORES', 'LIMIT', 0, LOOKED_AT] as const;
  const found = await connectionOf(queue).zrevrangebyscore(queue.toKey('delayed'), ...range);
  for (let at = 0; at < found.length; at += 2) {
    const [id = '', score = '0'] = found.slice(at, at + 2);
    const job = id.startsWith(REPEATED) ? undefined : await queue.getJob(id);
    if (job === undefined || Number(score) / SCORE_A_MS - job.delay <= fromMs) continue;
    // Begun or promoted meanwhile: it waits no more.
    await job.changeDelay(job.delay).catch(() => undefined);
  }
}
