import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
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

export interface ProgramOptions {
  readonly cwd?: string;
  /** The command that keeps it to a processor: see `pinned`. */
  readonly on?: readonly string[];
  /** It is ready once it says so. */
  readonly ready?: RegExp;
}

const KEPT_CHARACTERS = 20_000;

/** Starts `node <args>`; resolves when it is ready. It ends when we do. @throws when it ends before it is ready */
export async function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { cwd = '.', on = [], ready }: ProgramOptions = {},
): Promise<Program> {
  const startedMs = performance.now();
  const [command = '', ...rest] = [...on, process.execPath, ...args];
  const child = spawn(command, rest, { cwd, env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  // What a log says is read and thrown away, as a host's collector would take it.
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => void (said.length < KEPT_CHARACTERS && (said += String(part))));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let peakMib = 0;
  const looking = setInterval(
    () => void peakOf(child.pid).then((mib) => (peakMib = Math.max(peakMib, mib))),
    100,
  );
  const ended = once(child, 'close').then((): Ended => {
    clearInterval(looking);
    process.off('exit', kill);
    return { exit: child.exitCode, seconds: (performance.now() - startedMs) / 1000, peakMib };
  });
  const isReady = (): boolean => ready === undefined || ready.test(said);
  await until(() => isReady() || child.exitCode !== null, `start of ${args.join(' ')}`, 30_000);
  if (!isReady()) throw new Error(`${args.join(' ')} ended:\n${said}`);
  const stop = (): Promise<Ended> => (child.kill('SIGTERM'), ended);
  return { said: () => said, ended, stop };
}

async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** Does it on a Redis of its own, where what the tests open is opened as well. */
export async function onOwnRedis<T>(work: (url: string, admin: Redis) => Promise<T>): Promise<T> {
  const redis = await ownRedis();
  const admin = new Redis(redis.url);
  const before = process.env['TEST_REDIS_URL'];
  process.env['TEST_REDIS_URL'] = redis.url;
  try {
    return await work(redis.url, admin);
  } finally {
    if (before === undefined) delete process.env['TEST_REDIS_URL'];
    else process.env['TEST_REDIS_URL'] = before;
    admin.disconnect();
    await redis.stop();
  }
}
