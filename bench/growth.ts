import { resolve } from 'node:path';
import type { Redis } from 'ioredis';
import { asClientId } from '../src/ids.js';
import { fill } from '../test/scale/fill.js';
import { PROPOSAL, scaleWorld } from '../test/scale/world.js';
import { commandsIn, whenQuiet } from '../test/support/commands.js';
import { openHouse, REGION, type House } from '../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../test/support/small-scheme.js';
import { atMost, median, tableOf, type Part } from './report.js';
import { type Ended, onOwnRedis, startProgram } from './program.js';
const NOTICES = 200;
const RUNS = 5;

/** Does anything cost more because there are more people? Needs `dist`. */
export async function benchGrowth(quick: boolean): Promise<Part> {
  const [small, large] = quick ? [10_000, 100_000] : [10_000, 1_000_000];
  const [few, many] = await noticesAmong(small, large);
  const earners = quick ? 30_000 : 300_000;
  const { seconds, peakMib } = await simulateAmong(earners);
  const rows = [
    [`a notice among ${small}`, `${few.ms.toFixed(2)} ms`, `${few.commands.toFixed(0)} commands of Redis`],
    [`a notice among ${large}`, `${many.ms.toFixed(2)} ms`, `${many.commands.toFixed(0)} commands of Redis`],
    [`\`simulate\` among ${earners}`, `${seconds.toFixed(1)} s`, `${peakMib.toFixed(0)} MiB`],
  ];
  return {
    text: tableOf(['what', 'time', ''], rows),
    goals: [
      atMost('time of a notice, large to small', 1.2, many.ms / few.ms, 2),
      atMost('commands of a notice, large to small', 1.2, many.commands / few.commands, 2),
      atMost('`simulate`, s', 30, seconds, 1),
      atMost('`simulate`, MiB', 1024, peakMib),
    ],
  };
}

/** Of one notice. */
interface Cost {
  readonly ms: number;
  readonly commands: number;
}

/** The same people are told of, in alternating runs; medians. */
const noticesAmong = (small: number, large: number): Promise<readonly [Cost, Cost]> =>
  inTown(small, (first) =>
    inTown(large, async (second) => {
      const costs: [Cost[], Cost[]] = [[], []];
      for (let turn = 0; turn <= RUNS; turn += 1)
        for (const [at, tell] of [first, second].entries()) {
          const cost = await tell(turn);
          // The first is to warm up.
          if (turn > 0) costs[at]?.push(cost);
        }
      return [medianOf(costs[0]), medianOf(costs[1])] as const;
    }),
  );

const medianOf = (costs: readonly Cost[]): Cost => ({
  ms: median(costs.map(({ ms }) => ms)),
  commands: median(costs.map(({ commands }) => commands)),
});

/** Tells of so many people, one after the other; counted from the door to the end of what it sets off. */
type Tell = (turn: number) => Promise<Cost>;

const inTown = <T>(earners: number, work: (tell: Tell) => Promise<T>): Promise<T> =>
  onOwnRedis(async (_url, admin) => {
    let evaluated = 0;
    const house = await openHouse({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      pace: { mirrorMaxAgeMs: 3_600_000 },
      logTo: { write: (line) => void (line.includes('earner evaluated') && (evaluated += 1)) },
    });
    await fillTown(house, earners);
    try {
      return await work((turn) => tellAll(house, admin, turn, () => evaluated));
    } finally {
      await house.stopWorkers();
      // Key by key, as a house closes, a million would take long.
      await admin.flushall();
      await house.close();
    }
  });

async function tellAll(house: House, admin: Redis, turn: number, evaluated: () => number): Promise<Cost> {
  const events = Array.from({ length: NOTICES }, (_, at) =>
    house.issue({
      clientId: 'P1',
      badgeId: 'A',
      recipients: [`personne.${turn * NOTICES + at}@example.org`],
    }),
  );
  await whenQuiet(admin, () => true);
  await admin.config('RESETSTAT');
  const all = evaluated() + NOTICES;
  const startedMs = performance.now();
  for (const event of events) await house.notify(event);
  await whenQuiet(admin, () => evaluated() >= all);
  const ms = (performance.now() - startedMs) / NOTICES;
  const commands = [...(await commandsIn(admin)).values()].reduce((sum, calls) => sum + calls, 0);
  return { ms, commands: commands / NOTICES };
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

/** What an operator types. */
const simulateAmong = (earners: number): Promise<Ended> =>
  onOwnRedis(async (url) => {
    const world = await scaleWorld(url, earners);
    const args = [resolve('dist/ops/cli/main.js'), 'simulate', '--rules', PROPOSAL, '--json'];
    const program = await startProgram(args, world.env, { cwd: world.cwd });
    const ran = await program.ended;
    await world.close();
    if (ran.exit !== 0) throw new Error(`simulate ended with ${ran.exit}: ${program.said()}`);
    return ran;
  });
