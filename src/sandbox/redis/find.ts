import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { command, commandSucceeds } from '../processes.js';

export interface RedisBinary {
  readonly file: string;
  /** The path of its libraries, when they are not the system's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly source: string;
}

export interface FindOptions {
  /** The folder where a fetched Redis is kept for the next time; created when missing. */
  readonly cacheDir: string;
  /** Called with a line before each slow step. */
  readonly log: (line: string) => void;
}

/** One way to get a Redis; null: it does not apply to this machine. */
export type Finder = (options: FindOptions) => Promise<RedisBinary | null>;

/** Finds an installed `redis-server`, or its successor. */
const installedRedis: Finder = async () => {
  for (const file of ['redis-server', 'valkey-server'])
    if (await commandSucceeds(file, ['--version'])) return { file, source: file };
  return null;
};

const NAME = 'redis-debian';

/**
 * Unpacks Redis from Debian's or Ubuntu's packages into the cache folder, without root and without installing.
 * `redis-check-rdb` of `redis-tools` is the server: the binary acts by the name that it is called by.
 * @returns null on a system without `apt-get` and `dpkg`
 * @throws when the packages could not be fetched, or do not run here
 */
async function unpackDebianRedis(options: FindOptions): Promise<RedisBinary | null> {
  const cacheDir = resolve(options.cacheDir);
  const home = join(cacheDir, `${NAME}-${process.arch}`);
  const cached = await runnable(home);
  if (cached !== null) return cached;
  if (!(await commandSucceeds('apt-get', ['--version'])) || !(await commandSucceeds('dpkg', ['--version'])))
    return null;
  options.log('Redis : téléchargement du paquet de la distribution (1,3 Mo), une seule fois…');
  await mkdir(cacheDir, { recursive: true });
  // Unpacked aside, then renamed in one step: two processes may do this at once.
  const workDir = await mkdtemp(join(cacheDir, `${NAME}-work-`));
  try {
    const root = join(workDir, 'root');
    for (const archive of await downloadPackages(workDir, redisPackages))
      await command('dpkg', ['-x', archive, root]);
    await symlink('redis-check-rdb', join(root, 'usr/bin/redis-server'));
    await rename(root, home).catch(async () => {
      if ((await runnable(home)) !== null) return;
      await rm(home, { recursive: true, force: true });
      await rename(root, home);
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  const fetched = await runnable(home);
  if (fetched === null)
    throw new Error(`Debian's redis-tools was unpacked in ${home}, but does not run there`);
  return fetched;
}

async function runnable(home: string): Promise<RedisBinary | null> {
  const file = join(home, 'usr/bin/redis-server');
  // `usr/lib/x86_64-linux-gnu` and the like.
  const folders: string[] = [];
  for (const parent of [join(home, 'usr/lib'), join(home, 'lib')]) {
    const names = await readdir(parent).catch((): string[] => []);
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(parent, name)));
  }
  const env = { LD_LIBRARY_PATH: folders.join(':') };
  const runs = await commandSucceeds(file, ['--version'], { env });
  return runs ? { file, env, source: 'redis-tools (Debian, Ubuntu)' } : null;
}

const SERVER = 'redis-tools';
/** The libraries that it needs beside the C library, when apt cannot list them. */
const LIBRARIES = ['libjemalloc2', 'liblzf1', 'libatomic1'];
const NETWORK = ['-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20'];
const TIMEOUT_MS = 120_000;

/** Returns the packages of Redis that this system lacks. apt only simulates the install, which needs no root. */
async function redisPackages(options: readonly string[]): Promise<readonly string[]> {
  const simulate = [...options, 'install', '--simulate', '--no-install-recommends', SERVER];
  const plan = await command('apt-get', simulate, { timeout: TIMEOUT_MS }).catch(() => null);
  // A line with the installed version in brackets is an upgrade, which is not needed.
  const missing = [...(plan ?? '').matchAll(/^Inst (\S+) \(/gm)].flatMap(([, name]) => name ?? []);
  return [...new Set([SERVER, ...(plan === null ? LIBRARIES : [...missing, 'libatomic1'])])];
}

/**
 * Downloads packages of Debian or Ubuntu into a folder, as any user.
 * @param choose returns their names, given the options of `apt-get`
 * @returns the archives' paths
 */
export async function downloadPackages(
  workDir: string,
  choose: (options: readonly string[]) => Promise<readonly string[]>,
): Promise<string[]> {
  const download = async (options: readonly string[]): Promise<string> => {
    const args = [...options, 'download', ...(await choose(options))];
    return command('apt-get', args, { cwd: workDir, timeout: TIMEOUT_MS });
  };
  // The system's package lists may be missing (as in a container image) or stale: then we fetch our own.
  await download(NETWORK).catch(async () => download([...NETWORK, ...(await fetchPackageLists(workDir))]));
  const names = await readdir(workDir);
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(workDir, name));
}

/** Fetches package lists of our own. @returns the options of `apt-get` that use them */
async function fetchPackageLists(workDir: string): Promise<string[]> {
  const lists = join(workDir, 'apt/lists');
  const cache = join(workDir, 'apt/cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives/partial'), { recursive: true });
  // apt's sandbox user may not enter our folder; without root the option changes nothing.
  const settings = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'APT::Sandbox::User=root'];
  const options = settings.flatMap((setting) => ['-o', setting]);
  await command('apt-get', [...NETWORK, ...options, 'update'], { timeout: TIMEOUT_MS });
  return options;
}

/** The last Redis that BullMQ supports and that needs only a C compiler and `make` to build. */
const BUILT_VERSION = '7.2.4';

interface Builder {
  getPath(options: { version: string; downloadDir: string }): Promise<string>;
}

/** Builds Redis from source by the development package `redis-memory-server`: one or two minutes, once. */
const buildRedis: Finder = async ({ cacheDir, log }) => {
  const builder = await import('redis-memory-server/lib/util/RedisBinary.js').catch(() => null);
  if (builder === null || (process.platform !== 'win32' && !(await commandSucceeds('make', ['--version']))))
    return null;
  log('Redis : construction depuis les sources, une seule fois (une à deux minutes)…');
  // A CommonJS default export, seen from an ES module or from CommonJS.
  const loaded: { default: Builder | { default: Builder } } = builder;
  const binary = 'getPath' in loaded.default ? loaded.default : loaded.default.default;
  const file = await binary.getPath({ version: BUILT_VERSION, downloadDir: join(cacheDir, 'redis-build') });
  return { file, source: `redis-memory-server (${BUILT_VERSION})` };
};

/** The cheapest first. */
const FINDERS: readonly Finder[] = [installedRedis, unpackDebianRedis, buildRedis];

/**
 * Finds a Redis on this machine, or fetches one, without root and without installing anything.
 * @throws RedisUnavailable when there is none, with the commands that install one
 */
export async function findRedis(options: FindOptions, finders = FINDERS): Promise<RedisBinary> {
  const causes: unknown[] = [];
  for (const find of finders) {
    try {
      const binary = await find(options);
      if (binary !== null) return binary;
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new RedisUnavailable(causes);
}

/** No Redis could be found or fetched. The message is for a terminal, in both languages. */
class RedisUnavailable extends Error {
  readonly code = 'redis_unavailable';

  /** @param causes why each attempt failed */
  constructor(causes: readonly unknown[]) {
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
