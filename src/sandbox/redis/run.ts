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
}

/** Every write goes to the append-only file within a second, and nothing is evicted: as in production. */
const settings = (port: number, dataDir: string): string[] =>
  Object.entries({
    port: String(port),
    bind: '127.0.0.1',
    dir: dataDir,
    daemonize: 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  }).flatMap(([name, value]) => [`--${name}`, value]);

/**
 * Starts Redis and resolves when it answers.
 * @throws RedisDidNotStart with what it printed
 */
export async function runRedis(binary: RedisBinary, port: number, dataDir: string): Promise<RedisProcess> {
  const child = spawn(binary.file, settings(port, dataDir), {
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
    return { pid, stop: () => stop(child, ended) };
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

/**
 * A small shell waits on a pipe that only we hold: it ends Redis should we be killed. It must not
 * outlive Redis, whose process id may then be somebody else's.
 */
function stopWithUs(pid: number, ended: Promise<string>): void {
  if (process.platform === 'win32') return;
  // CONT: one that a test froze would keep the signal for later.
  const guard = spawn('sh', ['-c', `read -r _; kill ${pid}; kill -CONT ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.once('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  void ended.then(() => guard.kill('SIGKILL'));
}
