import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { command, works, type RedisBinary } from './run.js';

const NAME = 'redis-debian';

/**
 * Redis from the packages of Debian or Ubuntu, unpacked in the cache folder: no root, nothing installed.
 * `redis-check-rdb` of `redis-tools` is the server itself, which looks at the name it is called by.
 * @returns null on a system without `apt-get` and `dpkg`
 * @throws when the packages could not be fetched, or do not run here
 */
export async function unpackDebianRedis(options: {
  readonly cacheDir: string;
  readonly log: (line: string) => void;
}): Promise<RedisBinary | null> {
  const cacheDir = resolve(options.cacheDir);
  const home = join(cacheDir, `${NAME}-${process.arch}`);
  const kept = await runnable(home);
  if (kept !== null) return kept;
  if (!(await works('apt-get', ['--version'])) || !(await works('dpkg', ['--version']))) return null;
  options.log('Redis : téléchargement du paquet de la distribution (1,3 Mo), une seule fois…');
  await mkdir(cacheDir, { recursive: true });
  // Aside first, then in one step: two processes may do this at once.
  const work = await mkdtemp(join(cacheDir, `${NAME}-work-`));
  try {
    const root = join(work, 'root');
    for (const archive of await downloadPackages(work)) await command('dpkg', ['-x', archive, root]);
    await symlink('redis-check-rdb', join(root, 'usr/bin/redis-server'));
    await rename(root, home).catch(async () => {
      if ((await runnable(home)) !== null) return;
      await rm(home, { recursive: true, force: true });
      await rename(root, home);
    });
  } finally {
    await rm(work, { recursive: true, force: true });
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
  for (const above of [join(home, 'usr/lib'), join(home, 'lib')]) {
    const names = await readdir(above).catch((): string[] => []);
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(above, name)));
  }
  const libraryPath = folders.join(':');
  const runs = await works(file, ['--version'], { env: { LD_LIBRARY_PATH: libraryPath } });
  return runs ? { file, libraryPath, source: 'redis-tools (Debian, Ubuntu)' } : null;
}

const SERVER = 'redis-tools';
/** What it needs beside the C library, where apt cannot say. */
const LIBRARIES = ['libjemalloc2', 'liblzf1', 'libatomic1'];
const NETWORK = ['-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20'];
const TIMEOUT_MS = 120_000;

/**
 * Downloads Redis and the libraries that this system lacks into `work`, as any user.
 * @returns the archives' paths
 */
async function downloadPackages(work: string): Promise<string[]> {
  try {
    await download(work, NETWORK);
  } catch {
    // The system's package lists are missing (as in a container image) or stale: fetch our own.
    await download(work, [...NETWORK, ...(await ownLists(work))]);
  }
  const names = await readdir(work);
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(work, name));
}

async function download(work: string, options: readonly string[]): Promise<void> {
  // Asked without installing: a simulation needs no root.
  const simulate = [...options, 'install', '--simulate', '--no-install-recommends', SERVER];
  const plan = await command('apt-get', simulate, { timeoutMs: TIMEOUT_MS }).catch(() => null);
  // A line with the installed version in brackets is an upgrade: what is installed will do.
  const lacking = [...(plan ?? '').matchAll(/^Inst (\S+) \(/gm)].flatMap(([, name]) => name ?? []);
  const packages = [...new Set([SERVER, ...(plan === null ? LIBRARIES : [...lacking, 'libatomic1'])])];
  await command('apt-get', [...options, 'download', ...packages], { cwd: work, timeoutMs: TIMEOUT_MS });
}

/** Package lists of our own, beside the system's. */
async function ownLists(work: string): Promise<string[]> {
  const lists = join(work, 'apt/lists');
  const cache = join(work, 'apt/cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives/partial'), { recursive: true });
  // The sandbox user may not enter our folder; without root the option changes nothing.
  const settings = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'APT::Sandbox::User=root'];
  const options = settings.flatMap((setting) => ['-o', setting]);
  await command('apt-get', [...NETWORK, ...options, 'update'], { timeoutMs: TIMEOUT_MS });
  return options;
}
