import { Worker } from 'bullmq';

/** The other half of what one writes in an hour: it takes the notices, and here does nothing with them. */
const worker = new Worker('notices', async () => undefined, {
  connection: { url: process.env['REDIS_URL'] ?? '' },
  concurrency: 32,
});
await worker.waitUntilReady();
process.stdout.write('worker started\n');
process.once('SIGTERM', () => process.exit(0));
