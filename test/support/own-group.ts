import { startCluster, startSentinel, type RedisGroup } from './redis-group.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';

const PLACE = { cacheDir: CACHE_DIR, dataDir: TEST_DATA_DIR, log: () => {} };

/** Servers of its own for a test that kills one of them. Their opener stops them. */
export const ownGroup = (kind: 'cluster' | 'sentinel'): Promise<RedisGroup> =>
  kind === 'cluster' ? startCluster(PLACE) : startSentinel(PLACE);
