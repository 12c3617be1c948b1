import { Worker, type Queue } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer } from '../../src/platform/redis.js';
import { createClaims } from '../../src/queue/claims.js';
import { arrivalsJob } from '../../src/queue/jobs.js';
import { DEFAULT_PREFIX } from '../../src/queue/names.js';
import { openQueue } from '../../src/queue/open.js';
import { carryArrivals } from '../../src/workers/carry-arrivals.js';
import { createHands, HANDS } from '../../src/workers/hands.js';

/**
 * Our half: what came in is carried out as the worker process does it, but that nothing is done with a notice, as
 * beside the reference. OBF would be the limit of both.
 */
const redis = openConsumer({ kind: 'single', url: process.env['REDIS_URL'] ?? '' });
const notices: Queue = openQueue('notices', redis, createLogger('silent', 'bench'));
const carrying = {
  notices,
  claims: createClaims(redis, notices),
  hands: createHands(HANDS),
  carry: async () => 'done' as const,
};
const never = new AbortController().signal;
const shared = { connection: redis, prefix: DEFAULT_PREFIX };
const workers = [
  new Worker('arrivals', (job) => carryArrivals(carrying, arrivalsJob.parse(job.data).arrivals, never), {
    ...shared,
    concurrency: HANDS + 4,
  }),
  new Worker('notices', async () => undefined, { ...shared, concurrency: 32 }),
];
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
process.stdout.write('worker started\n');
process.once('SIGTERM', () => process.exit(0));
