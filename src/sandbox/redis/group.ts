import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findRedis, type FindOptions, type RedisBinary } from './find.js';
import { freePort } from './probe.js';
import { afterUs, type RedisProcess } from './run.js';

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

export interface GroupOptions extends FindOptions {
  /** Below it the group has a folder of its own, removed at the end. */
  readonly dataDir: string;
}

/** Above it there is no room for a cluster's second port, which is 10 000 higher. */
const HIGHEST_PORT = 55_000;

/** What a group is made of: its folder, a server, and the nodes that were started, to be ended. */
export interface GroupRoom {
  readonly binary: RedisBinary;
  readonly dir: string;
  add(how: (port: number) => Promise<RedisProcess>): Promise<GroupNode>;
  stop(): Promise<void>;
}

/** A folder, and a list of what is to be ended; also when we are killed. @throws RedisUnavailable */
export async function openRoom(options: GroupOptions): Promise<GroupRoom> {
  const binary = await findRedis(options);
  await mkdir(options.dataDir, { recursive: true });
  const dir = await mkdtemp(join(resolve(options.dataDir), 'group-'));
  const callOff = afterUs('sleep 3; rm -rf "$1"', dir);
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
  const port = await lowPort();
  let server: RedisProcess | null = await how(port);
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

async function lowPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port < HIGHEST_PORT) return port;
  }
}

const EVERY_MS = 20;
const LIMIT_MS = 30_000;

/** Waits on state. @throws when it does not come within 30 s */
export async function awaitState(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + LIMIT_MS; !(await condition().catch(() => false));) {
    if (Date.now() > limit) throw new Error(`no ${what} within ${LIMIT_MS} ms`);
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
