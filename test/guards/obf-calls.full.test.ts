import { aClass, countCalls, polling, singles } from '../../bench/calls.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { openHouse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

/**
 * What Palier asks of OBF, counted at OBF. These are counts: a slow machine changes none of them, but where it
 * says so. `npm run bench -- calls` has the whole sizes. Who makes one of them grow, says why here.
 */
const RPS = 8;

test('a class that all come due: eight calls for five hundred, however many they are', async () => {
  const { ours } = await aClass({ earners: 500, rps: 1000, overMs: 0, house: { pace: CALM } });
  // Event and recipients; a look at the Région's account, the quota, one issue call; what it gave, read back or not.
  expect([ours.total <= 8, ours.byRoute]).toEqual([true, ours.byRoute]);
});

/** A class is evaluated before any of it leaves, on a busy machine too. */
const CALM = { gatherMs: 20_000, mirrorMaxAgeMs: 60_000 };

test('single events, faster than the rate of their account lets them be read one by one: together', async () => {
  const { ours, per } = await singles({ earners: 120, rps: RPS, overMs: 6000 });
  // Measured 0.7 to 0.9 for so few; two for each is what reading one by one takes. A slow machine makes it fewer.
  expect([ours.total / per <= 1.2, ours.byRoute]).toEqual([true, ours.byRoute]);
});

test('an account with nothing new is polled with one call, also where its list is longer than a page', async () => {
  const { ours, per } = await polling({ partners: 11, periods: 2, rps: 1000 });
  expect(ours.byRoute).toEqual(
    Object.fromEntries(
      ['REGION', ...Array.from({ length: 11 }, (_, at) => `P${at + 1}`)].map((one) => [
        `${one} GET events`,
        2,
      ]),
    ),
  );
  expect(ours.total).toBe(per);
});

test('an account is read again with a call for each page of its two lists, however many events it has', async () => {
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  try {
    for (let event = 0; event < 220; event += 1)
      house.issue({ clientId: 'P1', badgeId: 'A', recipients: classOf(event) });
    house.issue({ clientId: 'P2', badgeId: 'B', recipients: classOf(0) });
    const never = new AbortController().signal;
    const read = () =>
      countCalls(house, async () => {
        await verifyAccounts(house.pipelines[0], () => undefined, never);
        await house.idle();
        return performance.now();
      });
    // The first time all of it is new, and the Région gives what is due by it; then nothing is.
    const [first, second] = [(await read()).byRoute, (await read()).byRoute];
    // 1 100 recipients are two pages.
    const partners = { 'P1 GET events': 1, 'P1 GET recipient': 2, 'P2 GET events': 1, 'P2 GET recipient': 1 };
    expect(first).toMatchObject(partners);
    expect(second).toEqual({ 'REGION GET events': 1, 'REGION GET recipient': 1, ...partners });
  } finally {
    await house.close();
  }
});

const classOf = (event: number): readonly string[] =>
  Array.from({ length: 5 }, (_, at) => `eleve.${event}.${at}@example.org`);
