import { storeAssertions } from '../../src/earners/assertions.js';
import * as fc from 'fast-check';
import {
  asAssertionId,
  asBadgeId,
  asBatchId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type EarnerKey,
} from '../../src/ids.js';
import type { AwardEvent } from '../../src/issuing/ledger.js';
import { createVault } from '../../src/platform/vault.js';
import { recordKey } from '../../src/earners/store.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Evaluation } from '../../src/rules/evaluation.js';
import { countPopulation } from '../../src/rules/population-stats.js';
import type { Scheme } from '../../src/rules/types.js';
import { applyRules } from '../../src/workers/apply-scheme.js';
import {
  createPopulationStore,
  storePopulation,
  makePlan,
  type PlanParts,
} from '../../src/scheme/population.js';
import { PACE } from '../../src/workers/stores.js';
import { earnerKeyOf, readPerson, type Person } from '../../src/earners/person.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { world } from '../rules/model.js';
import { openHouse, parse, REGION } from '../support/house.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { breakRecord } from '../support/broken-record.js';
import { linkRecords, storesIn } from '../support/stores.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { assertionOf } from '../support/assertion.js';

const region = asClientId(REGION);
const vault = createVault(Buffer.alloc(32, 3));
const signal = (): AbortSignal => new AbortController().signal;
const quietly = (): void => undefined;
const MAX_RPS = 8;

let redis: TestRedis;
let worlds = 0;
beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());

/** Where an award stands, besides what OBF says of it. */
const STATES: Readonly<Record<string, readonly AwardEvent[]>> = {
  due: [],
  claimed: [{ type: 'claim', batch: asBatchId('b') }],
  unknown: [
    { type: 'claim', batch: asBatchId('b') },
    { type: 'markUnknown', batch: asBatchId('b') },
  ],
  refused: [
    { type: 'claim', batch: asBatchId('b') },
    { type: 'refuse', why: 'no' },
  ],
  issued: [{ type: 'record', event: asEventId('E-ours') }],
  revoking: [{ type: 'record', event: asEventId('E-ours') }, { type: 'start-revoking' }],
  blocked: [{ type: 'revoked-by-human' }],
  withdrawn: [{ type: 'withdraw' }],
};
const ON_THE_WAY = ['due', 'claimed', 'unknown', 'revoking'];
const AWARDS = ['A0', 'A1', 'A2', 'A3'];

/** People before rules that change; some have two addresses. */
const town = fc.record({
  one: world,
  inForce: world,
  others: fc.array(world, { minLength: 1, maxLength: 5 }),
  records: fc.array(
    fc.record({
      who: fc.nat({ max: 5 }),
      award: fc.constantFrom(...AWARDS),
      state: fc.constantFrom(...Object.keys(STATES)),
    }),
    { maxLength: 6 },
  ),
  links: fc.array(fc.record({ person: fc.nat({ max: 2 }), other: fc.integer({ min: 3, max: 5 }) }), {
    maxLength: 2,
  }),
});
type Town = typeof town extends fc.Arbitrary<infer T> ? T : never;

async function settle({ one, inForce, others, records, links }: Town) {
  worlds += 1;
  const clock = (): number => one.nowS * 1000;
  const { parts, prefix, schemes, earners, ledger } = partsFor(String(worlds), one.scheme, clock);
  const before: Scheme = { ...inForce.scheme, version: asSchemeVersion('v0') };
  await schemes.start(before);
  await schemes.start(one.scheme);
  const keys = [one, ...others].map((_, at) => asEarnerKey(`person-${at}`));
  for (const [at, { portfolio }] of [one, ...others].entries())
    await storeAssertions(
      { earners, vault },
      [...portfolio.assertions, ...portfolio.held].map((assertion) => ({
        earner: keys[at] ?? asEarnerKey(''),
        contact: { address: `person.${at}@example.org`, name: null },
        assertion: { ...assertion, id: asAssertionId(`${at}-${assertion.id}`) },
      })),
    );
  for (const { who, award, state } of records) {
    const key = keys[who];
    if (key === undefined) continue;
    for (const event of [{ type: 'comes-due', endedEvents: [] } as const, ...(STATES[state] ?? [])])
      await ledger.applyIfPossible(key, asBadgeId(`R-${award}`), event);
  }
  const linked = new Set<number>();
  for (const { person, other } of links) {
    const [own, joined] = [keys[person], keys[other]];
    if (own === undefined || joined === undefined || linked.has(other)) continue;
    linked.add(other);
    await linkRecords(earners, own, joined);
  }
  return { ...one, before, keys, parts, schemes, sources: { region, earners }, ledger, prefix };
}

/** An empty Redis of its own, as it were. */
function partsFor(name: string, scheme: Scheme, clock = Date.now) {
  const prefix = `${redis.dataPrefix}:${name}`;
  const schemes = createSchemes({ redis: redis.connection, prefix, vault }, scheme);
  const { earners, ledger } = storesIn(redis.connection, prefix, vault, clock);
  const parts: PlanParts = {
    region,
    earners,
    schemes,
    clock,
    pace: PACE,
    quota: { known: () => Promise.resolve(null) },
  };
  return {
    prefix,
    parts,
    schemes,
    earners,
    ledger,
  };
}
type Settled = Awaited<ReturnType<typeof settle>>;

/** As a worker reads them, one by one. */
async function everybody({ keys, sources, prefix }: Settled): Promise<readonly Person[]> {
  const read = await Promise.all(
    keys.map(async (key) =>
      (await redis.connection.exists(recordKey(prefix, key))) === 1 ? readPerson(sources, key) : null,
    ),
  );
  return read.flatMap((person, at) =>
    person === null || person.earner !== keys[at] || isNobody(person) ? [] : [person],
  );
}
const isNobody = ({ portfolio }: Person): boolean =>
  portfolio.assertions.length + portfolio.held.length === 0;

/** With how everybody would stand, as a simulation counts it. */
async function simulate({ parts, scheme }: Settled) {
  const population = countPopulation(scheme);
  const asked = {
    scheme,
    only: null,
    maxRps: MAX_RPS,
    onEvaluation: (evaluation: Evaluation) => population.add(evaluation),
  };
  const { plan } = await makePlan(parts, asked, quietly, signal());
  return { plan, stats: population.stats() };
}
const planOf = (settled: Settled) =>
  makePlan(settled.parts, { scheme: settled.scheme, only: null, maxRps: MAX_RPS }, quietly, signal());

test('what a simulation counts is what reading and evaluating each person says', async () => {
  let [gained, joined, lost] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(town, async (it) => {
      const settled = await settle(it);
      const { scheme, before, nowS } = settled;
      const people = await everybody(settled);
      joined += people.filter(({ keys }) => keys.length > 1).length;
      const { plan, stats } = await simulate(settled);
      expect([plan.people, stats.people]).toEqual([people.length, people.length]);
      for (const { award, gains, losesRule } of plan.awards.filter(({ removed }) => !removed)) {
        const seen = people.map((person) => ({
          person,
          now: evaluate(scheme, person.portfolio, nowS).awards.find((one) => one.award.id === award.id),
          earlier: evaluate(before, person.portfolio, nowS).awards.find((one) => one.award.id === award.id),
          states: person.records
            .filter(({ badgeId }) => badgeId === award.badgeId)
            .map(({ record }) => record.state),
        }));
        const gaining = seen.filter(
          ({ now, states }) =>
            now?.status === 'due' &&
            !states.some((state) => state === 'refused' || ON_THE_WAY.includes(state)),
        );
        const losing = seen.filter(
          ({ now, earlier }) => now?.status === 'held' && !now.met && earlier?.met === true,
        );
        const keysOf = (some: typeof seen) => some.map(({ person }) => person.earner).toSorted();
        expect({ gains: gains.keys, losesRule: losesRule.keys }).toEqual({
          gains: keysOf(gaining),
          losesRule: keysOf(losing),
        });
        gained += gains.count;
        lost += losesRule.count;
        const { status } = stats.byAward.get(award.id) ?? {};
        const told = Object.entries(status ?? {}).filter(([, count]) => count > 0);
        const tally = new Map<string, number>();
        for (const name of seen.map(({ now }) => now?.status ?? ''))
          tally.set(name, (tally.get(name) ?? 0) + 1);
        expect(new Map(told)).toEqual(tally);
      }
    }),
    // By chance alone, one run in a hundred or so has nobody who loses.
    { numRuns: 60, seed: 4 },
  );
  expect(gained).toBeGreaterThan(20);
  expect(joined).toBeGreaterThan(5);
  expect(lost).toBeGreaterThan(0);
});

test('once all that was gained is on its way, the plan is empty', async () => {
  await fc.assert(
    fc.asyncProperty(town, async (it) => {
      const settled = await settle(it);
      const { ledger } = settled;
      for (const { award, gains } of (await planOf(settled)).plan.awards)
        for (const earner of gains.keys) {
          const person = await readPerson(settled.sources, earner);
          const over = person.portfolio.held.flatMap(({ eventId }) => eventId ?? []);
          await ledger.apply(earner, award.badgeId, { type: 'comes-due', endedEvents: over });
        }
      expect((await planOf(settled)).plan.gainers).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test.each<[state: string, kinds: Partial<Record<'gains' | 'underWay' | 'refused' | 'blocked', unknown>>]>([
  ['none', { gains: ['lou'] }],
  ['withdrawn', { gains: ['lou'] }],
  ['due', { gains: [], underWay: 1 }],
  ['claimed', { gains: [], underWay: 1 }],
  ['unknown', { gains: [], underWay: 1 }],
  ['refused', { gains: [], refused: 1 }],
  ['blocked', { gains: [], blocked: 1 }],
  // Held until its event is read back; then it is being taken back.
  ['issued', { gains: [], underWay: 0 }],
  ['revoking', { gains: [], underWay: 1 }],
])('an award that is due, and whose record is: %s', async (state, expected) => {
  const scheme = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
  const { parts, earners, ledger } = partsFor(`state-${state}`, scheme);
  const lou = asEarnerKey('lou');
  const contact = { address: 'lou@example.org', name: null };
  const given = { eventId: asEventId('E-ours'), issuedOnS: 1_700_000_000, expiresOnS: null };
  const [a, r1] = [
    { id: asAssertionId('a'), clientId: asClientId('P1'), badgeId: asBadgeId('A'), revoked: false, ...given },
    { id: asAssertionId('r'), clientId: region, badgeId: asBadgeId('R1'), revoked: true, ...given },
  ];
  const stored = state === 'revoking' ? [a, r1] : [a];
  await storeAssertions(
    { earners, vault },
    stored.map((assertion) => ({ earner: lou, contact, assertion })),
  );
  if (state !== 'none')
    for (const event of [{ type: 'comes-due', endedEvents: [] } as const, ...(STATES[state] ?? [])])
      await ledger.apply(lou, asBadgeId('R1'), event);
  const { plan } = await makePlan(parts, { scheme, only: null, maxRps: MAX_RPS }, quietly, signal());
  const [first = raise()] = plan.awards;
  expect({ ...first, gains: first.gains.keys }).toMatchObject(expected);
});

test('who cannot be read is named, and the others are planned for all the same', async () => {
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
  const { parts, earners, prefix } = partsFor('broken', scheme);
  const give = async (earner: EarnerKey): Promise<void> => {
    const contact = { address: 'lou@example.org', name: null };
    for (const [client, badge] of [
      ['P1', 'A'],
      ['P2', 'B'],
    ] as const) {
      const assertion = assertionOf(`${earner}-${badge}`, {
        clientId: client,
        badgeId: badge,
        eventId: null,
      });
      await storeAssertions({ earners, vault }, [{ earner, contact, assertion }]);
    }
  };
  const [good, assertions, record, noString] = ['good', 'a', 'r', 'h'].map(asEarnerKey);
  for (const earner of [good, assertions, record]) await give(earner ?? asEarnerKey(''));
  const { connection } = redis;
  for (const earner of ['a', 'r']) await breakRecord(connection, prefix, earner);
  await connection.hset(recordKey(prefix, asEarnerKey('h')), 'by', 'hand');
  const made = await makePlan(parts, { scheme, only: null, maxRps: MAX_RPS }, quietly, signal());
  expect(made.unreadable).toEqual([assertions, noString, record]);
  expect(made.plan.people).toBe(1);
  expect(made.plan.awards.map(({ gains }) => gains.keys)).toEqual([[good], []]);
});

test('it can be stopped, tells how far it is, and the count of the night is kept', async () => {
  const settled = await settle(fc.sample(town, { numRuns: 1, seed: 5 })[0] ?? raise());
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(
    makePlan(settled.parts, { scheme: settled.scheme, only: null, maxRps: 1 }, quietly, stopped),
  ).rejects.toThrow('stopped');
  const told: (readonly [number, number])[] = [];
  const report = (done: number, total: number): void => void told.push([done, total]);
  await makePlan(settled.parts, { scheme: settled.scheme, only: null, maxRps: 1 }, report, signal());
  const length = await settled.parts.earners.count();
  expect(told.at(-1)).toEqual([length, length]);

  const population = createPopulationStore(redis.connection, settled.prefix);
  expect(await population.read()).toBeNull();
  await storePopulation({ ...settled.parts, schemes: settled.schemes, population }, signal());
  const { byAward: _all, ...counted } = (await simulate(settled)).stats;
  expect(await population.read()).toEqual({ atS: settled.nowS, ...counted });
});
const raise = (): never => {
  throw new Error('no sample');
};

test('what the plan says is what OBF is told once it is put into force: those people, and nobody else', async () => {
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 1 });
  try {
    const [pipeline] = house.pipelines;
    const people = ['lou', 'sam', 'zoe', 'max'].map((name) => `${name}@example.org`);
    const [lou = '', sam = '', zoe = ''] = people;
    await house.notify(house.issue({ clientId: 'P1', badgeId: 'A', recipients: [lou, sam] }));
    await house.notify(house.issue({ clientId: 'P2', badgeId: 'B', recipients: [lou] }));
    await house.notify(house.issue({ clientId: 'P1', badgeId: 'C', recipients: [sam, zoe] }));
    await house.idle();
    expect(house.awards()).toEqual([`R1 ${lou}`]);

    const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
    const planned = () =>
      makePlan(pipeline, { scheme: easier, only: null, maxRps: MAX_RPS }, quietly, signal());
    const made = await planned();
    const { plan, cost } = made;
    const keyOf = (address: string) => earnerKeyOf(pipeline.vault, address);
    expect(plan.awards.map(({ award, gains }) => [award.id, gains.keys])).toEqual([
      ['communiquer-1', [keyOf(sam)]],
      ['communiquer-2', [keyOf(sam)]],
    ]);
    expect(house.awards()).toHaveLength(1);

    const how = { only: null, suppressEmail: false };
    await applyRules(pipeline, easier, how, made, quietly, signal());
    await house.idle();
    expect(house.awards().slice(1).toSorted()).toEqual([`R1 ${sam}`, `R2 ${sam}`]);
    expect(cost.issues).toBe(2);
    expect((await planned()).plan.awards.flatMap(({ gains }) => gains.keys)).toEqual([]);
  } finally {
    await house.close();
  }
});
