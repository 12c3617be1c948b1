import { randomBytes } from 'node:crypto';
import { fingerprintBy, storeAssertions, type NewAssertion } from '../../src/earners/assertions.js';
import { tombstoneOf, type Assertion, type AwardRecord } from '../../src/earners/record.js';
import { asBadgeId, asBatchId, asEarnerKey, asEventId } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { assertionOf } from '../support/assertion.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn, type Stores } from '../support/stores.js';

/** What the record of an erased person still takes. */
const earner = asEarnerKey('k1');
const R1 = asBadgeId('R1');
const [batch, ERASED_S] = [asBatchId('b1'), 1000];
const claimed: AwardRecord = { state: 'claimed', atS: 1, ignoredRevocations: [], batch };
let redis: TestRedis;
let stores: Stores;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  stores = storesIn(redis.connection, `${redis.prefix}${Math.random()}`, createVault(randomBytes(32)));
});
afterAll(() => redis.close());

/** @param award in flight at the erasure */
const erase = (award?: AwardRecord) =>
  stores.earners.update(earner, (record) => {
    const awards = new Map(award === undefined ? [] : [[R1, award]]);
    return tombstoneOf({ ...record, awards }, new Map(), ERASED_S, fingerprintBy(stores.vault));
  });
const read = (part: Partial<NewAssertion>, assertion: Partial<Assertion> = {}) => {
  const one = assertionOf('a1', { badgeId: R1, eventId: 'e1', ...assertion });
  const contact = { address: 'lou@example.org', name: null };
  return storeAssertions(stores, [{ earner, contact, assertion: one, ...part }]);
};

test.each([
  ['before the erasure', ERASED_S - 1, 0],
  ['in the same second', ERASED_S, 0],
  ['since', ERASED_S + 1, 1],
  ['nobody knows when', null, 1],
])('a badge that was never read, recorded %s', async (_, recordedS, stored) => {
  await erase();
  expect(await read({ recordedS })).toHaveLength(stored);
  const { contact, assertions } = await stores.earners.read(earner);
  expect([contact === null, assertions.length]).toEqual([stored === 0, stored]);
});

test.each([
  ['noted as given', false, 'issued'],
  ['not noted as given when it is revoked', true, 'claimed'],
])("the Région's badge of a call under way is kept out, and %s", async (_, revoked, state) => {
  await erase(claimed);
  expect(await read({ isRegionBadge: true, recordedS: ERASED_S + 1 }, { revoked })).toEqual([]);
  expect((await stores.earners.read(earner)).awards.get(R1)?.state).toBe(state);
});

test.each([{ type: 'withdraw' }, { type: 'refuse', why: 'no' }, { type: 'release', batch }] as const)(
  'an award in flight that ends in nothing ($type) leaves nothing',
  async (event) => {
    await erase(claimed);
    await stores.ledger.apply(earner, R1, event);
    expect((await stores.earners.read(earner)).awards.size).toBe(0);
  },
);

test('an award in flight that was given stays known', async () => {
  await erase(claimed);
  await stores.ledger.apply(earner, R1, { type: 'record', event: asEventId('e1') });
  expect((await stores.earners.read(earner)).awards.get(R1)).toMatchObject({ state: 'issued', event: 'e1' });
});
