import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Below the project's folder; `npm ci` empties it. */
const CACHE = 'node_modules/.cache/palier';

export interface Folders {
  /** Where a fetched Redis is kept for the next time. */
  readonly cache: string;
  /** This run's own: its Redis, its logs, its environment. It stays until the next run, for its logs. */
  readonly run: string;
}

/** Makes this run's folder, named after its process, and removes those of runs that have ended. */
export async function makeFolders(projectDir: string, pid: number): Promise<Folders> {
  const cache = join(projectDir, CACHE);
  const runs = join(cache, 'demo');
  await mkdir(runs, { recursive: true });
  for (const name of await readdir(runs))
    if (Number(name) === pid || !isAlive(Number(name)))
      await rm(join(runs, name), { recursive: true, force: true });
  const run = join(runs, String(pid));
  await mkdir(run);
  return { cache, run };
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process: alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
