import { join } from 'node:path';
import { works } from './command.js';
import type { FindOptions, RedisBinary } from './find.js';

/** The last Redis that builds with a C compiler and `make` alone, and that BullMQ is happy with. */
const VERSION = '7.2.4';

/**
 * Redis built from its source by the package `redis-memory-server` (a minute or two, once).
 * @returns null where that package is not installed (production) or there is no `make`
 */
export async function buildRedis({ cacheDir, log }: FindOptions): Promise<RedisBinary | null> {
  const builder = await import('redis-memory-server/lib/util/RedisBinary.js').catch(() => null);
  if (builder === null || (process.platform !== 'win32' && !(await works('make', ['--version']))))
    return null;
  log('Redis : construction depuis les sources, une seule fois (une à deux minutes)…');
  const file = await binaryOf(builder).getPath({
    version: VERSION,
    downloadDir: join(cacheDir, 'redis-build'),
  });
  return { file, libraryPath: null, source: `redis-memory-server (${VERSION})` };
}

interface Builder {
  getPath(options: { version: string; downloadDir: string }): Promise<string>;
}

/** A CommonJS default export, seen from an ES module or from CommonJS. */
function binaryOf(loaded: { default: Builder | { default: Builder } }): Builder {
  return 'getPath' in loaded.default ? loaded.default : loaded.default.default;
}
