import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { asAssertionId, asBadgeId, asClientId, asEarnerKey, asEventId } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import type { Assertion } from '../../src/portfolio/assertion.js';
import { CodecError, decodeAssertion, encodeAssertion } from '../../src/portfolio/codec.js';
import { createSeenEvents } from '../../src/portfolio/seen-events.js';
import { createPortfolioStore } from '../../src/portfolio/store.js';
import { mockRedis } from '../support/mock-redis.js';

const redis = mockRedis();
const store = createPortfolioStore(redis, 'test', createVault(randomBytes(32)));
const earner = asEarnerKey('k1');
const contact = { address: 'Lou.Martin@example.org', name: 'Lou Martin' };

afterEach(() => redis.flushall());
afterAll(() => redis.disconnect());

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

const anyAssertion: fc.Arbitrary<Assertion> = fc.record({
  id: fc.stringMatching(/^\w{1,15}$/).map(asAssertionId),
  clientId: fc.string().map(asClientId),
  badgeId: fc.string().map(asBadgeId),
  eventId: fc.option(fc.string().map(asEventId)),
  issuedOnS: fc.integer(),
  expiresOnS: fc.option(fc.integer()),
  revoked: fc.boolean(),
});

test('what is encoded is decoded the same', () => {
  fc.assert(
    fc.property(anyAssertion, (one) => {
      expect(decodeAssertion(one.id, encodeAssertion(one), one.revoked)).toEqual(one);
    }),
  );
});

test.each(['', 'not json', '[2,"P1","B1",null,1,null]', '{}', '[1,"P1"]'])('"%s" is no assertion', (text) => {
  expect(() => decodeAssertion(asAssertionId('a1'), text, false)).toThrow(CodecError);
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
  const all = JSON.stringify(await redis.hgetall('test:earner:{k1}'));
  expect(all).not.toMatch(/lou|martin|example/i);
});

test('nobody is nobody', async () => {
  expect(await store.contactOf(asEarnerKey('k2'))).toBeNull();
  expect((await store.read(asEarnerKey('k2'))).assertions).toEqual([]);
});

test('events are unseen until they are added', async () => {
  const seen = createSeenEvents(redis, 'test');
  const [client, other] = [asClientId('P1'), asClientId('P2')];
  const [e1, e2] = [asEventId('e1'), asEventId('e2')];
  await seen.add(client, e1);
  expect([...(await seen.unseen(client, [e1, e2]))]).toEqual([e2]);
  expect([...(await seen.unseen(other, [e1]))]).toEqual([e1]);
  expect([await seen.count(client), await seen.count(other)]).toEqual([1, 0]);
});
