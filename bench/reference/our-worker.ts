import { Worker, type Queue } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer } from '../../src/platform/redis.js';
import { openQueue } from '../../src/queue/enqueue.js';
import { DEFAULT_PREFIX, type QueueName } from '../../src/queue/jobs.js';
import { sortArrivals } from '../../src/workers/sort-arrivals.js';

/**
 * Our half: what came in becomes a job a notice, as in the worker process, but nothing is done with it, as beside the
 * reference. OBF would be the limit of both.
 */
const redis = openConsumer({ kind: 'single', url: process.env['REDIS_URL'] ?? '' });
const log = createLogger('silent', 'bench');
const open = (name: QueueName): Queue => openQueue(name, redis, log);
const queues = {
  arrivals: open('arrivals'),
  notices: open('notices'),
  earners: open('earners'),
  awards: open('awards'),
  maintenance: open('maintenance'),
  mails: open('mails'),
};
const shared = { connection: redis, prefix: DEFAULT_PREFIX };
const workers = [
  new Worker('arrivals', (job) => sortArrivals({ queues }, job.data), { ...shared, concurrency: 4 }),
  new Worker('notices', async () => undefined, { ...shared, concurrency: 96 }),
];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write('worker started\n');
process.once('SIGTERM', () => process.exit(0));
