import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findRedis, type FindOptions, type RedisBinary } from './find.js';
import { freePort, redisPidAt } from './probe.js';
import { RedisDidNotStart, runRedis, type RedisProcess, type RedisSettings } from './run.js';

export interface RedisOptions extends FindOptions {
  /** Where the data live; made when it is not there. */
  readonly dataDir: string;
  /** True: the data are there at the next start. False: a folder of its own below `dataDir`, removed at the end. */
  readonly persist: boolean;
  /** Default: a free one. */
  readonly port?: number;
  readonly settings?: RedisSettings;
}

export interface UsableRedis {
  readonly url: string;
  /** Where it came from, for a reader. */
  readonly source: string;
  /** Ends what was started; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface StartedRedis extends UsableRedis {
  readonly pid: number;
}

/** Two servers on one folder would destroy its data. */
export class RedisFolderInUse extends Error {
  readonly code = 'redis_folder_in_use';
  override readonly name = 'RedisFolderInUse';
}

/** Another process may take a free port before Redis does. */
const PORT_ATTEMPTS = 5;
const NOTE = 'palier-redis.json';

/** Takes the Redis at `redisUrl` when there is one, and leaves it running; else starts one. */
export async function findOrStartRedis(
  redisUrl: string | undefined,
  options: RedisOptions,
): Promise<UsableRedis> {
  if (redisUrl === undefined || redisUrl.trim() === '') return startRedis(options);
  return { url: redisUrl, source: 'REDIS_URL', stop: async () => {} };
}

/**
 * Starts a Redis of our own on 127.0.0.1, found or fetched; resolves when it answers.
 * @throws RedisUnavailable, RedisDidNotStart, RedisFolderInUse
 */
export async function startRedis(options: RedisOptions): Promise<StartedRedis> {
  const binary = await findRedis(options);
  const dataDir = await dataFolder(options);
  await refuseIfInUse(dataDir);
  const { port, server } = await onSomePort(binary, dataDir, options);
  await writeFile(join(dataDir, NOTE), JSON.stringify({ port, pid: server.pid }));
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: server.pid,
    source: binary.source,
    stop: async () => {
      await server.stop();
      if (!options.persist) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function dataFolder({ dataDir, persist }: RedisOptions): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  return persist ? resolve(dataDir) : mkdtemp(join(resolve(dataDir), 'redis-'));
}

/** The note of the last start tells whom to ask: a process id alone may by now be another program's. */
async function refuseIfInUse(dataDir: string): Promise<void> {
  const note = await readFile(join(dataDir, NOTE), 'utf8').catch(() => '');
  const [, port, pid] = /"port":(\d+),"pid":(\d+)/.exec(note) ?? [];
  if (port === undefined || (await redisPidAt(Number(port))) !== Number(pid)) return;
  throw new RedisFolderInUse(
    `A Redis (process ${pid}) already uses ${dataDir}: stop it first, it was started from here`,
  );
}

async function onSomePort(
  binary: RedisBinary,
  dataDir: string,
  { port: wanted, settings }: Pick<RedisOptions, 'port' | 'settings'>,
): Promise<{ port: number; server: RedisProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    try {
      return { port, server: await runRedis(binary, port, dataDir, settings) };
    } catch (error) {
      const taken = error instanceof RedisDidNotStart && error.output.includes('Address already in use');
      if (!taken || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
