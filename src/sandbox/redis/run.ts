import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createServer, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';

export interface RedisBinary {
  readonly file: string;
  /** Where it finds its libraries; null: the system's own. */
  readonly libraryPath: string | null;
  readonly source: string;
}

/** How long a Redis may take to read its data and answer. */
const START_LIMIT_MS = 30_000;
/** How long it may take to write its data and end, before it is killed. */
const STOP_LIMIT_MS = 5000;
const KEPT_OUTPUT = 4000;

/** Redis ended before it answered, or never answered. */
export class RedisDidNotStart extends Error {
  readonly code = 'redis_did_not_start';
  constructor(
    why: string,
    /** The end of what it printed. */
    readonly output: string,
  ) {
    super(`redis-server ${why}. It said:\n${output.trim() === '' ? '(nothing)' : output.trim()}`);
    this.name = 'RedisDidNotStart';
  }
}

export interface RedisProcess {
  readonly pid: number;
  readonly stop: () => Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

/** What a server is given beside what all are given, by the names of redis.conf. */
export type RedisSettings = Readonly<Record<string, string>>;

/** As in production: nothing is evicted, every write is in the append-only file within a second. */
const PRODUCTION = {
  bind: '127.0.0.1',
  daemonize: 'no',
  save: '',
  appendonly: 'yes',
  appendfsync: 'everysec',
  'maxmemory-policy': 'noeviction',
};

/**
 * Starts Redis and resolves when it answers.
 * @throws RedisDidNotStart with what it printed
 */
export function runRedis(
  binary: RedisBinary,
  port: number,
  dataDir: string,
  more: RedisSettings = {},
): Promise<RedisProcess> {
  const settings = { port: String(port), dir: dataDir, ...PRODUCTION, ...more };
  return runServer(
    binary,
    port,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  );
}

/** The same with arguments of your own; `port` is where it will answer. @throws RedisDidNotStart */
export async function runServer(
  binary: RedisBinary,
  port: number,
  args: readonly string[],
): Promise<RedisProcess> {
  const libraries = binary.libraryPath === null ? {} : { env: { LD_LIBRARY_PATH: binary.libraryPath } };
  const { child, ended, end } = startChild(binary.file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...libraries,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (output = (output + bytes.toString('utf8')).slice(-KEPT_OUTPUT)));
  const pid = await Promise.race([answering(child, port), ended.then((why) => ({ why }))]);
  if (typeof pid === 'number') {
    // Two signals: a master may wait for its replicas; CONT, since a frozen process would keep the signal.
    const guard = afterUs(`kill ${pid}; kill -CONT ${pid}; sleep 1; kill -KILL ${pid}`);
    // It must not outlive Redis, whose process id may then be another program's.
    void ended.then(guard);
    return { pid, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  }
  await end('SIGTERM');
  const why = pid === null ? `gave no answer within ${START_LIMIT_MS / 1000} s` : `ended (${pid.why})`;
  throw new RedisDidNotStart(why, output);
}

/**
 * Starts a program in a group of its own: Ctrl-C in the terminal is for us, and we end it when we are done with it.
 * `ended` resolves with how; `end` is a signal, then SIGKILL after 5 s.
 */
export function startChild(
  file: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'stdio'>,
) {
  const child = spawn(file, args, { ...options, detached: true });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(limit);
  };
  return { child, ended, end };
}

/** Its process id, once it answers; null at the limit. Another Redis on that port is not taken for ours. */
async function answering(child: ChildProcess, port: number): Promise<number | null> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit && child.exitCode === null && child.signalCode === null) {
    const pid = await redisPidAt(port);
    if (pid !== null && pid === child.pid) return pid;
    await pause(20);
  }
  return null;
}

/**
 * Has a shell run this should we be killed: it waits on a pipe that only we hold.
 * @returns what calls it off
 */
export function afterUs(script: string, ...args: readonly string[]): () => void {
  if (process.platform === 'win32') return () => {};
  const guard = spawn('sh', ['-c', `read -r _; ${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.once('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => void guard.kill('SIGKILL');
}

/** The process id of the Redis that listens there; null when there is none, or it still reads its data. */
export async function redisPidAt(port: number): Promise<number | null> {
  const redis = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    retryStrategy: null,
    commandTimeout: 1000,
  });
  redis.on('error', () => {});
  try {
    const [, pid] = /process_id:(\d+)/.exec(await redis.info('server')) ?? [];
    return pid === undefined ? null : Number(pid);
  } catch {
    return null;
  } finally {
    redis.disconnect();
  }
}

/** A port that nobody listens on now. Another may take it before you do. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

const execute = promisify(execFile);

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a command to its end. @returns what it printed @throws with what it said on stderr */
export async function command(
  file: string,
  args: readonly string[],
  { timeoutMs = 10_000, ...options }: CommandOptions = {},
): Promise<string> {
  const { stdout } = await execute(file, args, { ...options, timeout: timeoutMs, encoding: 'utf8' });
  return stdout;
}

/** Whether the command is there and ends well. */
export const works = (file: string, args: readonly string[], options?: CommandOptions): Promise<boolean> =>
  command(file, args, options).then(
    () => true,
    () => false,
  );
