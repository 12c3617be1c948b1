import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisBinary } from './find.js';
import { redisPidAt } from './probe.js';

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
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What a server is told beside what all are told, by the names of redis.conf. */
export type RedisSettings = Readonly<Record<string, string>>;

/** Every write goes to the append-only file within a second, and nothing is evicted: as in production. */
const settings = (port: number, dataDir: string, more: RedisSettings): string[] =>
  Object.entries({
    port: String(port),
    bind: '127.0.0.1',
    dir: dataDir,
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    ...more,
  }).flatMap(([name, value]) => [`--${name}`, value]);

/**
 * Starts Redis and resolves when it answers.
 * @throws RedisDidNotStart with what it printed
 */
export const runRedis = (
  binary: RedisBinary,
  port: number,
  dataDir: string,
  more: RedisSettings = {},
): Promise<RedisProcess> => runServer(binary, port, settings(port, dataDir, more));

/** The same with arguments of your own; `port` is where it will answer. @throws RedisDidNotStart */
export async function runServer(
  binary: RedisBinary,
  port: number,
  args: readonly string[],
): Promise<RedisProcess> {
  const child = spawn(binary.file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group: Ctrl-C in the terminal is for us, and we stop it when we are done with it.
    detached: true,
    ...(binary.libraryPath === null ? {} : { env: { LD_LIBRARY_PATH: binary.libraryPath } }),
  });
  const output = tailOf(child);
  const ended = endOf(child);
  const pid = await Promise.race([answering(child, port), ended.then((why) => ({ why }))]);
  if (typeof pid === 'number') {
    stopWithUs(pid, ended);
    return { pid, stop: () => stop(child, ended), kill: () => kill(child, ended) };
  }
  await stop(child, ended);
  throw new RedisDidNotStart(pid?.why ?? `gave no answer within ${START_LIMIT_MS / 1000} s`, output());
}

/** The end of what the process prints. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => {
      tail = (tail + bytes.toString('utf8')).slice(-KEPT_OUTPUT);
    });
  return () => tail;
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => resolve(`ended (${signal ?? code})`));
  });

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

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}

async function kill(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/**
 * A small shell waits on a pipe that only we hold: it ends Redis should we be killed. It must not
 * outlive Redis, whose process id may then be somebody else's.
 */
function stopWithUs(pid: number, ended: Promise<string>): void {
  // CONT: one that a test froze would keep the signal for later. A master may wait for its replicas, which
  // wait for nobody by then.
  const guard = afterUs(`kill ${pid}; kill -CONT ${pid}; sleep 1; kill -KILL ${pid}`);
  void ended.then(guard);
}

/** Has a shell do this should we end without a word; what is returned calls it off. */
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
