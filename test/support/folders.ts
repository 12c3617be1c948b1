import { resolve } from 'node:path';

/** Where what was fetched once is kept; `npm ci` empties it, nothing else does. */
export const CACHE_DIR = resolve('node_modules/.cache/palier');
/** Below it, every server of a test run has a folder of its own. */
export const TEST_DATA_DIR = resolve('node_modules/.cache/palier/test-data');
