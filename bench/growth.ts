import type { Redis } from 'ioredis';
import { fill } from '../test/scale/fill.js';
import { commandsIn, whenQuiet } from '../test/support/commands.js';
import { openHouse, type House } from '../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../test/support/small-scheme.js';
import { atMost, median, tableOf, type Part } from './report.js';
import { onOwnRedis } from './program.js';
const NOTICES = 200;
const RUNS = 5;

/** Does anything cost more because there are more people? */
export async function benchGrowth(quick: boolean): Promise<Part> {
  const [small, large] = quick ? [1000, 10_000] : [10_000, 1_000_000];
  const [few, many] = await noticesAmong(small, large);
  const rows = [
    [`a notice among ${small}`, `${few.ms.toFixed(2)} ms`, `${few.commands.toFixed(0)} commands of Redis`],
    [`a notice among ${large}`, `${many.ms.toFixed(2)} ms`, `${many.commands.toFixed(0)} commands of Redis`],
  ];
  return {
    text: tableOf(['what', 'time', ''], rows),
    goals: [
      atMost('time of a notice, large to small', 1.2, many.ms / few.ms, 2),
      atMost('commands of a notice, large to small', 1.2, many.commands / few.commands, 2),
    ],
  };
}

/** Of one notice. */
interface Cost {
  readonly ms: number;
  readonly commands: number;
}
/** Tells of so many people, one after the other; counted from the door to the end of what it sets off. */
type Tell = (turn: number) => Promise<Cost>;

/** The same people are told of, in alternating runs, the first to warm up; medians. */
const noticesAmong = (small: number, large: number): Promise<readonly [Cost, Cost]> =>
  inTown(small, (first) =>
    inTown(large, async (second) => {
      const [few, many]: [Cost[], Cost[]] = [[], []];
      for (let turn = 0; turn <= RUNS; turn += 1) {
        few.push(await first(turn));
        many.push(await second(turn));
      }
      return [medianOf(few.slice(1)), medianOf(many.slice(1))] as const;
    }),
  );

const medianOf = (costs: readonly Cost[]): Cost => ({
  ms: median(costs.map(({ ms }) => ms)),
  commands: median(costs.map(({ commands }) => commands)),
});

const inTown = <T>(earners: number, work: (tell: Tell) => Promise<T>): Promise<T> =>
  onOwnRedis(async (_url, admin) => {
    let evaluated = 0;
    const house = await openHouse({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      pace: { mirrorMaxAgeMs: 3_600_000 },
      logTo: { write: (line) => void (line.includes('earner evaluated') && (evaluated += 1)) },
    });
    const { redisUrl, dataPrefix: prefix, pipelines, scheme } = house;
    const [{ vault, region }] = pipelines;
    const nowS = Math.floor(Date.now() / 1000);
    await fill({ redisUrl, prefix, vault, region, scheme, earners, nowS });
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
