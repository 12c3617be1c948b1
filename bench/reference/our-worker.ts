import { Worker, type Queue } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer } from '../../src/platform/redis.js';
import { noticesIn } from '../../src/queue/arrivals.js';
import { enqueueAll, openQueue } from '../../src/queue/enqueue.js';
import { arrivalsJob, DEFAULT_PREFIX, type QueueName } from '../../src/queue/jobs.js';

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
  new Worker(
    'arrivals',
    (job) => enqueueAll(queues.notices, noticesIn(arrivalsJob.parse(job.data).arrivals)),
    { ...shared, concurrency: 4 },
  ),
  new Worker('notices', async () => undefined, { ...shared, concurrency: 96 }),
];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write('worker started\n');
process.once('SIGTERM', () => process.exit(0));
