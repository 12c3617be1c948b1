import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { openHouse, type House } from '../support/house.js';
import { until } from '../support/until.js';
import { SMALL_PARTNERS } from '../support/small-scheme.js';

/** A badge that is dated in the future counts from its date on, and nobody has to do anything for it. */
const DAY_S = 24 * 3600;
const EMAIL = 'lou@example.org';

const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  recent:
    name: Récemment
    badge: R1
    rule: { at_least: 1, of: { competency: communiquer, level: 1 }, within_months: 6 }
  later:
    name: Niveau 2
    badge: R2
    rule: { at_least: 1, of: { competency: communiquer, level: 2 } }
`;

let house: House;
let aheadMs = 0;
beforeEach(async () => {
  aheadMs = 0;
  house = await openHouse({ scheme: SCHEME, partners: SMALL_PARTNERS, clock: () => Date.now() + aheadMs });
});
afterEach(() => house.close());

const nowS = (): number => Math.floor((Date.now() + aheadMs) / 1000);
const give = async (badgeId: 'A' | 'C', issuedOnS: number, email = EMAIL): Promise<void> => {
  expect(await house.notify(house.issue({ clientId: 'P1', badgeId, recipients: [email], issuedOnS }))).toBe(
    202,
  );
};
const earners = () => house.pipelines[0].queues.earners;
/** The evaluation of that person that waits for a date: its id and its delay, ms. */
const waiting = async () =>
  (await earners().getDelayed()).map(({ id, opts }) => ({ id, delayMs: opts.delay ?? 0 }));
const laterOf = (email: string): string => `later.${earnerKeyOf(house.pipelines[0].vault, email)}`;
/** A day goes by, and the evaluation's time comes. */
const nextDay = async (): Promise<void> => {
  const [job] = await earners().getDelayed();
  aheadMs += DAY_S * 1000;
  await job?.promote();
};

test('a date three days ahead: nothing before it, one badge at it, and one evaluation a day until then', async () => {
  await give('A', nowS() + 3 * DAY_S - 60);
  const [first] = await until(
    async () => ((await waiting()).length === 1 ? waiting() : null),
    'evaluation that waits',
  );
  expect(first).toEqual({ id: laterOf(EMAIL), delayMs: DAY_S * 1000 });

  await nextDay();
  const [second] = await until(async () => {
    const left = await waiting();
    return left[0] !== undefined && left[0].id !== first?.id ? left : null;
  }, 'next one in the chain');
  expect(second?.delayMs).toBeGreaterThan((DAY_S - 120) * 1000);
  expect(house.sandbox.issues()).toHaveLength(0);

  await nextDay();
  await until(() => house.sandbox.issues().length === 1, 'issue call');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
});

test('its time comes by itself, by the clock alone', async () => {
  await give('A', nowS() + DAY_S + 2);
  await until(async () => (await waiting()).length === 1, 'evaluation that waits');
  expect(house.sandbox.issues()).toHaveLength(0);
  await until(() => house.sandbox.issues().length === 1, 'issue call');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
});

test('2062 does not count, and what comes meanwhile is decided at once', async () => {
  await give('A', Date.parse('2062-05-01T00:00:00Z') / 1000);
  await until(async () => (await waiting()).length === 1, 'evaluation that waits');
  await give('C', nowS());
  await until(() => house.sandbox.issues().length === 1, 'issue call');
  expect(house.awards()).toEqual([`R2 ${EMAIL}`]);
  expect((await waiting()).map(({ id }) => id)).toEqual([laterOf(EMAIL)]);
});

test('milliseconds are read as such: today counts at once, 2062 not', async () => {
  await give('A', Date.parse('2062-05-01T00:00:00Z'), 'sam@example.org');
  await give('A', Date.now());
  await until(() => house.sandbox.issues().length === 1, 'issue call');
  await until(async () => (await waiting()).length === 1, 'evaluation that waits');
  expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
  expect((await waiting()).map(({ id }) => id)).toEqual([laterOf('sam@example.org')]);
});

test('exactly a day ahead counts', async () => {
  await give('A', nowS() + DAY_S);
  await until(() => house.sandbox.issues().length === 1, 'issue call');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${EMAIL}`]);
});

test('who is erased is evaluated no more', async () => {
  await give('A', nowS() + 3 * DAY_S);
  await until(async () => (await waiting()).length === 1, 'evaluation that waits');
  const [pipeline] = house.pipelines;
  const key = earnerKeyOf(pipeline.vault, EMAIL);
  expect(await eraseEarner(pipeline, key, 'erased')).toMatchObject({ jobs: 1 });
  expect(await waiting()).toEqual([]);
});
