import * as fc from 'fast-check';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { readPerson } from '../../src/workers/person.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

/** Who is given which badges by whom. */
const EVENTS = [
  { clientId: 'P1', badgeId: 'A', recipients: ['a@x.fr', 'b@x.fr', 'c@x.fr'] },
  { clientId: 'P2', badgeId: 'B', recipients: ['b@x.fr', 'c@x.fr', 'd@x.fr'] },
  { clientId: 'P1', badgeId: 'C', recipients: ['c@x.fr', 'd@x.fr'] },
  { clientId: 'P1', badgeId: 'A', recipients: ['d@x.fr', 'a@x.fr'] },
  { clientId: 'P1', badgeId: 'C', recipients: ['a@x.fr', 'b@x.fr'] },
] as const;
const EVERYBODY = ['a@x.fr', 'b@x.fr', 'c@x.fr', 'd@x.fr'];

/** Tells the events in this order, each twice, with new workers after some of them. */
async function live(house: House, order: readonly number[], restarts: readonly boolean[]): Promise<void> {
  const told = EVENTS.map((event) => house.issue({ ...event, recipients: [...event.recipients] }));
  for (const [step, at] of order.entries()) {
    const event = told[at % told.length] as EventRecord;
    await Promise.all([house.notify(event), house.notify(event)]);
    if (restarts[step % restarts.length] === true) await house.restartWorkers();
  }
  for (const event of told) await house.notify(event);
  await house.idle();
}

/** What each holds and is told, but for what every run names anew: ids, times, and what came first. */
async function standing(house: House): Promise<unknown> {
  const [{ vault, clock }] = house.pipelines;
  const people = EVERYBODY.map(async (address) => {
    const { portfolio } = await readPerson(house.pipelines[0], earnerKeyOf(vault, address));
    const { awards } = evaluate(house.scheme, portfolio, Math.floor(clock() / 1000));
    const told = awards.map(({ award, status, met, earnedBy }) => ({
      award: award.id,
      status,
      met,
      earnedBy: earnedBy.map(({ clientId, badgeId }) => `${clientId}/${badgeId}`).toSorted(),
    }));
    return [address, told];
  });
  return { people: await Promise.all(people), given: house.awards().toSorted() };
}

test('all events in any order, twice, with restarts: the same awards, each given once', async () => {
  const run = async (order: readonly number[], restarts: readonly boolean[]): Promise<unknown> => {
    const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
    try {
      await live(house, order, restarts);
      return await standing(house);
    } finally {
      await house.close();
    }
  };
  const expected = await run([0, 1, 2, 3, 4], [false]);
  expect(expected).toMatchObject({
    given: ['R1 b@x.fr', 'R1 c@x.fr', 'R1 d@x.fr', 'R2 b@x.fr', 'R2 c@x.fr', 'R2 d@x.fr'],
  });
  const any = fc.tuple(
    fc.array(fc.nat({ max: 4 }), { minLength: 3, maxLength: 8 }),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(any, async ([order, restarts]) => {
      expect(await run(order, restarts)).toEqual(expected);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
