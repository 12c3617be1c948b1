import { buildRedis } from './build.js';
import { command } from './command.js';
import { unpackDebianRedis } from './debian.js';
import { RedisUnavailable } from './unavailable.js';

/** A Redis server that can be started. */
export interface RedisBinary {
  /** What to start. */
  readonly file: string;
  /** Where it finds its libraries; null: the system's own. */
  readonly libraryPath: string | null;
  /** Where it came from, for a reader. */
  readonly source: string;
}

export interface FindOptions {
  /** Where a fetched Redis is kept for the next time; made when it is not there. */
  readonly cacheDir: string;
  /** Told what takes time. */
  readonly log: (line: string) => void;
}

/** One way to come by a Redis: null where it does not apply to this machine. */
export type Finder = (options: FindOptions) => Promise<RedisBinary | null>;

/** A `redis-server`, or its successor, that somebody installed. */
export const installedRedis: Finder = async () => {
  for (const file of ['redis-server', 'valkey-server']) {
    const version = await command(file, ['--version']).catch(() => null);
    if (version !== null) return { file, libraryPath: null, source: file };
  }
  return null;
};

/** In the order of what costs least. */
const FINDERS: readonly Finder[] = [installedRedis, unpackDebianRedis, buildRedis];

/**
 * Finds a Redis on this machine, or fetches one, without root and without installing anything.
 * @throws RedisUnavailable with the commands to type, when no way led to one
 */
export async function findRedis(options: FindOptions, finders = FINDERS): Promise<RedisBinary> {
  const causes: unknown[] = [];
  for (const find of finders) {
    try {
      const found = await find(options);
      if (found !== null) return found;
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new RedisUnavailable(causes);
}
