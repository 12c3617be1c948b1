import { startCluster, startSentinel } from './redis-group.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';

/**
 * `npm run redis -- cluster|sentinel`: a Redis of several servers on 127.0.0.1, for development. Prints its
 * `REDIS_URL` and runs until Ctrl-C; nothing is left of it then.
 */
async function main(): Promise<void> {
  const start = process.argv[2] === 'sentinel' ? startSentinel : startCluster;
  const group = await start({
    cacheDir: process.env['CACHE_DIR'] ?? CACHE_DIR,
    dataDir: process.env['DATA_DIR'] ?? TEST_DATA_DIR,
    log: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`REDIS_URL=${group.url}\n`);
  const stay = setInterval(() => {}, 60_000);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      clearInterval(stay);
      void group.stop();
    });
}

void main();
