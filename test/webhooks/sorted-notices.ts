import type { Job } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import { openQueue } from '../../src/queue/enqueue.js';
import { splitAllArrivals } from '../../src/queue/arrivals.js';

/** The notices that a door stored, once they are jobs of their own, as a worker makes them. */
export interface SortedNotices {
  jobs(): Promise<Job[]>;
  /** Removes all of them. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export function sortedNotices(connection: RedisConnection, prefix: string): SortedNotices {
  const log = createLogger('silent', 'test');
  const arrivals = openQueue('arrivals', connection, log, prefix);
  const notices = openQueue('notices', connection, log, prefix);
  // Only these two are looked at.
  const queues = { arrivals, notices } as unknown as Parameters<typeof splitAllArrivals>[0]['queues'];
  return {
    async jobs() {
      await splitAllArrivals({ queues });
      return notices.getJobs();
    },
    async clear() {
      await arrivals.obliterate({ force: true });
      await notices.obliterate({ force: true });
    },
    async close() {
      await arrivals.close();
      await notices.close();
    },
  };
}
