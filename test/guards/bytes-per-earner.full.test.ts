import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { recordsOf } from '../../bench/memory-fill.js';
import { measureMemory } from '../../bench/memory-measure.js';
import { isOwn, madeUpClass } from '../../bench/memory-people.js';
import { createVault } from '../../src/platform/vault.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { storesIn } from '../support/stores.js';

let server: OwnRedis;
beforeAll(async () => {
  server = await ownRedis();
});
afterAll(() => server.stop());

/** The goal: all keys counted, at any number of people. */
const MOST = 1200;

test('an earner with six badges and two awards takes at most 1 200 bytes of Redis', async () => {
  const { all } = await measureMemory(server.url, 20_000);
  // Half of it would mean that something is not measured.
  expect(all).toBeGreaterThan(MOST / 2);
  expect(all).toBeLessThan(MOST);
}, 240_000);

test('what is measured is what the stores write', async () => {
  const [prefix, vault] = ['guard', createVault(randomBytes(32))];
  const made = madeUpClass(0);
  const redis = new Redis(server.url);
  const { earners, portfolios, journal } = storesIn(redis, prefix, vault);
  // As it happens: badges of partners, awards that are told with the transition, and read back.
  for (const { earner, contact, assertions } of made.people) {
    for (const assertion of assertions.filter((one) => !isOwn(one)))
      await portfolios.upsert([{ earner, contact, assertion }]);
    for (const assertion of assertions.filter(isOwn)) {
      const { ledger } = storesIn(redis, prefix, vault, () => assertion.issuedOnS * 1000);
      await ledger.apply(earner, assertion.badgeId, { type: 'comes-due', over: [] });
      if (assertion.eventId !== null)
        await ledger.apply(earner, assertion.badgeId, { type: 'record', event: assertion.eventId });
      await portfolios.upsert([{ earner, contact, assertion }]);
    }
  }
  for (const batch of made.account) await journal.write(batch);
  for (const [earner, record] of recordsOf(made)) expect(await earners.read(earner)).toEqual(record);
  redis.disconnect();
}, 60_000);
