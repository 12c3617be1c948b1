import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** A program as an operator would run it, and what it took. */
export interface Ran {
  readonly exit: number | null;
  readonly seconds: number;
  /** The most memory that it had, MiB; 0 where the system does not say. */
  readonly peakMib: number;
  readonly output: string;
}

export interface Child {
  /** The most memory so far, MiB. */
  peakMib(): Promise<number>;
  readonly ended: Promise<Ran>;
  /** SIGTERM. */
  stop(): void;
}

/** Starts `node <args>` with exactly this environment (and PATH), and watches its memory. */
export function startChild(args: readonly string[], env: Readonly<Record<string, string>>, cwd = '.'): Child {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: string[] = [];
  // A worker's lines are not kept: there are a hundred thousand.
  child.stdout.on('data', (data) => parts.length < 50 && parts.push(String(data)));
  let most = 0;
  const peakMib = async (): Promise<number> => (most = Math.max(most, await peakOf(child.pid)));
  const looking = setInterval(() => void peakMib(), 100);
  const end = async (): Promise<Ran> => {
    await once(child, 'close');
    clearInterval(looking);
    const seconds = (performance.now() - startedMs) / 1000;
    return { exit: child.exitCode, seconds, peakMib: most, output: parts.join('') };
  };
  return { peakMib, ended: end(), stop: () => void child.kill('SIGTERM') };
}

async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
