import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findRedis, type FindOptions } from './find.js';
import { freePort, RedisDidNotStart, redisPidAt, runRedis, type RedisSettings } from './run.js';

interface RedisOptions extends FindOptions {
  /** Where the data live; made when it is not there. */
  readonly dataDir: string;
  /** True: the data are there at the next start. False: a folder of its own below `dataDir`, removed at the end. */
  readonly persist: boolean;
  /** Default: a free one. */
  readonly port?: number;
  readonly settings?: RedisSettings;
}

export interface StartedRedis {
  readonly url: string;
  readonly pid: number;
  /** Where it came from, for a reader. */
  readonly source: string;
  /** Ends it; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/** Two servers on one folder would destroy its data. */
class RedisFolderInUse extends Error {
  readonly code = 'redis_folder_in_use';
  override readonly name = 'RedisFolderInUse';
}

/** Another process may take a free port before Redis does. */
const PORT_ATTEMPTS = 5;
const NOTE = 'palier-redis.json';

/**
 * Starts a Redis of our own on 127.0.0.1, found or fetched; resolves when it answers.
 * @throws RedisUnavailable, RedisDidNotStart, RedisFolderInUse
 */
export async function startRedis(options: RedisOptions): Promise<StartedRedis> {
  const { persist, port: wanted, settings } = options;
  const binary = await findRedis(options);
  await mkdir(options.dataDir, { recursive: true });
  const above = resolve(options.dataDir);
  const dataDir = persist ? above : await mkdtemp(join(above, 'redis-'));
  await refuseIfInUse(dataDir);
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    try {
      const server = await runRedis(binary, port, dataDir, settings);
      await writeFile(join(dataDir, NOTE), JSON.stringify({ port, pid: server.pid }));
      const stopAndRemove = async (): Promise<void> => {
        await server.stop();
        if (!persist) await rm(dataDir, { recursive: true, force: true });
      };
      return {
        url: `redis://127.0.0.1:${port}`,
        pid: server.pid,
        source: binary.source,
        stop: stopAndRemove,
      };
    } catch (error) {
      const taken = error instanceof RedisDidNotStart && error.output.includes('Address already in use');
      if (!taken || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** The note of the last start names whom to ask: a process id alone may by now be another program's. */
async function refuseIfInUse(dataDir: string): Promise<void> {
  const note = await readFile(join(dataDir, NOTE), 'utf8').catch(() => '');
  const [, port, pid] = /"port":(\d+),"pid":(\d+)/.exec(note) ?? [];
  if (port === undefined || (await redisPidAt(Number(port))) !== Number(pid)) return;
  throw new RedisFolderInUse(
    `A Redis (process ${pid}) already uses ${dataDir}: stop it first, it was started from here`,
  );
}
