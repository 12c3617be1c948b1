import { queueKey, type TestRedis } from '../../support/redis.js';
import type { QueueName } from '../../../src/queue/jobs.js';

export interface MadeUp {
  readonly queue?: QueueName;
  readonly id: string;
  readonly reason: string;
  readonly data?: unknown;
  /** Unix milliseconds. */
  readonly failedMs: number;
  readonly trace?: string;
}

const CHUNK = 2000;

/** Puts jobs into failed as BullMQ leaves them there, however many: no worker would be so quick. */
export async function putFailed(
  redis: Pick<TestRedis, 'connection' | 'prefix'>,
  jobs: readonly MadeUp[],
): Promise<void> {
  for (let at = 0; at < jobs.length; at += CHUNK) {
    const steps = redis.connection.pipeline();
    for (const { queue = 'notices', id, reason, failedMs, trace, ...job } of jobs.slice(at, at + CHUNK)) {
      const eventId = id.split('.').at(-1);
      const data = job.data ?? { kind: 'event', clientId: 'P1', eventId, source: 'webhook' };
      steps.hset(queueKey(redis, queue, id), {
        name: 'event',
        data: JSON.stringify(data),
        opts: JSON.stringify({ attempts: 60, backoff: { type: 'custom' }, removeOnComplete: true }),
        timestamp: failedMs - 60_000,
        delay: 0,
        priority: 0,
        processedOn: failedMs - 10,
        finishedOn: failedMs,
        atm: 7,
        ats: 7,
        failedReason: reason,
        stacktrace: JSON.stringify(trace === undefined ? [] : [trace]),
      });
      steps.zadd(queueKey(redis, queue, 'failed'), failedMs, id);
    }
    await steps.exec();
  }
}

/** How many of them wait, and how many are failed. */
export async function standing(
  redis: Pick<TestRedis, 'connection' | 'prefix'>,
  queue: QueueName = 'notices',
): Promise<{ readonly waiting: number; readonly failed: number }> {
  const [waiting, failed] = await Promise.all([
    redis.connection.llen(queueKey(redis, queue, 'wait')),
    redis.connection.zcard(queueKey(redis, queue, 'failed')),
  ]);
  return { waiting, failed };
}
