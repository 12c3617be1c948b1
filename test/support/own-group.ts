import { startCluster } from '../../src/sandbox/redis/cluster.js';
import { startSentinel } from '../../src/sandbox/redis/sentinel.js';
import type { RedisGroup } from '../../src/sandbox/redis/group.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';

const PLACE = { cacheDir: CACHE_DIR, dataDir: TEST_DATA_DIR, log: () => {} };

/** Servers of its own for a test that kills one of them. Whoever opens them stops them. */
export const ownGroup = (kind: 'cluster' | 'sentinel'): Promise<RedisGroup> =>
  kind === 'cluster' ? startCluster(PLACE) : startSentinel(PLACE);
