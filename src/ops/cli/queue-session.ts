import type { Queue } from 'bullmq';
import { createLogger, type Logger } from '../../platform/logger.js';
import type { RedisConnection } from '../../platform/redis.js';
import { openQueue } from '../../queue/enqueue.js';
import type { QueueName } from '../../queue/jobs.js';
import type { Context } from './context.js';

type Prefix = Pick<Context, 'queuePrefix'>;

/** For the parts below us: a command says itself what went wrong. */
export const silentLog = (): Logger => createLogger('silent', 'cli', { write: () => undefined });

/** Opens a queue, does `work`, and closes it; the connection stays the caller's. */
export async function withQueue<T>(
  { queuePrefix }: Prefix,
  redis: RedisConnection,
  name: QueueName,
  work: (queue: Queue) => Promise<T>,
): Promise<T> {
  const queue = openQueue(name, redis, silentLog(), queuePrefix);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** Whether ops paused issuing: that is the queue of awards; notices and evaluation go on. */
export const isIssuingPaused = (context: Prefix, redis: RedisConnection): Promise<boolean> =>
  withQueue(context, redis, 'awards', (awards) => awards.isPaused());
