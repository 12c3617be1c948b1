import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ownRedis } from '../../test/support/own-redis.js';
import { until } from '../../test/support/until.js';
import { pin, pinned } from '../support/machine.js';
import { writeRequests } from '../support/requests.js';
import { startSubject } from '../support/subject.js';
import { loadWith, requireWrk } from '../support/wrk.js';
import { pidOf } from './disturbance.js';
import { median } from './median.js';
import { SECRET, startDoor } from './subjects.js';

export interface EndToEndResult {
  readonly name: 'endToEnd';
  readonly rounds: number;
  /** Notices a second, from the first that was sent to the last that a worker was done with. Medians. */
  readonly perSecond: Readonly<Record<'reference' | 'palier', number>>;
  /** Of ours to the reference, in one round; the median. */
  readonly ratio: number;
}

const SIDES = {
  reference: { worker: 'bench/reference/worker.ts', queues: ['bull:notices'] },
  palier: { worker: 'bench/door/our-worker.ts', queues: ['{palier}:arrivals', '{palier}:notices'] },
} as const;
type Side = keyof typeof SIDES;

/** Door and Redis on one processor each, the worker and the load beside Redis; needs `dist`. */
export async function runEndToEnd(
  options: { rounds?: number; seconds?: number } = {},
): Promise<EndToEndResult> {
  const { rounds = 3, seconds = 4 } = options;
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'palier-bench-'));
  const redis = await ownRedis();
  pin(await pidOf(redis.url), 1);
  pin(process.pid, 1);
  const found: Record<Side, number[]> = { reference: [], palier: [] };
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const side of ['reference', 'palier'] as const)
        found[side].push(await through(side, redis.url, join(folder, 'requests'), seconds));
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const perSecond = { reference: median(found.reference), palier: median(found.palier) };
  const ratio = median(found.palier.map((ours, round) => ours / (found.reference[round] ?? NaN)));
  return { name: 'endToEnd', rounds, perSecond, ratio };
}

async function through(side: Side, redisUrl: string, file: string, seconds: number): Promise<number> {
  const admin = new Redis(redisUrl);
  await admin.flushall();
  const door = await startDoor(side, redisUrl, pinned(0));
  const args = ['--import', 'tsx', SIDES[side].worker];
  const worker = await startSubject(pinned(1), args, { REDIS_URL: redisUrl }, /worker started/);
  try {
    await writeRequests(file, seconds * 30_000, SECRET);
    const startedMs = performance.now();
    const { answered, faults } = await loadWith(door.url, file, { connections: 64, seconds, on: pinned(1) });
    if (faults > 0) throw new Error(`${side}: ${faults} requests were not accepted`);
    await until(() => isDrained(admin, SIDES[side].queues), 'end of the work', 120_000);
    return (answered * 1000) / (performance.now() - startedMs);
  } finally {
    await worker.stop();
    await door.stop();
    admin.disconnect();
  }
}

/** In the order of the data: nothing moves past us. */
async function isDrained(redis: Redis, queues: readonly string[]): Promise<boolean> {
  for (const queue of queues)
    for (const list of ['wait', 'active']) if ((await redis.llen(`${queue}:${list}`)) > 0) return false;
  return true;
}
