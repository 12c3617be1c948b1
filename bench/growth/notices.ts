import { Redis } from 'ioredis';
import { asClientId } from '../../src/ids.js';
import { commandsIn, whenQuiet } from '../../test/support/commands.js';
import { openHouse, REGION, type House } from '../../test/support/house.js';
import { ownRedis } from '../../test/support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../test/support/small-scheme.js';
import { fill } from '../../test/scale/fill.js';
import type { NoticesGrowth } from './types.js';

const NOTICES = 200;
const RUNS = 5;

/** A notice among so many people, and among many more: the same people are told of, in alternating runs. */
export async function growthOfNotices(earners: readonly [number, number]): Promise<NoticesGrowth> {
  const towns = [await openTown(earners[0]), await openTown(earners[1])] as const;
  try {
    for (const town of towns) await town.run(0);
    const times: [number[], number[]] = [[], []];
    const counts: [number[], number[]] = [[], []];
    for (let at = 1; at <= RUNS; at += 1)
      for (const which of [0, 1] as const) {
        const { ms, commands } = await towns[which].run(at);
        times[which].push(ms / NOTICES);
        counts[which].push(commands / NOTICES);
      }
    return {
      earners,
      commandsPerNotice: [medianOf(counts[0]), medianOf(counts[1])],
      msPerNotice: [medianOf(times[0]), medianOf(times[1])],
    };
  } finally {
    for (const town of towns) await town.close();
  }
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

interface Town {
  /** Tells of so many people, one after the other; counted from the door to the end of what it sets off. */
  run(turn: number): Promise<{ readonly ms: number; readonly commands: number }>;
  close(): Promise<void>;
}

async function openTown(earners: number): Promise<Town> {
  const redis = await ownRedis();
  process.env['TEST_REDIS_URL'] = redis.url;
  const admin = new Redis(redis.url);
  let evaluated = 0;
  const house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    pace: { mirrorMaxAgeMs: 3_600_000 },
    logTo: { write: (line) => void (line.includes('earner evaluated') && (evaluated += 1)) },
  });
  await fillTown(house, earners);
  return {
    async run(turn) {
      const events = Array.from({ length: NOTICES }, (_, at) =>
        house.issue({
          clientId: 'P1',
          badgeId: 'A',
          recipients: [`personne.${turn * NOTICES + at}@example.org`],
        }),
      );
      await whenQuiet(admin, () => true);
      await admin.config('RESETSTAT');
      const until = evaluated + NOTICES;
      const startedMs = performance.now();
      for (const event of events) await house.notify(event);
      await whenQuiet(admin, () => evaluated >= until);
      const ms = performance.now() - startedMs;
      const commands = [...(await commandsIn(admin)).values()].reduce((sum, calls) => sum + calls, 0);
      return { ms, commands };
    },
    async close() {
      await house.stopWorkers();
      // Key by key, as a house closes, a million would take long.
      await admin.flushall();
      await house.close();
      admin.disconnect();
      await redis.stop();
    },
  };
}

const fillTown = ({ redisUrl, redisPrefix, pipelines: [{ vault }], scheme }: House, earners: number) =>
  fill({
    redisUrl,
    prefix: `${redisPrefix}data`,
    vault,
    region: asClientId(REGION),
    scheme,
    earners,
    nowS: Math.floor(Date.now() / 1000),
  });
