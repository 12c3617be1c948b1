import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { freePort } from '../src/sandbox/processes.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../test/support/small-scheme.js';
import { until } from '../test/support/until.js';
import { onOwnRedis, pin, pinned, startProgram } from './program.js';
import { atLeast, atMost, type Goal, median, type Part, tableOf } from './report.js';
import { type Load, loadWith, writeRequests } from './wrk.js';

/** What takes notices, and what works on them: what one writes in an hour, and ours. */
const DOORS = {
  reference: { worker: 'bench/reference/worker.ts', queues: ['bull:notices'] },
  palier: { worker: 'bench/reference/our-worker.ts', queues: ['{palier}:arrivals', '{palier}:notices'] },
} as const;
type DoorName = keyof typeof DOORS;
const NAMES = ['reference', 'palier'] as const;

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

/** Ours is the web process as it is deployed, its log at the usual level. */
async function startDoor(name: DoorName, { redisUrl, folder }: Bench) {
  const on = pinned(0);
  const env = {
    REDIS_URL: redisUrl,
    WEBHOOK_SECRETS: SECRET,
    PORT: String(await freePort()),
    PALIER_CONFIG: folder,
    OBF_CLIENT_ID: 'REGION',
    OBF_CLIENT_SECRET: 'region',
    PALIER_KEY: Buffer.alloc(32, 3).toString('base64'),
  };
  const program =
    name === 'palier'
      ? await startProgram(['dist/webhooks/main.js'], env, { on, ready: /web started/ })
      : await startProgram(['--import', 'tsx', 'bench/reference/receiver.ts'], env, {
          on,
          ready: /listening/,
        });
  return { ...program, url: `http://127.0.0.1:${env.PORT}` };
}

/** The door beside what one writes in an hour. */
const [ROUNDS, SECONDS, CONNECTIONS] = [7, 3, 64];
/** Until V8 has compiled what it will: a door stays up for days. */
const WARM_S = 6;
/** More than any of them takes in the time. */
const REQUESTS_A_SECOND = 50_000;

interface Run extends Load {
  /** Notices a second, from the first that was sent to the last that a worker was done with. */
  readonly throughPerSecond: number;
}
type Runs = Readonly<Record<DoorName, Run[]>>;

interface Bench {
  readonly redisUrl: string;
  readonly admin: Redis;
  /** Of the rules, and of the requests. */
  readonly folder: string;
}

/** Alternating runs: the subject on one processor, Redis, a worker and the load on the other; needs `dist`. */
export const benchDoor = (quick: boolean): Promise<Part> =>
  onOwnRedis(async (redisUrl, admin) => {
    const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
    await writeFile(join(folder, 'scheme.yaml'), SMALL_SCHEME);
    await writeFile(join(folder, 'partners.yaml'), SMALL_PARTNERS);
    pin(Number(/^process_id:(\d+)/m.exec(await admin.info('server'))?.[1]), 1);
    // We read what the subject logs: not on its processor.
    pin(process.pid, 1);
    const runs: Runs = { reference: [], palier: [] };
    const bench = { redisUrl, admin, folder };
    for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1)
      for (const name of NAMES) {
        const accepted = await acceptedBy(name, bench);
        runs[name].push({ ...accepted, throughPerSecond: await throughOf(name, bench) });
      }
    await rm(folder, { recursive: true });
    return { text: textOf(runs), goals: goalsOf(runs) };
  });

/** What a door takes from an empty Redis, some seconds after its start. */
const acceptedBy = (name: DoorName, bench: Bench): Promise<Load> =>
  atDoor(name, bench, async (url) => {
    await loadFor(WARM_S, url, bench);
    return flawless(await loadFor(SECONDS, url, bench));
  });

/** Nothing is done with a notice, since OBF's rate would be the limit of both. */
const throughOf = (name: DoorName, bench: Bench): Promise<number> =>
  atDoor(name, bench, async (url) => {
    const { worker, queues } = DOORS[name];
    const env = { REDIS_URL: bench.redisUrl };
    const options = { on: pinned(1), ready: /worker started/ };
    const program = await startProgram(['--import', 'tsx', worker], env, options);
    const startedMs = performance.now();
    const { answered } = flawless(await loadFor(SECONDS, url, bench));
    await until(() => isDrained(bench.admin, queues), 'end of the work', 120_000);
    const perSecond = (answered * 1000) / (performance.now() - startedMs);
    await program.stop();
    return perSecond;
  });

/** In the order of the data: nothing moves past us. */
async function isDrained(redis: Redis, queues: readonly string[]): Promise<boolean> {
  for (const queue of queues)
    for (const list of ['wait', 'active']) if ((await redis.llen(`${queue}:${list}`)) > 0) return false;
  return true;
}

async function atDoor<T>(name: DoorName, bench: Bench, work: (url: string) => Promise<T>): Promise<T> {
  await bench.admin.flushall();
  const door = await startDoor(name, bench);
  try {
    return await work(door.url);
  } finally {
    await door.stop();
  }
}

async function loadFor(seconds: number, url: string, { folder }: Bench): Promise<Load> {
  const file = join(folder, 'requests');
  await writeRequests(file, seconds * REQUESTS_A_SECOND, SECRET);
  return loadWith(url, file, { connections: CONNECTIONS, seconds, on: pinned(1) });
}

/** @throws when any request was not accepted: such a run measures nothing */
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
  const rows = NAMES.map((name) => {
    const of = (what: keyof Run, digits = 0): string =>
      median(runs[name].map((run) => run[what])).toFixed(digits);
    return [name, of('perSecond'), of('p50Ms', 1), of('p99Ms', 1), of('throughPerSecond')];
  });
  const head = ['door', 'accepted a second', 'p50, ms', 'p99, ms', 'end to end, a second'];
  return `Medians of ${runs.palier.length} alternating rounds; the goals are ratios of each round.\n\n${tableOf(head, rows)}`;
}
