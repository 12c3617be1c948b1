import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { EventRecord } from '../../src/sandbox/types.js';
import { QUEUES } from '../../src/queue/names.js';
import { until } from '../../test/support/until.js';
import { openStage, POLL_EVERY_S, type Measured, type Stage } from './stage.js';
import { leastOfEach, verdictOf, type Point, type Verdict } from './slope.js';

export interface SoakOptions {
  readonly minutes: number;
  /** Notices a second. */
  readonly perSecond: number;
  /** Of the people that everything is about. */
  readonly people: number;
  /** Told before anything is measured: over the first of them a worker's heap still rises, and then it flattens. */
  readonly warmNotices: number;
}

export const SOAK: SoakOptions = { minutes: 10, perSecond: 20, people: 500, warmNotices: 10_000 };

/**
 * What is in hand comes and goes: a poll leaves 130 KiB in a worker for some seconds. In twice the time between two
 * polls there is an instant without.
 */
const QUIET_WITHIN_MS = 2 * POLL_EVERY_S * 1000;

export interface SoakResult {
  readonly name: 'soak';
  readonly minutes: number;
  readonly notices: number;
  /** Bytes, the least in a while: heaps after a collection, V8's compilers off; Redis without its clients' buffers. */
  readonly series: Readonly<Record<'webHeap' | 'workerHeap' | 'redis', Verdict>>;
  /** At most, of a worker as it is deployed. */
  readonly peakRssBytes: number;
  /** Of Redis, at the end less at the beginning of what was measured. */
  readonly keysMore: number;
}

/**
 * Steady load on real processes: the same people's events are told of again and again, so that nothing new is to be
 * kept, and whatever grows all the same is a leak. The polls go on beside it.
 */
export async function runSoak(options: Partial<SoakOptions> = {}): Promise<SoakResult> {
  const { minutes, perSecond, people, warmNotices } = { ...SOAK, ...options };
  const probeEveryMs = Math.max(200, Math.min(2000, minutes * 600));
  const perPoint = Math.max(1, Math.floor(Math.min(QUIET_WITHIN_MS, minutes * 7500) / probeEveryMs));
  const stage = await openStage(probeEveryMs);
  const redis = new Redis(stage.redis.url);
  try {
    const events = await settle(stage, redis, people);
    await load(stage, events, { seconds: warmNotices / 200, perSecond: 200 });
    await idle(redis);
    const from = { web: probesOf(stage, 'web').length, worker: probesOf(stage, 'worker').length };
    const keys = await redis.dbsize();
    const watch = watchRedis(redis, probeEveryMs);
    const notices = await load(stage, events, { seconds: minutes * 60, perSecond });
    watch.end();
    await idle(redis);
    const verdictOn = (points: readonly Point[]): Verdict => verdictOf(leastOfEach(points, perPoint));
    const pointsOf = (name: 'web' | 'worker'): readonly Point[] =>
      probesOf(stage, name)
        .slice(from[name])
        .map(({ heap }, at) => ({ x: (at * probeEveryMs) / 60_000, y: heap }));
    return {
      name: 'soak',
      minutes,
      notices,
      series: {
        webHeap: verdictOn(pointsOf('web')),
        workerHeap: verdictOn(pointsOf('worker')),
        redis: verdictOn(watch.points),
      },
      peakRssBytes: Math.max(0, ...probesOf(stage, 'deployedWorker').map(({ rss }) => rss)),
      keysMore: (await redis.dbsize()) - keys,
    };
  } finally {
    redis.disconnect();
    await stage.close();
  }
}

/** Everybody has both badges, and the award. */
async function settle(stage: Stage, redis: Redis, people: number): Promise<readonly EventRecord[]> {
  const { sandbox } = stage;
  const addresses = Array.from({ length: people }, (_, at) => `personne.${at}@example.org`);
  const events = (['A', 'B'] as const).flatMap((badgeId) =>
    addresses.map((one) =>
      sandbox.issueByHand({ clientId: badgeId === 'A' ? 'P1' : 'P2', badgeId, recipients: [one] }),
    ),
  );
  for (const event of events) await stage.tell(event);
  const given = (): number =>
    sandbox.eventsOf('REGION').reduce((sum, { assertions }) => sum + assertions.length, 0);
  while (given() < people) await pause(500);
  await idle(redis);
  return events;
}

/** @returns how many notices were told */
async function load(
  stage: Stage,
  events: readonly EventRecord[],
  { seconds, perSecond }: { readonly seconds: number; readonly perSecond: number },
): Promise<number> {
  const startedMs = performance.now();
  const wanted = Math.ceil(seconds * perSecond);
  for (let at = 0; at < wanted; at += 1) {
    await pause(Math.max(0, (at * 1000) / perSecond - (performance.now() - startedMs)));
    const event = events[at % events.length];
    if (event !== undefined) await stage.tell(event);
  }
  return wanted;
}

/** Nothing waits and nothing runs. */
async function idle(redis: Redis): Promise<void> {
  await until(
    async () => {
      const keys = QUEUES.map((name) => `{palier}:${name}`);
      const lengths = await Promise.all(
        keys.flatMap((key) => [redis.llen(`${key}:wait`), redis.llen(`${key}:active`)]),
      );
      return lengths.every((length) => length === 0);
    },
    'idle queues',
    120_000,
  );
}

/** Until it is ended. */
function watchRedis(redis: Redis, everyMs: number): { readonly points: readonly Point[]; end(): void } {
  const startedMs = Date.now();
  const points: Point[] = [];
  const look = async (): Promise<void> =>
    void points.push({ x: (Date.now() - startedMs) / 60_000, y: await usedBy(redis) });
  const timer = setInterval(() => void look(), everyMs);
  return { points, end: () => clearInterval(timer) };
}

async function usedBy(redis: Redis): Promise<number> {
  const info = await redis.info('memory');
  const of = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return of('used_memory') - of('mem_clients_normal') - of('mem_aof_buffer');
}

interface Probe {
  readonly heap: number;
  readonly rss: number;
}

const probesOf = ({ processes }: Stage, name: Measured): readonly Probe[] =>
  [...processes[name].output().matchAll(/^probe (\d+) (\d+)$/gm)].map(([, heap, rss]) => ({
    heap: Number(heap),
    rss: Number(rss),
  }));
