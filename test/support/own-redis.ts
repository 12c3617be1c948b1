import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisAddress } from '../../src/platform/redis.js';
import { onFreePort, startRedis, type StartedRedis } from '../../src/sandbox/redis/run.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';
import { steadyPort } from './ports.js';
import { addressOf } from './redis.js';
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

/** A cluster of a single node: what stands in other slots is refused together, and all its names are a cluster's. */
const CLUSTER_OF_ONE = { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' };

/**
 * @param inCluster as a cluster of one node, whose address is its own twice
 * @param prepare what is to happen to the folder of its data before it starts
 */
export async function ownRedis(
  inCluster = false,
  prepare: (dataDir: string) => void = () => {},
): Promise<OwnRedis> {
  await mkdir(TEST_DATA_DIR, { recursive: true });
  const dataDir = await mkdtemp(join(TEST_DATA_DIR, 'own-'));
  prepare(dataDir);
  const start = (port: number): Promise<StartedRedis> =>
    startRedis({
      cacheDir: CACHE_DIR,
      dataDir,
      log: () => {},
      port,
      ...(inCluster ? { settings: CLUSTER_OF_ONE } : {}),
    });
  let server = await onFreePort(start, steadyPort);
  const node = server.url;
  const url = inCluster ? `${node},${node}` : node;
  if (inCluster) await takeAllSlots(node);
  const signal = (name: NodeJS.Signals): void => void process.kill(server.pid, name);
  const kill = async (): Promise<void> => {
    if (!isAlive(server.pid)) return;
    signal('SIGKILL');
    await until(() => !isAlive(server.pid), 'end of the killed Redis');
  };
  return {
    url,
    address: addressOf(url),
    dataDir,
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    restart: async () => {
      await kill();
      server = await start(Number(new URL(node).port));
    },
    stop: async () => {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function takeAllSlots(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(async () => (await redis.cluster('INFO')).includes('cluster_state:ok'), 'whole cluster');
  redis.disconnect();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
