import { Redis } from 'ioredis';
import type { RedisAddress } from '../../src/platform/redis.js';
import type { GroupNode } from '../support/redis-group.js';
import { ownGroup } from '../support/own-group.js';
import { ownRedis } from '../support/own-redis.js';
import type { RedisKind } from '../support/redis-of-the-run.js';
import { addressOf } from '../support/redis.js';

/** The Redis of a run: one server, or several of which one at a time is struck. */
export interface ChaosRedis {
  readonly url: string;
  readonly address: RedisAddress;
  /** SIGKILL of the server, or of a master. */
  kill(): Promise<void>;
  /** What was killed comes back, with its data: of several, it follows the new master. */
  restart(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export async function chaosRedis(kind: RedisKind): Promise<ChaosRedis> {
  if (kind !== 'single') return severalServers(kind);
  const redis = await ownRedis();
  return { ...redis, freeze: async () => redis.freeze(), flush: () => ask(redis, flushAll) };
}

/** The masters of that moment are struck in turn: each holds some of the queues, or all. */
async function severalServers(kind: 'cluster' | 'sentinel'): Promise<ChaosRedis> {
  const group = await ownGroup(kind);
  let blows = 0;
  let struck: GroupNode | null = null;
  const strike = async (how: (node: GroupNode) => Promise<void> | void): Promise<void> => {
    const masters = await mastersIn(group.nodes);
    struck = masters[blows % masters.length] ?? null;
    blows += 1;
    if (struck !== null) await how(struck);
  };
  return {
    url: group.url,
    address: addressOf(group.url),
    kill: () => strike((node) => node.kill()),
    restart: async () => struck?.restart(),
    freeze: () => strike((node) => node.freeze()),
    thaw: () => struck?.thaw(),
    async flush() {
      for (const master of await mastersIn(group.nodes)) await ask(master, flushAll);
    },
    async stop() {
      struck?.thaw();
      await group.stop();
    },
  };
}

async function flushAll(redis: Redis): Promise<void> {
  await redis.flushall();
}

async function mastersIn(nodes: readonly GroupNode[]): Promise<readonly GroupNode[]> {
  const told = await Promise.all(
    nodes.map((node) => ask(node, (redis) => redis.info('replication')).catch(() => '')),
  );
  // One with replicas: an old master that was started again knows for a while of nobody who replaced it.
  return nodes.filter((_, at) => /role:master[^]*connected_slaves:[1-9]/.test(told[at] ?? ''));
}

async function ask<T>({ url }: { readonly url: string }, how: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { commandTimeout: 1000, maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    return await how(redis);
  } finally {
    redis.disconnect();
  }
}
