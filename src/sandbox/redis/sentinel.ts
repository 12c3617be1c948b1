import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { awaitState, openRoom, type GroupNode, type GroupOptions, type RedisGroup } from './group.js';
import { runRedis, runServer } from './run.js';

export const MASTER_NAME = 'palier';
const REPLICAS = 2;
const SENTINELS = 3;

/** How long a silent master is waited for before a replica takes its place; production has 30 s. */
export const DOWN_AFTER_MS = 1500;

/**
 * A master on 127.0.0.1 with two replicas, and three sentinels that watch over them.
 * @throws RedisUnavailable, RedisDidNotStart
 */
export async function startSentinel(options: GroupOptions): Promise<RedisGroup> {
  const room = await openRoom(options);
  const server = async (name: string, more: Readonly<Record<string, string>>): Promise<GroupNode> => {
    const place = join(room.dir, name);
    await mkdir(place);
    return room.add((port) => runRedis(room.binary, port, place, { ...SETTINGS, ...more }));
  };
  const sentinel = async (name: string, master: GroupNode): Promise<GroupNode> => {
    const file = join(room.dir, `${name}.conf`);
    return room.add(async (port) => {
      await writeFile(file, sentinelSettings(port, room.dir, master.port));
      return runServer(room.binary, port, [file, '--sentinel']);
    });
  };
  try {
    const master = await server('node-0', {});
    const nodes = [master];
    for (let at = 1; at <= REPLICAS; at += 1)
      nodes.push(await server(`node-${at}`, { replicaof: `127.0.0.1 ${master.port}` }));
    const sentinels: GroupNode[] = [];
    for (let at = 0; at < SENTINELS; at += 1) sentinels.push(await sentinel(`sentinel-${at}`, master));
    await Promise.all(sentinels.map(untilItKnowsAll));
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return { url: `redis-sentinel://${hosts}/${MASTER_NAME}`, nodes, stop: () => room.stop() };
  } catch (error) {
    await room.stop();
    throw error;
  }
}

const SETTINGS = { 'repl-diskless-sync-delay': '0' };

/** A sentinel writes what it learns into its file. */
const sentinelSettings = (port: number, dir: string, masterPort: number): string =>
  [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir "${dir}"`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
    '',
  ].join('\n');

async function untilItKnowsAll({ url }: GroupNode): Promise<void> {
  const client = new Redis(url);
  client.on('error', () => {});
  const whole = `slaves=${REPLICAS},sentinels=${SENTINELS}`;
  try {
    await awaitState('sentinel that knows all', async () => {
      const told = await client.info('sentinel');
      return told.includes('status=ok') && told.includes(whole);
    });
  } finally {
    client.disconnect();
  }
}
