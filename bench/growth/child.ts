import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A program as an operator would run it, and what it took. */
export interface Ran {
  readonly exit: number | null;
  readonly seconds: number;
  /** The most memory that it had, MiB; 0 where the system does not say. */
  readonly peakMib: number;
  /** The most that it held after its garbage was collected, MiB. */
  readonly liveMib: number;
  readonly output: string;
}

export interface Child {
  /** The most memory so far, MiB. */
  peakMib(): Promise<number>;
  readonly ended: Promise<Ran>;
  /** SIGTERM. */
  stop(): void;
}

const LIVE = pathToFileURL(resolve('bench/growth/live.mjs')).href;
/** Of the output of a plan of a million people, the beginning is enough. */
const KEPT_PARTS = 50;

/** Starts `node <args>` with exactly this environment (and PATH), and watches its memory. */
export async function startChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = '.',
): Promise<Child> {
  const dir = await mkdtemp(join(tmpdir(), 'palier-live-'));
  const liveTo = join(dir, 'live');
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--import', LIVE, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], LIVE_TO: liveTo, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: string[] = [];
  child.stdout.on('data', (data) => parts.length < KEPT_PARTS && parts.push(String(data)));
  let most = 0;
  const peakMib = async (): Promise<number> => (most = Math.max(most, await peakOf(child.pid)));
  const looking = setInterval(() => void peakMib(), 100);
  const end = async (): Promise<Ran> => {
    await once(child, 'close');
    clearInterval(looking);
    const seconds = (performance.now() - startedMs) / 1000;
    const live = Number(await readFile(liveTo, 'utf8').catch(() => '0'));
    await rm(dir, { recursive: true });
    return { exit: child.exitCode, seconds, peakMib: most, liveMib: live / 2 ** 20, output: parts.join('') };
  };
  return { peakMib, ended: end(), stop: () => void child.kill('SIGTERM') };
}

async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
