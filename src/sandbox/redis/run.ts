import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { runIfKilled, freePort, startChild } from '../processes.js';
import { findRedis, type FindOptions, type RedisBinary } from './find.js';

/** How long a Redis may take to read its data and answer. */
const START_LIMIT_MS = 30_000;
const KEPT_OUTPUT = 4000;
/** Another process may take a free port before Redis does. */
const PORT_ATTEMPTS = 5;

/** Settings by their names in redis.conf, besides those of every server. */
export type RedisSettings = Readonly<Record<string, string>>;

interface RedisOptions extends FindOptions {
  /** The folder of the data, kept for the next start; created when missing. */
  readonly dataDir: string;
  readonly port?: number;
  readonly settings?: RedisSettings;
}

export type RedisProcess = Awaited<ReturnType<typeof runServer>>;
export type StartedRedis = Awaited<ReturnType<typeof startRedis>>;

/**
 * Finds or fetches a Redis, and starts it on 127.0.0.1. Resolves when it answers.
 * @throws RedisUnavailable, RedisDidNotStart
 */
export async function startRedis(options: RedisOptions) {
  const binary = await findRedis(options);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const start = async (port: number) => {
    const running = await runRedis(binary, port, dataDir, options.settings);
    return { ...running, url: `redis://127.0.0.1:${port}`, source: binary.source };
  };
  return options.port === undefined ? onFreePort(start) : start(options.port);
}

/** Starts a Redis on a free port, and again on another if that was taken meanwhile. @throws what `start` throws */
export async function onFreePort<T>(start: (port: number) => Promise<T>, findPort = freePort): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await start(await findPort());
    } catch (error) {
      const isTaken = error instanceof RedisDidNotStart && error.output.includes('Address already in use');
      if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
    }
}

/** Settings as in production: no eviction, and every write is in the append-only file within a second. */
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
  extra: RedisSettings = {},
): Promise<RedisProcess> {
  const settings = { port: String(port), dir: dataDir, ...PRODUCTION, ...extra };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return runServer(binary, args);
}

/** What a server or a sentinel prints when it answers. */
const READY = /Ready to accept connections|Sentinel ID is/;

/** Starts a server or sentinel by its arguments; resolves when it answers. @throws RedisDidNotStart */
export async function runServer({ file, env }: RedisBinary, args: readonly string[]) {
  const { child, pid, ended, end } = startChild(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ready = new Promise<null>((answers) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        output = (output + bytes.toString('utf8')).slice(-KEPT_OUTPUT);
        if (READY.test(output)) answers(null);
      });
  });
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    void end('SIGTERM');
  }, START_LIMIT_MS);
  const ending = await Promise.race([ready, ended]);
  clearTimeout(limit);
  if (ending !== null) {
    const why = isLate ? `gave no answer within ${START_LIMIT_MS / 1000} s` : `ended (${ending})`;
    throw new RedisDidNotStart(why, output);
  }
  // KILL too, since a master may wait for its replicas; CONT, since a stopped process does not act on TERM.
  const guard = runIfKilled(`kill ${pid}; kill -CONT ${pid}; sleep 1; kill -KILL ${pid}`);
  // The guard ends with Redis: another program may get its process id.
  void ended.then(guard);
  return {
    pid,
    stop: () => end('SIGTERM'),
    /** SIGKILL; resolves when it is gone. */
    kill: () => end('SIGKILL'),
  };
}

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
