import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { runIfKilled } from '../../src/sandbox/processes.js';
import { findRedis, type FindOptions, type RedisBinary } from '../../src/sandbox/redis/find.js';
import { onFreePort, runRedis, runServer, type RedisProcess } from '../../src/sandbox/redis/run.js';
import { steadyPort } from './ports.js';

/** A server of a group, which tests kill, freeze and start again at the same port with its data. */
export interface GroupNode {
  readonly port: number;
  readonly url: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  restart(): Promise<void>;
}

/** Several servers that stand in for one another. */
export interface RedisGroup {
  /** As `REDIS_URL` names it. */
  readonly url: string;
  /** Those that hold data. */
  readonly nodes: readonly GroupNode[];
  /** Ends everything that was started, in whatever state, and removes its data. */
  stop(): Promise<void>;
}

interface GroupOptions extends FindOptions {
  /** Below it the group has a folder of its own, removed at the end. */
  readonly dataDir: string;
}

/** What a group is made of: its folder, a server, and the nodes that were started, to be ended. */
interface GroupRoom {
  readonly binary: RedisBinary;
  readonly dir: string;
  add(how: (port: number) => Promise<RedisProcess>): Promise<GroupNode>;
  stop(): Promise<void>;
}

/** A folder, and a list of what is to be ended; also when we are killed. @throws RedisUnavailable */
async function openRoom(options: GroupOptions): Promise<GroupRoom> {
  const binary = await findRedis(options);
  await mkdir(options.dataDir, { recursive: true });
  const dir = await mkdtemp(join(resolve(options.dataDir), 'group-'));
  const callOff = runIfKilled('sleep 3; rm -rf "$1"', dir);
  const nodes: GroupNode[] = [];
  return {
    binary,
    dir,
    async add(how) {
      const node = await startNode(how);
      nodes.push(node);
      return node;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.kill()));
      await rm(dir, { recursive: true, force: true });
      callOff();
    },
  };
}

async function startNode(how: (port: number) => Promise<RedisProcess>): Promise<GroupNode> {
  const started = await onFreePort(async (at) => ({ port: at, server: await how(at) }), steadyPort);
  const { port } = started;
  let server: RedisProcess | null = started.server;
  const signal = (name: NodeJS.Signals): void => void (server !== null && process.kill(server.pid, name));
  const kill = async (): Promise<void> => {
    const running = server;
    server = null;
    await running?.kill();
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async restart() {
      await kill();
      server = await how(port);
    },
  };
}

const EVERY_MS = 20;
const LIMIT_MS = 60_000;

/** Waits on state. @throws when it does not come within a minute */
async function awaitState(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + LIMIT_MS; !(await condition().catch(() => false));) {
    if (Date.now() > limit) throw new Error(`no ${what} within ${LIMIT_MS} ms`);
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}

const MASTERS = 3;
const SLOTS = 16_384;

/** How long a silent node is waited for before a replica takes its place; production has 15 s. */
const NODE_TIMEOUT_MS = 1500;

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
      nodes.push(await room.add((port) => runRedis(room.binary, port, place, CLUSTER_SETTINGS)));
    }
    await joinUp(nodes);
    return { url: nodes.map(({ url }) => url).join(','), nodes, stop: () => room.stop() };
  } catch (error) {
    await room.stop();
    throw error;
  }
}

const CLUSTER_SETTINGS = {
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

const MASTER_NAME = 'palier';
const REPLICAS = 2;
const SENTINELS = 3;

/** How long a silent master is waited for before a replica takes its place; production has 30 s. */
const DOWN_AFTER_MS = 1500;

/**
 * A master on 127.0.0.1 with two replicas, and three sentinels that watch over them.
 * @throws RedisUnavailable, RedisDidNotStart
 */
export async function startSentinel(options: GroupOptions): Promise<RedisGroup> {
  const room = await openRoom(options);
  const server = async (name: string, more: Readonly<Record<string, string>>): Promise<GroupNode> => {
    const place = join(room.dir, name);
    await mkdir(place);
    return room.add((port) => runRedis(room.binary, port, place, { ...REPLICA_SETTINGS, ...more }));
  };
  const sentinel = async (name: string, master: GroupNode): Promise<GroupNode> => {
    const file = join(room.dir, `${name}.conf`);
    return room.add(async (port) => {
      await writeFile(file, sentinelSettings(port, room.dir, master.port));
      return runServer(room.binary, [file, '--sentinel']);
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

const REPLICA_SETTINGS = { 'repl-diskless-sync-delay': '0' };

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
