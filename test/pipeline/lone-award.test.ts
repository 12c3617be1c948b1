import { openHouse, REGION, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** Nothing else is on its way: an award waits neither for others nor for calls that need not come before it. */
let house: House;
beforeEach(async () => {
  const pace = { gatherMs: 600_000, mirrorMaxAgeMs: 600_000 };
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace });
});
afterEach(() => house.close());

async function earn(person: string): Promise<void> {
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: [person] }))).toBe(202);
    if (badgeId === 'A') await house.idle();
  }
  await until(() => house.awards().includes(`R1 ${person}`), `award of ${person}`);
  await house.idle();
}

test('it leaves at once, however long awards may gather', async () => {
  await earn('lou@example.org');
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test('the award before it is read back while its own notice is read: one look, then the issue call', async () => {
  await earn('lou@example.org');
  const before = house.sandbox.calls.length;
  await earn('sam@example.org');
  const calls = house.sandbox.calls.slice(before);
  const ofRegion = calls.filter(({ clientId }) => clientId === REGION).map(({ route }) => route);
  expect(ofRegion).toEqual(['GET events', 'GET recipient', 'GET events', 'POST issue']);
  expect(calls).toHaveLength(8);
});
