import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord } from '../../src/sandbox/types.js';
import { openHouse, type House, type HouseOptions } from '../../test/support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../../test/support/small-scheme.js';
import { countCalls, type Counted, type CountedScene } from './counted.js';

export interface SceneOptions {
  readonly earners: number;
  /** Calls per second and client. */
  readonly rps: number;
  /** Over how long the notices come, milliseconds. */
  readonly overMs: number;
  readonly house?: Partial<HouseOptions>;
}

/** What one writes in an hour reads each event and its recipients, and looks and issues once for each of them. */
const straightforward = (events: number, recipients: number): number => 2 * events + 2 * recipients;

const peopleOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `eleve.${at}@example.org`);

/** A class of so many, all of whom come due by one event of which a webhook tells. */
export const aClass = async (options: SceneOptions): Promise<CountedScene> => ({
  what: `a class of ${options.earners}, all due, one webhook`,
  per: options.earners,
  goal: 10,
  ours: await awardAll(options, [peopleOf(options.earners)]),
  straightforward: straightforward(1, options.earners),
});

/** As many events of one recipient each, of which each makes its person due. */
export const singles = async (options: SceneOptions): Promise<CountedScene> => ({
  what: `${options.earners} single-recipient events within ${options.overMs / 1000} s`,
  per: options.earners,
  goal: 0.6 * options.earners,
  ours: await awardAll(
    options,
    peopleOf(options.earners).map((one) => [one]),
  ),
  straightforward: straightforward(options.earners, options.earners),
});

/** Everybody has one of two badges already; the second comes by what is told now. @throws unless each has one award */
async function awardAll(
  { earners, rps, overMs, house: more }: SceneOptions,
  events: readonly (readonly string[])[],
): Promise<Counted> {
  const house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    maxRps: rps,
    pace: { quietMs: 100, gatherMs: 10_000, mirrorMaxAgeMs: 15_000 },
    sandbox: { issuingLimit: 50_000, maxRps: rps + 2 },
    ...more,
  });
  try {
    await warm(house, earners);
    const counted = await countCalls(house, async () => {
      const startedMs = performance.now();
      for (const [at, recipients] of events.entries()) {
        await pause(Math.max(0, (at * overMs) / events.length - (performance.now() - startedMs)));
        await tell(house, house.issue({ clientId: 'P2', badgeId: 'B', recipients }));
      }
      while (house.awards().length < earners) await pause(20);
      const overAtMs = performance.now();
      await house.idle();
      return overAtMs;
    });
    const given = house.awards();
    if (new Set(given).size !== earners || given.length !== earners) throw new Error('not one award each');
    return counted;
  } finally {
    await house.close();
  }
}

/** The first badge of everybody, and the tokens of all: what any process has that runs for an hour. */
async function warm(house: House, earners: number): Promise<void> {
  await tell(house, house.issue({ clientId: 'P1', badgeId: 'A', recipients: peopleOf(earners) }));
  await tell(house, house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['ailleurs@example.org'] }));
  await house.idle();
}

async function tell(house: House, event: EventRecord): Promise<void> {
  if ((await house.notify(event)) !== 202) throw new Error('a notice was not accepted');
}
