import { randomBytes } from 'node:crypto';
import { markAssertion, storeAssertions } from '../../src/earners/assertions.js';
import type { Assertion } from '../../src/earners/record.js';
import { recordKey } from '../../src/earners/store.js';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn, type Stores } from '../support/stores.js';

let redis: TestRedis;
let prefix: string;
let stores: Stores;
const earner = asEarnerKey('k1');
const contact = { address: 'Lou.Martin@example.org', name: 'Lou Martin' };

beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  prefix = `${redis.prefix}${Math.random()}`;
  stores = storesIn(redis.connection, prefix, createVault(randomBytes(32)));
});
afterAll(() => redis.close());

const assertion = (part: Partial<Assertion> = {}): Assertion => ({
  id: asAssertionId('a1'),
  clientId: asClientId('P1'),
  badgeId: asBadgeId('B1'),
  eventId: asEventId('e1'),
  issuedOnS: 1_700_000_000,
  expiresOnS: null,
  revoked: false,
  ...part,
});
const stored = (one: Assertion, of = contact as { address: string; name: string | null }) =>
  storeAssertions(stores, [{ earner, contact: of, assertion: one }]);
const read = () => stores.earners.read(earner);
const marked = (as: 'revoked' | 'vanished') => markAssertion(stores.earners, earner, asAssertionId('a1'), as);

test('a portfolio comes back as it was written, whatever the order and however often', async () => {
  const [first, second] = [assertion(), assertion({ id: asAssertionId('a2'), expiresOnS: 1_800_000_000 })];
  for (const one of [second, first, second]) await stored(one);
  const found = (await read()).assertions;
  expect(found.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([first, second]);
  expect((await read()).contact).toEqual(contact);
});

test('a revocation once seen is not undone by an older reading', async () => {
  await stored(assertion({ revoked: true }));
  await stored(assertion({ revoked: false }));
  expect((await read()).assertions).toEqual([assertion({ revoked: true })]);
});

test('a push without a name keeps the name that is known', async () => {
  await stored(assertion());
  await stored(assertion(), { ...contact, name: null });
  expect((await read()).contact).toEqual(contact);
});

test('only an assertion that the earner has can be marked revoked', async () => {
  expect(await marked('revoked')).toBe(false);
  expect((await read()).assertions).toEqual([]);
  await stored(assertion());
  expect(await marked('revoked')).toBe(true);
  expect((await read()).assertions).toEqual([assertion({ revoked: true })]);
});

test('what OBF shows no longer counts again once OBF shows it again', async () => {
  await stored(assertion());
  expect(await marked('vanished')).toBe(true);
  expect((await read()).assertions).toEqual([{ ...assertion({ revoked: true }), vanished: true }]);
  await stored(assertion());
  expect((await read()).assertions).toEqual([assertion()]);
});

test('neither address nor name can be read in Redis', async () => {
  await stored(assertion());
  expect(await redis.connection.get(recordKey(prefix, earner))).not.toMatch(/lou|martin|example/i);
});

test('nobody is nobody', async () => {
  expect(await stores.earners.read(asEarnerKey('k2'))).toMatchObject({ contact: null, assertions: [] });
});
