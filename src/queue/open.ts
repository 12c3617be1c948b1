import { Queue, type Telemetry } from 'bullmq';
import type { Logger } from '../platform/logger.js';
import { isCluster, type RedisConnection } from '../platform/redis.js';
import { DEFAULT_PREFIX, prefixOf, type QueueName } from './names.js';

/** A Redis that is away says so at every attempt to reach it: one line in so many milliseconds is enough. */
const SAY_AGAIN_AFTER_MS = 30_000;

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
  };
  const queue = new Queue(name, telemetry === null ? options : { ...options, telemetry });
  queue.on('error', sometimes(log, `queue ${name}: no Redis`));
  return queue;
}

/** A listener that logs an error at most once in `SAY_AGAIN_AFTER_MS`. */
function sometimes(log: Logger, message: string): (err: Error) => void {
  let saidMs = -Infinity;
  return (err) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < SAY_AGAIN_AFTER_MS) return;
    saidMs = nowMs;
    log.warn({ err }, message);
  };
}
