import type { Redis } from 'ioredis';
import { fill } from '../test/scale/fill.js';
import { commandsIn, whenQuiet } from '../test/support/commands.js';
import { openHouse, type House } from '../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../test/support/small-scheme.js';
import { onOwnRedis } from './program.js';
import { atMost, median, tableOf, type Part } from './report.js';

const [NOTICES, RUNS] = [200, 5];

/** Does anything cost more because there are more people? Medians of alternating runs, of which the first warms up. */
export async function benchGrowth(quick: boolean): Promise<Part> {
  const towns = quick ? ([1000, 10_000] as const) : ([10_000, 1_000_000] as const);
  const costs: readonly [Cost[], Cost[]] = [[], []];
  await inTown(towns[0], (tellFew) =>
    inTown(towns[1], async (tellMany) => {
      for (let turn = 0; turn <= RUNS; turn += 1) {
        costs[0].push(await tellFew(turn));
        costs[1].push(await tellMany(turn));
      }
    }),
  );
  const [few, many] = [medianOf(costs[0].slice(1)), medianOf(costs[1].slice(1))];
  const rows = [few, many].map(({ ms, commands }, at) => [
    `a notice among ${towns[at]}`,
    `${ms.toFixed(2)} ms`,
    `${commands.toFixed(0)} commands of Redis`,
  ]);
  return {
    text: tableOf(['what', 'time', ''], rows),
    goals: [
      atMost('time of a notice, large to small', 1.2, many.ms / few.ms, 2),
      atMost('commands of a notice, large to small', 1.2, many.commands / few.commands, 2),
    ],
  };
}

const medianOf = (costs: readonly Cost[]): Cost => ({
  ms: median(costs.map(({ ms }) => ms)),
  commands: median(costs.map(({ commands }) => commands)),
});

/** Of one notice, from the door to the end of what it sets off. */
interface Cost {
  readonly ms: number;
  readonly commands: number;
}

/** Works with so many people, and with what tells of some of them. */
const inTown = (earners: number, work: (tell: (turn: number) => Promise<Cost>) => Promise<void>) =>
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
      await work((turn) => tellAll(house, admin, turn, () => evaluated));
    } finally {
      await house.stopWorkers();
      // Key by key, as a house closes, a million would take long.
      await admin.flushall();
      await house.close();
    }
  });

/** Tells of so many people, one after the other. */
async function tellAll(house: House, admin: Redis, turn: number, evaluated: () => number): Promise<Cost> {
  const events = Array.from({ length: NOTICES }, (_, at) => {
    const recipients = [`personne.${turn * NOTICES + at}@example.org`];
    return house.issue({ clientId: 'P1', badgeId: 'A', recipients });
  });
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
