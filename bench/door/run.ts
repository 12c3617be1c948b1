import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ownRedis } from '../../test/support/own-redis.js';
import { pin, pinned } from '../support/machine.js';
import { writeRequests } from '../support/requests.js';
import { cpuOf, loadWith, requireWrk, type Load } from '../support/wrk.js';
import { isDisturbed, pidOf, watchMachine } from './disturbance.js';
import { median } from './median.js';
import { DOORS, SECRET, startDoor, type DoorName } from './subjects.js';

export interface DoorOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}
export const DOOR: DoorOptions = { rounds: 7, seconds: 3, connections: 64 };

/** Medians over the rounds. */
export interface DoorFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the process for each notice, microseconds. */
  readonly cpuUs: number;
}
export interface DoorResult {
  readonly name: 'door';
  readonly rounds: number;
  /** Runs that were made again, because something else was at work on the machine. */
  readonly repeats: number;
  readonly of: Readonly<Record<DoorName, DoorFigures>>;
  readonly ratios: DoorRatios;
}

/** Of ours to another, in one round: what slows the machine down for a while slows down all of a round. Medians over the rounds. */
export interface DoorRatios {
  readonly perSecondToReference: number;
  readonly perSecondToLimit: number;
  readonly p99ToReference: number;
}

type Run = Load & { readonly cpuUs: number };

/** More than any of them takes in the time. */
const REQUESTS_A_SECOND = 30_000;
/** Until V8 has compiled what it will: a door stays up for days. */
const WARM_S = 6;
const MAX_REPEATS = 12;

/** Alternating runs, the subject on one processor, Redis and the load on the other; needs `dist`. */
export async function runDoor(options: Partial<DoorOptions> = {}): Promise<DoorResult> {
  const { rounds, seconds, connections } = { ...DOOR, ...options };
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  const redis = await ownRedis();
  pin(await pidOf(redis.url), 1);
  // We read what the subject logs: not on its processor.
  pin(process.pid, 1);
  const runs: Record<DoorName, Run[]> = { reference: [], palier: [], limit: [] };
  let repeats = 0;
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const name of DOORS) {
        let done = await runOne(name, redis.url, folder, { seconds, connections });
        while (done.disturbed && repeats < MAX_REPEATS) {
          repeats += 1;
          done = await runOne(name, redis.url, folder, { seconds, connections });
        }
        runs[name].push(done.run);
      }
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const of = {
    reference: figuresOf(runs.reference),
    palier: figuresOf(runs.palier),
    limit: figuresOf(runs.limit),
  };
  return { name: 'door', rounds, repeats, of, ratios: ratiosOf(runs) };
}

function ratiosOf({ palier, reference, limit }: Readonly<Record<DoorName, readonly Run[]>>): DoorRatios {
  const toOther = (others: readonly Run[], what: 'perSecond' | 'p99Ms'): number =>
    median(palier.map((run, round) => run[what] / (others[round]?.[what] ?? NaN)));
  return {
    perSecondToReference: toOther(reference, 'perSecond'),
    perSecondToLimit: toOther(limit, 'perSecond'),
    p99ToReference: toOther(reference, 'p99Ms'),
  };
}

const figuresOf = (runs: readonly Run[]): DoorFigures => ({
  perSecond: median(runs.map(({ perSecond }) => perSecond)),
  p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
  cpuUs: median(runs.map(({ cpuUs }) => cpuUs)),
});

/** One door, from an empty Redis; some seconds of load before anything is measured. */
async function runOne(
  name: DoorName,
  redisUrl: string,
  folder: string,
  { seconds, connections }: Omit<DoorOptions, 'rounds'>,
) {
  const admin = new Redis(redisUrl);
  await admin.flushall();
  const door = await startDoor(name, redisUrl, pinned(0));
  const load = async (forS: number): Promise<Load> => {
    const file = join(folder, 'requests');
    await writeRequests(file, forS * REQUESTS_A_SECOND, SECRET);
    return loadWith(door.url, file, { connections, seconds: forS, on: pinned(1) });
  };
  try {
    await load(WARM_S);
    const watch = await watchMachine(redisUrl, door.child.pid);
    const before = await cpuOf(door.child.pid);
    const run = await load(seconds);
    if (run.faults > 0) throw new Error(`${name}: ${run.faults} requests were not accepted`);
    const cpuUs = (((await cpuOf(door.child.pid)) - before) * 1000) / run.answered;
    return { run: { ...run, cpuUs }, disturbed: isDisturbed(await watch(), run.cpuMs) };
  } finally {
    await door.stop();
    admin.disconnect();
  }
}
