import { polling } from '../../bench/calls/polling.js';
import { aClass, singles } from '../../bench/calls/scenes.js';
import { routesOf } from '../../bench/calls/table.js';

/**
 * What Palier asks of OBF, counted at OBF. These are counts: a slow machine changes none of them, but where it
 * says so. `npm run bench:calls` has the whole sizes. Who makes one of them grow, says why here.
 */
const RPS = 8;

test('a class that all come due: eight calls for five hundred, however many they are', async () => {
  const { ours } = await aClass({ earners: 500, rps: 1000, overMs: 0, house: { pace: CALM } });
  // Event and recipients; a look at the Région's account, the quota, one issue call; what it gave, read back or not.
  expect([ours.total <= 8, routesOf(ours)]).toEqual([true, routesOf(ours)]);
}, 60_000);

/** A class is evaluated before any of it leaves, on a busy machine too. */
const CALM = { gatherMs: 20_000, mirrorMaxAgeMs: 60_000 };

test('single events, faster than the rate of their account lets them be read one by one: together', async () => {
  const { ours, per } = await singles({ earners: 120, rps: RPS, overMs: 6000 });
  // Measured 0.7 to 0.9 for so few; two for each is what reading one by one takes. A slow machine makes it fewer.
  expect([ours.total / per <= 1.2, routesOf(ours)]).toEqual([true, routesOf(ours)]);
}, 90_000);

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
}, 60_000);
