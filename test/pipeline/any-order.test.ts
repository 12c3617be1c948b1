import * as fc from 'fast-check';
import type { EarnerKey } from '../../src/ids.js';
import { backgroundOf } from '../../src/ops/shared/explain-person.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { explainText } from '../../src/rules/explain/text.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { decide } from '../../src/workers/decide.js';
import { openHouse, type House } from '../support/house.js';
import { runs } from '../support/runs.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

/**
 * Who is given which badges by whom, on which day of November; P3 has no key, and its badges are pushed. Elise's
 * badge B was taken back before anybody was told.
 */
const EVENTS = [
  { clientId: 'P1', badgeId: 'A', recipients: ['ana@x.fr', 'ben@x.fr', 'cleo@x.fr', 'elise@x.fr'], day: 2 },
  { clientId: 'P2', badgeId: 'B', recipients: ['ben@x.fr', 'cleo@x.fr', 'dan@x.fr'], day: 3 },
  { clientId: 'P1', badgeId: 'C', recipients: ['cleo@x.fr', 'dan@x.fr'], day: 4 },
  { clientId: 'P1', badgeId: 'A', recipients: ['dan@x.fr', 'ana@x.fr'], day: 5 },
  { clientId: 'P1', badgeId: 'C', recipients: ['ana@x.fr', 'ben@x.fr'], day: 6 },
  { clientId: 'P2', badgeId: 'B', recipients: ['elise@x.fr'], day: 7, revoked: true },
  { clientId: 'P3', badgeId: 'D', recipients: ['fay@x.fr'], day: 8 },
  { clientId: 'P3', badgeId: 'E', recipients: ['fay@x.fr'], day: 9 },
] as const;
const EVERYBODY = [...new Set(EVENTS.flatMap(({ recipients }) => [...recipients]))].toSorted();
const AWARDS = ['R1 ben@x.fr', 'R1 cleo@x.fr', 'R1 dan@x.fr', 'R1 fay@x.fr'];
const SECOND = ['R2 ben@x.fr', 'R2 cleo@x.fr', 'R2 dan@x.fr'];

const happen = (house: House): readonly EventRecord[] =>
  EVENTS.map(({ day, recipients, ...event }) => {
    const issuedOnS = Date.UTC(2025, 10, day) / 1000;
    const happened = house.issue({ ...event, recipients: [...recipients], issuedOnS });
    if ('revoked' in event) house.sandbox.revokeByHand(happened.id, recipients);
    return happened;
  });

/** By the door that this event comes in at. */
function tell(house: House, event: EventRecord): Promise<number> {
  if (event.clientId === 'P3')
    return house.push(Object.fromEntries(event.assertions.map(({ email, url }) => [email, [url]])));
  const isRevoked = event.assertions.some(({ revoked }) => revoked);
  return house.notify(event, isRevoked ? 'badge.revoked' : 'badge.issued');
}

interface Run {
  /** Indices into the events, all of them: the first telling, and the second. */
  readonly orders: readonly (readonly number[])[];
  /** New workers after some of them. */
  readonly restarts: readonly boolean[];
}

/** Everything happens; then it is told in these orders, each event by two notices at once. */
async function live(house: House, { orders, restarts }: Run): Promise<void> {
  const happened = happen(house);
  for (const [step, at] of orders.flat().entries()) {
    const event = happened[at];
    if (event === undefined) throw new Error('no such event');
    await Promise.all([tell(house, event), tell(house, event)]);
    if (restarts[step % restarts.length] === true) await house.restartWorkers();
  }
  await house.idle();
}

/** What `palier explain` says, but for the version's hash, which is the same, and the keys, which are not. */
async function explanation({ pipelines: [pipeline] }: House, earner: EarnerKey): Promise<readonly string[]> {
  const { evaluation, person, rules } = await decide(pipeline, earner);
  const entries = await pipeline.journal.ofEarner(earner);
  const background = backgroundOf(evaluation, { entries, flags: [], waiting: new Set() });
  return explainText(rules.scheme, evaluation, 'fr', background, person.portfolio.assertions);
}

async function standing(house: House) {
  const [{ vault }] = house.pipelines;
  const told = await Promise.all(
    EVERYBODY.map(
      async (address) => [address, await explanation(house, earnerKeyOf(vault, address))] as const,
    ),
  );
  return { given: house.awards().toSorted(), told: Object.fromEntries(told) };
}

async function run(one: Run): Promise<Awaited<ReturnType<typeof standing>>> {
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
  try {
    await live(house, one);
    return await standing(house);
  } finally {
    await house.close();
  }
}

test('all events in any order, twice, with restarts: the same awards, each given once, and the same words', async () => {
  const inOrder = EVENTS.map((_, at) => at);
  const expected = await run({ orders: [inOrder], restarts: [false] });
  expect(expected.given).toEqual([...AWARDS, ...SECOND]);
  // The words tell one from another, and what was not counted.
  expect(expected.told['ana@x.fr']?.join('\n')).toMatch(/manque.*\n[^]*en double avec celui du/);
  expect(expected.told['elise@x.fr']?.join('\n')).toContain('révoqué');
  expect(expected.told['ben@x.fr']?.join('\n')).toMatch(/Obtenu grâce à : « Badge A »[^\n]*« Badge B »/);

  const order = fc.shuffledSubarray(inOrder, { minLength: inOrder.length });
  const any = fc.record({
    orders: fc.tuple(order, order),
    restarts: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(any, async (one) => {
      expect(await run(one)).toEqual(expected);
    }),
    { numRuns: runs(8, 4), endOnFailure: true },
  );
}, 120_000);
