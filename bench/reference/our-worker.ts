import { Worker } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer } from '../../src/platform/redis.js';
import { noticeJobsOf } from '../../src/queue/arrivals.js';
import { enqueueAll, openQueue } from '../../src/queue/enqueue.js';
import { arrivalsJob, DEFAULT_PREFIX } from '../../src/queue/jobs.js';

/** Our half: what came in becomes a job a notice, as in the worker process, but nothing is done with it. */
const connection = openConsumer({ kind: 'single', urls: [process.env['REDIS_URL'] ?? ''] });
const notices = openQueue('notices', connection, createLogger('silent', 'bench'));
const shared = { connection, prefix: DEFAULT_PREFIX };
const workers = [
  new Worker('arrivals', (job) => enqueueAll(notices, noticeJobsOf(arrivalsJob.parse(job.data).arrivals)), {
    ...shared,
    concurrency: 4,
  }),
  new Worker('notices', async () => undefined, { ...shared, concurrency: 96 }),
];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write('worker started\n');
process.once('SIGTERM', () => process.exit(0));
