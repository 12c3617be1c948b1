import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis, type StartedRedis } from '../../src/sandbox/redis/run.js';
import { startCluster, startSentinel } from './redis-group.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';

/** What a run of the tests may be made on: one server, a cluster, or a master behind sentinels. */
export const REDIS_KINDS = ['single', 'cluster', 'sentinel'] as const;
export type RedisKind = (typeof REDIS_KINDS)[number];

/** @throws on a name that is none */
export function redisKindOf(name: string | undefined): RedisKind {
  const kind = REDIS_KINDS.find((one) => one === (name ?? 'single'));
  if (kind === undefined) throw new Error(`${name} is none of ${REDIS_KINDS.join(', ')}`);
  return kind;
}

const PLACE = {
  cacheDir: CACHE_DIR,
  dataDir: TEST_DATA_DIR,
  log: (line: string) => void process.stderr.write(`${line}\n`),
};

/**
 * One Redis for the whole run, at `TEST_REDIS_URL`. Give that variable to use a test Redis of yours;
 * `REDIS_URL` is left alone, since it may be one that matters. `TEST_REDIS_KIND` says what is started:
 * `single`, `cluster` or `sentinel`.
 */
export async function redisOfTheRun(): Promise<Pick<StartedRedis, 'url' | 'stop'>> {
  const given = process.env['TEST_REDIS_URL'];
  const kind = redisKindOf(process.env['TEST_REDIS_KIND']);
  // It does not outlive the run: nobody is to wait for a busy disk.
  const settings = { appendfsync: 'no' };
  if (given !== undefined) return { url: given, stop: async () => {} };
  if (kind === 'single') {
    await mkdir(TEST_DATA_DIR, { recursive: true });
    const dataDir = await mkdtemp(join(TEST_DATA_DIR, 'redis-'));
    const { url, stop } = await startRedis({ ...PLACE, dataDir, settings });
    return { url, stop: () => stop().then(() => rm(dataDir, { recursive: true, force: true })) };
  }
  return kind === 'cluster' ? startCluster(PLACE) : startSentinel(PLACE);
}
