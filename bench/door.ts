import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from '../src/sandbox/redis/run.js';
import { until } from '../test/support/until.js';
import { atLeast, atMost, type Goal, median, type Part, pin, pinned, tableOf } from './report.js';
import { onOwnRedis, type Program, startProgram } from './program.js';
import { type Load, loadWith, requireWrk, writeRequests } from './wrk.js';

/** What takes notices: what one writes in an hour, and ours. */
export const DOORS = ['reference', 'palier'] as const;
export type DoorName = (typeof DOORS)[number];

export const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

export interface Door extends Program {
  readonly url: string;
}

const SCHEME = `scheme: Bench
competencies: { communiquer: { name: Communiquer } }
awards: { one: { badge: R1, rule: { at_least: 1, of: { competency: communiquer } } } }
`;
const PARTNERS = `partners: [ { client_id: P1, badges: [ { id: B1, competency: communiquer, level: 1 } ] } ]
`;

/** @param on see `pinned` */
export async function startDoor(name: DoorName, redisUrl: string, on: readonly string[]): Promise<Door> {
  const env = { REDIS_URL: redisUrl, WEBHOOK_SECRETS: SECRET };
  if (name === 'palier') return startOurs(env, on);
  const ready = /^listening (\d+)$/m;
  const program = await startProgram(['--import', 'tsx', 'bench/reference/receiver.ts'], env, { on, ready });
  const [, port] = ready.exec(program.said()) ?? [];
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** The web process as it is deployed, its log at the usual level. */
async function startOurs(env: Readonly<Record<string, string>>, on: readonly string[]): Promise<Door> {
  const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  await writeFile(join(folder, 'scheme.yaml'), SCHEME);
  await writeFile(join(folder, 'partners.yaml'), PARTNERS);
  const port = await freePort();
  const settings = {
    ...env,
    PORT: String(port),
    PALIER_CONFIG: folder,
    OBF_CLIENT_ID: 'REGION',
    OBF_CLIENT_SECRET: 'region',
    PALIER_KEY: Buffer.alloc(32, 3).toString('base64'),
  };
  const program = await startProgram(['dist/webhooks/main.js'], settings, { on, ready: /web started/ });
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** The door beside what one writes in an hour. */
const [ROUNDS, SECONDS, CONNECTIONS] = [7, 3, 64];
/** Until V8 has compiled what it will: a door stays up for days. */
const WARM_S = 6;
/** More than any of them takes in the time. */
const REQUESTS_A_SECOND = 30_000;

interface Run extends Load {
  /** Notices a second, from the first that was sent to the last that a worker was done with. */
  readonly throughPerSecond: number;
}
type Runs = Readonly<Record<DoorName, Run[]>>;

interface Bench {
  readonly redisUrl: string;
  readonly admin: Redis;
  readonly requestsFile: string;
}

/** Alternating runs: the subject on one processor, Redis, a worker and the load on the other; needs `dist`. */
export async function benchDoor(quick: boolean): Promise<Part> {
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  try {
    const runs = await runRounds(quick ? 1 : ROUNDS, join(folder, 'requests'));
    return { text: textOf(runs), goals: goalsOf(runs) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const runRounds = (rounds: number, requestsFile: string): Promise<Runs> =>
  onOwnRedis(async (redisUrl, admin) => {
    pin(Number(/^process_id:(\d+)/m.exec(await admin.info('server'))?.[1]), 1);
    // We read what the subject logs: not on its processor.
    pin(process.pid, 1);
    const runs: Runs = { reference: [], palier: [] };
    const bench = { redisUrl, admin, requestsFile };
    for (let round = 0; round < rounds; round += 1)
      for (const name of DOORS) {
        const accepted = await acceptedBy(name, bench);
        runs[name].push({ ...accepted, throughPerSecond: await throughOf(name, bench) });
      }
    return runs;
  });

/** What a door takes from an empty Redis, some seconds after its start. */
const acceptedBy = (name: DoorName, bench: Bench): Promise<Load> =>
  atDoor(name, bench, async (door) => {
    await loadFor(WARM_S, door, bench);
    return flawless(await loadFor(SECONDS, door, bench));
  });

/** Nothing is done with a notice, since OBF's rate would be the limit of both. */
const throughOf = (name: DoorName, bench: Bench): Promise<number> =>
  atDoor(name, bench, async (door) => {
    const { worker, queues } = WORKERS[name];
    const env = { REDIS_URL: bench.redisUrl };
    const options = { on: pinned(1), ready: /worker started/ };
    const program = await startProgram(['--import', 'tsx', worker], env, options);
    const startedMs = performance.now();
    const { answered } = flawless(await loadFor(SECONDS, door, bench));
    await until(() => isDrained(bench.admin, queues), 'end of the work', 120_000);
    const perSecond = (answered * 1000) / (performance.now() - startedMs);
    await program.stop();
    return perSecond;
  });

const WORKERS = {
  reference: { worker: 'bench/reference/worker.ts', queues: ['bull:notices'] },
  palier: { worker: 'bench/reference/our-worker.ts', queues: ['{palier}:arrivals', '{palier}:notices'] },
} as const;

/** In the order of the data: nothing moves past us. */
async function isDrained(redis: Redis, queues: readonly string[]): Promise<boolean> {
  for (const queue of queues)
    for (const list of ['wait', 'active']) if ((await redis.llen(`${queue}:${list}`)) > 0) return false;
  return true;
}

async function atDoor<T>(name: DoorName, { admin, redisUrl }: Bench, work: (door: Door) => Promise<T>) {
  await admin.flushall();
  const door = await startDoor(name, redisUrl, pinned(0));
  try {
    return await work(door);
  } finally {
    await door.stop();
  }
}

async function loadFor(seconds: number, { url }: Door, { requestsFile }: Bench): Promise<Load> {
  await writeRequests(requestsFile, seconds * REQUESTS_A_SECOND, SECRET);
  return loadWith(url, requestsFile, { connections: CONNECTIONS, seconds, on: pinned(1) });
}

function flawless(load: Load): Load {
  if (load.faults > 0) throw new Error(`${load.faults} of ${load.answered} requests were not accepted`);
  return load;
}

/** Ours to the reference in one round, the median: what slows the machine down for a while slows down all of it. */
const ratioOf = ({ palier, reference }: Runs, what: keyof Run): number =>
  median(palier.map((run, round) => run[what] / (reference[round]?.[what] ?? NaN)));

const goalsOf = (runs: Runs): readonly Goal[] => [
  atLeast('accepted a second, to the reference', 4, ratioOf(runs, 'perSecond')),
  atMost('p99 of the acknowledgement, to the reference', 0.5, ratioOf(runs, 'p99Ms'), 2),
  atLeast('end to end, to the reference', 1, ratioOf(runs, 'throughPerSecond')),
];

function textOf(runs: Runs): string {
  const rows = DOORS.map((name) => {
    const of = (what: keyof Run, digits = 0): string =>
      median(runs[name].map((run) => run[what])).toFixed(digits);
    return [name, of('perSecond'), of('p50Ms', 1), of('p99Ms', 1), of('throughPerSecond')];
  });
  const head = ['door', 'accepted a second', 'p50, ms', 'p99, ms', 'end to end, a second'];
  return `Medians of ${runs.palier.length} alternating rounds; the goals are ratios of each round.\n\n${tableOf(head, rows)}`;
}
