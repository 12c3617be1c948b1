import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { awaitState, openRoom, type GroupNode, type GroupOptions, type RedisGroup } from './group.js';
import { runRedis } from './run.js';

const MASTERS = 3;
const SLOTS = 16_384;

/** How long a silent node is waited for before a replica takes its place; production has 15 s. */
export const NODE_TIMEOUT_MS = 1500;

/**
 * A Redis Cluster on 127.0.0.1, three masters and a replica of each, made by commands alone: `redis-cli` may
 * not be there.
 * @throws RedisUnavailable, RedisDidNotStart
 */
export async function startCluster(options: GroupOptions): Promise<RedisGroup> {
  const room = await openRoom(options);
  try {
    const places = Array.from({ length: MASTERS * 2 }, (_, at) => join(room.dir, `node-${at}`));
    const nodes: GroupNode[] = [];
    // One after the other: two would be given the same free port.
    for (const place of places) {
      await mkdir(place);
      nodes.push(await room.add((port) => runRedis(room.binary, port, place, SETTINGS)));
    }
    await joinUp(nodes);
    return { url: nodes.map(({ url }) => url).join(','), nodes, stop: () => room.stop() };
  } catch (error) {
    await room.stop();
    throw error;
  }
}

const SETTINGS = {
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-node-timeout': String(NODE_TIMEOUT_MS),
  'repl-diskless-sync-delay': '0',
};

async function joinUp(nodes: readonly GroupNode[]): Promise<void> {
  const clients = nodes.map(({ url }) => new Redis(url));
  for (const client of clients) client.on('error', () => {});
  try {
    await giveSlots(clients);
    await meet(clients, nodes);
    await replicate(clients);
    await awaitState('whole cluster', async () => (await Promise.all(clients.map(isWhole))).every(Boolean));
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function giveSlots(clients: readonly Redis[]): Promise<void> {
  for (const [at, client] of clients.entries()) {
    await client.cluster('SET-CONFIG-EPOCH', at + 1);
    if (at >= MASTERS) continue;
    const [from, to] = [at, at + 1].map((part) => Math.round((part * SLOTS) / MASTERS));
    const slots = Array.from({ length: (to ?? 0) - (from ?? 0) }, (_, slot) => (from ?? 0) + slot);
    await client.cluster('ADDSLOTS', ...slots);
  }
}

async function meet([first, ...others]: readonly Redis[], nodes: readonly GroupNode[]): Promise<void> {
  for (const { port } of nodes.slice(1)) await first?.cluster('MEET', '127.0.0.1', port);
  const all = first === undefined ? others : [first, ...others];
  const knowsAll = async (client: Redis): Promise<boolean> =>
    (await client.cluster('INFO')).includes(`cluster_known_nodes:${all.length}\r\n`);
  await awaitState('nodes that know each other', async () =>
    (await Promise.all(all.map(knowsAll))).every(Boolean),
  );
}

async function replicate(clients: readonly Redis[]): Promise<void> {
  const ids = await Promise.all(clients.slice(0, MASTERS).map((master) => master.cluster('MYID')));
  for (const [at, replica] of clients.slice(MASTERS).entries())
    await awaitState('replica', async () => (await replica.cluster('REPLICATE', String(ids[at]))) === 'OK');
}

/** It serves every slot, and follows its master if it has one. */
async function isWhole(client: Redis): Promise<boolean> {
  const [state, replication] = await Promise.all([client.cluster('INFO'), client.info('replication')]);
  const follows = !replication.includes('role:slave') || replication.includes('master_link_status:up');
  const followed = !replication.includes('role:master') || replication.includes('state=online');
  return state.includes('cluster_state:ok') && follows && followed;
}
