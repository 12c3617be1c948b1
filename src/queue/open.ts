import { Queue, type Telemetry } from 'bullmq';
import type { Logger } from '../platform/logger.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { seldom } from '../platform/seldom.js';
import { DEFAULT_PREFIX, prefixOf, type QueueName } from './names.js';

/** Of what BullMQ writes down of its jobs, for whoever listens: nobody does here, and 10 000 take a megabyte a queue. */
const EVENTS_KEPT = 100;

/**
 * A queue to add jobs to, over a connection that stays the caller's: `close()` leaves it open.
 *
 * Its two `skip` options keep BullMQ from talking to Redis before the first job. Otherwise a Redis that
 * goes away just then makes the queue fail for good; so, each command keeps to the connection's own
 * limits, and the queue works again as soon as the connection does.
 */
export function openQueue(
  name: QueueName,
  connection: RedisConnection,
  log: Logger,
  prefix: string = DEFAULT_PREFIX,
  telemetry: Telemetry | null = null,
): Queue {
  const options = {
    connection,
    prefix: prefixOf(prefix, name, isCluster(connection)),
    skipVersionCheck: true,
    skipWaitingForReady: true,
    streams: { events: { maxLen: EVENTS_KEPT } },
  };
  const queue = new Queue(name, telemetry === null ? options : { ...options, telemetry });
  queue.on(
    'error',
    seldom((err) => log.warn({ err }, `queue ${name}: no Redis`)),
  );
  return queue;
}
