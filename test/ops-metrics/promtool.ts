import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { command, commandSucceeds } from '../../src/sandbox/processes.js';
import { downloadPackages } from '../../src/sandbox/redis/find.js';
import { CACHE_DIR } from '../support/folders.js';

const FETCH_MS = 120_000;

/**
 * Whether promtool is to be had here: installed, or from Debian's packages. Elsewhere its caller is
 * skipped, and shown as such; in continuous integration it must be there.
 */
export const mustHavePromtool = (): boolean =>
  process.env['CI'] !== undefined ||
  ['apt-get', 'promtool'].some((file) => spawnSync(file, ['--version']).status === 0);

/**
 * Prometheus' own checker: the one that is installed, else that of Debian's `prometheus` package (19 MB, once),
 * unpacked in the cache folder. No root, nothing installed.
 * @throws when it could not be fetched, with the reason
 */
export async function promtool(): Promise<string> {
  if (await commandSucceeds('promtool', ['--version'])) return 'promtool';
  const home = resolve(CACHE_DIR, `promtool-${process.arch}`);
  const file = join(home, 'usr/bin/promtool');
  if (!(await commandSucceeds(file, ['--version']))) await fetchInto(home);
  return file;
}

async function fetchInto(home: string): Promise<void> {
  await mkdir(CACHE_DIR, { recursive: true });
  const work = await mkdtemp(join(CACHE_DIR, 'promtool-work-'));
  try {
    const [archive = ''] = await downloadPackages(work, async () => ['prometheus']);
    const unpack = 'dpkg --fsys-tarfile "$1" | tar -x -C "$2" ./usr/bin/promtool';
    await mkdir(join(work, 'root'));
    await command('sh', ['-c', unpack, 'sh', archive, join(work, 'root')], {
      timeout: FETCH_MS,
    });
    await rm(home, { recursive: true, force: true });
    await rename(join(work, 'root'), home);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What a run of promtool said, and whether it found fault. */
export interface Checked {
  readonly good: boolean;
  readonly said: string;
}

/** @param input for its standard input */
export function check(file: string, args: readonly string[], input = ''): Promise<Checked> {
  return new Promise((resolved, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
    child.on('error', reject);
    child.on('close', (code) => resolved({ good: code === 0, said }));
    child.stdin.end(input);
  });
}
