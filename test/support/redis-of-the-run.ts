import { findOrStartRedis, type UsableRedis } from '../../src/sandbox/redis/start.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';

/**
 * One Redis for the whole run, at `TEST_REDIS_URL`. Give that variable to use a test Redis of yours;
 * `REDIS_URL` is left alone, since it may be one that matters.
 */
export const redisOfTheRun = (): Promise<UsableRedis> =>
  findOrStartRedis(process.env['TEST_REDIS_URL'], {
    cacheDir: CACHE_DIR,
    dataDir: TEST_DATA_DIR,
    persist: false,
    log: (line) => process.stderr.write(`${line}\n`),
  });
