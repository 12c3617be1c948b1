import { randomBytes } from 'node:crypto';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import { recordKey } from '../../src/earners/store.js';
import { createVault } from '../../src/platform/vault.js';
import type { Assertion } from '../../src/earners/assertion.js';
import type { PortfolioStore } from '../../src/earners/portfolio-store.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn } from '../support/stores.js';

let redis: TestRedis;
let prefix: string;
let store: PortfolioStore;
const earner = asEarnerKey('k1');
const contact = { address: 'Lou.Martin@example.org', name: 'Lou Martin' };

beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  prefix = `${redis.prefix}${Math.random()}`;
  store = storesIn(redis.connection, prefix, createVault(randomBytes(32))).portfolios;
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

test('a portfolio comes back as it was written, whatever the order and however often', async () => {
  const [first, second] = [assertion(), assertion({ id: asAssertionId('a2'), expiresOnS: 1_800_000_000 })];
  for (const one of [second, first, second]) await store.upsert([{ earner, contact, assertion: one }]);
  const found = (await store.read(earner)).assertions;
  expect(found.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([first, second]);
  expect(await store.contactOf(earner)).toEqual(contact);
});

test('a revocation once seen is not undone by an older reading', async () => {
  await store.upsert([{ earner, contact, assertion: assertion({ revoked: true }) }]);
  await store.upsert([{ earner, contact, assertion: assertion({ revoked: false }) }]);
  expect((await store.read(earner)).assertions).toEqual([assertion({ revoked: true })]);
});

test('a push without a name keeps the name that is known', async () => {
  await store.upsert([{ earner, contact, assertion: assertion() }]);
  await store.upsert([{ earner, contact: { ...contact, name: null }, assertion: assertion() }]);
  expect(await store.contactOf(earner)).toEqual(contact);
});

test('only an assertion that the earner has can be marked revoked', async () => {
  expect(await store.markRevoked(earner, asAssertionId('a1'))).toBe(false);
  expect((await store.read(earner)).assertions).toEqual([]);
  await store.upsert([{ earner, contact, assertion: assertion() }]);
  expect(await store.markRevoked(earner, asAssertionId('a1'))).toBe(true);
  expect((await store.read(earner)).assertions).toEqual([assertion({ revoked: true })]);
});

test('neither address nor name can be read in Redis', async () => {
  await store.upsert([{ earner, contact, assertion: assertion() }]);
  const all = await redis.connection.get(recordKey(prefix, earner));
  expect(all).not.toMatch(/lou|martin|example/i);
});

test('nobody is nobody', async () => {
  expect(await store.contactOf(asEarnerKey('k2'))).toBeNull();
  expect((await store.read(asEarnerKey('k2'))).assertions).toEqual([]);
});
