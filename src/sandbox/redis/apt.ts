import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.js';

const SERVER = 'redis-tools';
/** What it needs beside the C library, where apt cannot say. */
const LIBRARIES = ['libjemalloc2', 'liblzf1', 'libatomic1'];
const NETWORK = ['-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20'];
const TIMEOUT_MS = 120_000;

/**
 * Downloads Redis and the libraries that this system lacks into `work`, as any user.
 * @returns the archives' paths
 */
export async function downloadPackages(work: string): Promise<string[]> {
  const options = [...NETWORK];
  try {
    await download(work, options);
  } catch {
    // The system's package lists are missing (as in a container image) or stale: fetch our own.
    options.push(...(await ownLists(work)));
    await download(work, options);
  }
  const names = await readdir(work);
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(work, name));
}

async function download(work: string, options: readonly string[]): Promise<void> {
  const packages = [SERVER, ...(await missingLibraries(options))];
  await command('apt-get', [...options, 'download', ...packages], { cwd: work, timeoutMs: TIMEOUT_MS });
}

/** What apt would install beside it, asked without installing: a simulation needs no root. */
async function missingLibraries(options: readonly string[]): Promise<string[]> {
  const simulate = [...options, 'install', '--simulate', '--no-install-recommends', SERVER];
  const plan = await command('apt-get', simulate, { timeoutMs: TIMEOUT_MS }).catch(() => null);
  if (plan === null) return LIBRARIES;
  // A line with the installed version in brackets is an upgrade: what is installed will do.
  const news = [...plan.matchAll(/^Inst (\S+) \(/gm)].flatMap(([, name]) => name ?? []);
  return [...new Set([...news.filter((name) => name !== SERVER), 'libatomic1'])];
}

/** Package lists of our own, beside the system's. */
async function ownLists(work: string): Promise<string[]> {
  const lists = join(work, 'apt/lists');
  const cache = join(work, 'apt/cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives/partial'), { recursive: true });
  // The sandbox user may not enter our folder; without root the option changes nothing.
  const options = [
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${cache}`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  await command('apt-get', [...NETWORK, ...options, 'update'], { timeoutMs: TIMEOUT_MS });
  return options;
}
