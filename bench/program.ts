import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { Redis } from 'ioredis';
import { ownRedis } from '../test/support/own-redis.js';
import { until } from '../test/support/until.js';

/** A process under measurement, with exactly the environment that it was given, and PATH. */
export interface Program {
  /** The beginning of what it wrote. */
  said(): string;
  readonly ended: Promise<Ended>;
  /** SIGTERM. */
  stop(): Promise<Ended>;
}

export interface Ended {
  readonly exit: number | null;
  readonly seconds: number;
  /** The most memory that it had, MiB; 0 where the system does not say. */
  readonly peakMib: number;
}

const KEPT_CHARACTERS = 20_000;

/**
 * Starts `node <args>`; resolves when it is ready. It ends when we do. @throws when it ends before it is ready
 * @param on the processor that it keeps to: see `pinned`
 * @param ready it is, once it says so
 */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { on = [], ready = /^/ }: { readonly on?: readonly string[]; readonly ready?: RegExp } = {},
): Promise<Program> {
  const startedMs = performance.now();
  const [command = '', ...rest] = [...on, process.execPath, ...args];
  const child = spawn(command, rest, { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  // What a log says is read and thrown away, as a host's collector would take it.
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => void (said.length < KEPT_CHARACTERS && (said += String(part))));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let peakMib = 0;
  const look = async (): Promise<void> => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMib = Math.max(peakMib, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
  };
  const looking = setInterval(() => void look(), 100);
  const ended = once(child, 'close').then((): Ended => {
    clearInterval(looking);
    process.off('exit', kill);
    return { exit: child.exitCode, seconds: (performance.now() - startedMs) / 1000, peakMib };
  });
  await until(() => ready.test(said) || child.exitCode !== null, `start of ${args.join(' ')}`, 30_000);
  if (!ready.test(said)) throw new Error(`${args.join(' ')} ended:\n${said}`);
  const stop = (): Promise<Ended> => (child.kill('SIGTERM'), ended);
  return { said: () => said, ended, stop };
}

/** Does it on a Redis of its own, where what the tests open is opened as well. */
export async function onOwnRedis<T>(work: (url: string, admin: Redis) => Promise<T>): Promise<T> {
  const redis = await ownRedis();
  const admin = new Redis(redis.url);
  const { TEST_REDIS_URL: before, ...others } = process.env;
  process.env['TEST_REDIS_URL'] = redis.url;
  try {
    return await work(redis.url, admin);
  } finally {
    process.env = before === undefined ? others : { ...others, TEST_REDIS_URL: before };
    admin.disconnect();
    await redis.stop();
  }
}

const canPin = (): boolean => cpus().length > 1 && spawnSync('taskset', ['--version']).error === undefined;

/** What keeps a command to one processor, as far as this machine can. */
export const pinned = (processor: number): readonly string[] =>
  canPin() ? ['taskset', '-c', String(processor)] : [];

/** Keeps a running process to one processor, as far as this machine can. */
export function pin(pid: number, processor: number): void {
  if (canPin()) spawnSync('taskset', ['-a', '-c', '-p', String(processor), String(pid)]);
}
