import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisAddress } from '../../src/platform/redis.js';
import { startRedis, type StartedRedis } from '../../src/sandbox/redis/start.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';
import { until } from './until.js';

/** A server of its own for a test that kills or freezes it. The address stays the same over restarts. */
export interface OwnRedis {
  readonly url: string;
  readonly address: RedisAddress;
  /** Where its data stand. */
  readonly dataDir: string;
  /** SIGKILL; resolves when it is gone. Its data stay for `restart`. */
  readonly kill: () => Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Starts it again at the same address, with its data. */
  readonly restart: () => Promise<void>;
  /** Ends it, in whatever state, and removes its data. */
  readonly stop: () => Promise<void>;
}

export async function ownRedis(): Promise<OwnRedis> {
  await mkdir(TEST_DATA_DIR, { recursive: true });
  const dataDir = await mkdtemp(join(TEST_DATA_DIR, 'own-'));
  const start = (port?: number): Promise<StartedRedis> =>
    startRedis({
      cacheDir: CACHE_DIR,
      dataDir,
      persist: true,
      log: () => {},
      ...(port === undefined ? {} : { port }),
    });
  let server = await start();
  const { url } = server;
  const signal = (name: NodeJS.Signals): void => void process.kill(server.pid, name);
  const kill = async (): Promise<void> => {
    if (!isAlive(server.pid)) return;
    signal('SIGKILL');
    await until(() => !isAlive(server.pid), 'end of the killed Redis');
  };
  return {
    url,
    address: { kind: 'single', url },
    dataDir,
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    restart: async () => {
      await kill();
      server = await start(Number(new URL(url).port));
    },
    stop: async () => {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
