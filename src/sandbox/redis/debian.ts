import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { downloadPackages } from './apt.js';
import { command, works } from './command.js';
import type { FindOptions, RedisBinary } from './find.js';

const NAME = 'redis-debian';

/**
 * Redis from the packages of Debian or Ubuntu, unpacked in the cache folder: no root, nothing installed.
 * `redis-check-rdb` of `redis-tools` is the server itself, which looks at the name it is called by.
 * @returns null on a system without `apt-get` and `dpkg`
 * @throws when the packages could not be fetched, or do not run here
 */
export async function unpackDebianRedis({ cacheDir, log }: FindOptions): Promise<RedisBinary | null> {
  const home = resolve(cacheDir, `${NAME}-${process.arch}`);
  const kept = await runnable(home);
  if (kept !== null) return kept;
  if (!(await works('apt-get', ['--version'])) || !(await works('dpkg', ['--version']))) return null;
  log('Redis : téléchargement du paquet de la distribution (1,3 Mo), une seule fois…');
  await fetchInto(home, resolve(cacheDir));
  const fetched = await runnable(home);
  if (fetched === null)
    throw new Error(`Debian's redis-tools was unpacked in ${home}, but does not run there`);
  return fetched;
}

/** Works aside and moves the result in one step: two processes may do this at once. */
async function fetchInto(home: string, cacheDir: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, `${NAME}-work-`));
  try {
    const archives = await downloadPackages(work);
    const root = join(work, 'root');
    for (const archive of archives) await command('dpkg', ['-x', archive, root]);
    await symlink('redis-check-rdb', join(root, 'usr/bin/redis-server'));
    await moveUnlessThere(root, home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where another process was faster, its result is as good as ours. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if ((await runnable(to)) !== null) return;
    await rm(to, { recursive: true, force: true });
    await rename(from, to).catch(async () => {
      if ((await runnable(to)) === null) throw cause;
    });
  }
}

async function runnable(home: string): Promise<RedisBinary | null> {
  const file = join(home, 'usr/bin/redis-server');
  const libraryPath = (await libraryFolders(home)).join(':');
  const runs = await works(file, ['--version'], { env: { LD_LIBRARY_PATH: libraryPath } });
  return runs ? { file, libraryPath, source: 'redis-tools (Debian, Ubuntu)' } : null;
}

/** `usr/lib/x86_64-linux-gnu` and the like. */
async function libraryFolders(home: string): Promise<string[]> {
  const folders: string[] = [];
  for (const above of ['usr/lib', 'lib']) {
    const names = await readdir(join(home, above)).catch((): string[] => []);
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(home, above, name)));
  }
  return folders;
}
