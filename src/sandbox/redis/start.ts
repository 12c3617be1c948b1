import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unpackDebianRedis } from './debian.js';
import { freePort, RedisDidNotStart, runRedis, works, type RedisBinary, type RedisSettings } from './run.js';

/** Another process may take a free port before Redis does. */
const PORT_ATTEMPTS = 5;

interface RedisOptions extends FindOptions {
  /** Where the data live, also for the next start; made when it is not there. */
  readonly dataDir: string;
  readonly port?: number;
  readonly settings?: RedisSettings;
}

export interface StartedRedis {
  readonly url: string;
  readonly pid: number;
  readonly source: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a Redis of our own on 127.0.0.1, found or fetched; resolves when it answers.
 * @throws RedisUnavailable, RedisDidNotStart
 */
export async function startRedis(options: RedisOptions): Promise<StartedRedis> {
  const binary = await findRedis(options);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      const { pid, stop } = await runRedis(binary, port, dataDir, options.settings);
      return { url: `redis://127.0.0.1:${port}`, pid, source: binary.source, stop };
    } catch (error) {
      const isTaken = error instanceof RedisDidNotStart && error.output.includes('Address already in use');
      if (!isTaken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

export interface FindOptions {
  /** Where a fetched Redis is kept for the next time; made when it is not there. */
  readonly cacheDir: string;
  /** Called with a line before what takes time. */
  readonly log: (line: string) => void;
}

/** One way to come by a Redis: null where it does not apply to this machine. */
export type Finder = (options: FindOptions) => Promise<RedisBinary | null>;

/** A `redis-server`, or its successor, that is installed. */
const installedRedis: Finder = async () => {
  for (const file of ['redis-server', 'valkey-server'])
    if (await works(file, ['--version'])) return { file, libraryPath: null, source: file };
  return null;
};

/** The last Redis that builds with a C compiler and `make` alone, and that BullMQ is happy with. */
const BUILT_VERSION = '7.2.4';

interface Builder {
  getPath(options: { version: string; downloadDir: string }): Promise<string>;
}

/** Built from source by the development package `redis-memory-server`: a minute or two, once. */
const buildRedis: Finder = async ({ cacheDir, log }) => {
  const builder = await import('redis-memory-server/lib/util/RedisBinary.js').catch(() => null);
  if (builder === null || (process.platform !== 'win32' && !(await works('make', ['--version']))))
    return null;
  log('Redis : construction depuis les sources, une seule fois (une à deux minutes)…');
  // A CommonJS default export, seen from an ES module or from CommonJS.
  const loaded: { default: Builder | { default: Builder } } = builder;
  const binary = 'getPath' in loaded.default ? loaded.default : loaded.default.default;
  const file = await binary.getPath({ version: BUILT_VERSION, downloadDir: join(cacheDir, 'redis-build') });
  return { file, libraryPath: null, source: `redis-memory-server (${BUILT_VERSION})` };
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

/** No Redis could be found or fetched. The message is for a terminal, in both languages. */
class RedisUnavailable extends Error {
  readonly code = 'redis_unavailable';

  /** @param causes why each way that was tried led nowhere */
  constructor(readonly causes: readonly unknown[]) {
    super(
      [
        'Redis est introuvable sur cette machine / No Redis was found on this machine, and none could be fetched.',
        'Installez-le par l’une de ces commandes, puis recommencez / Install it with one of these, then try again:',
        '  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install redis-server',
        '  Fedora:          sudo dnf install valkey',
        '  Alpine:          sudo apk add redis',
        '  macOS:           brew install redis',
        'ou donnez l’adresse d’un Redis de test / or give the address of a test Redis:',
        '  REDIS_URL=redis://127.0.0.1:6379 npm run demo',
        ...causes.map((cause) => `(${firstLines(cause)})`),
      ].join('\n'),
      { cause: causes },
    );
    this.name = 'RedisUnavailable';
  }
}

const firstLines = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().split('\n').slice(0, 3).join(' / ');
