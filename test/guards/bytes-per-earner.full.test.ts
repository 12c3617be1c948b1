import { storeAssertions } from '../../src/earners/assertions.js';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { bytesPerEarner, madeUpClass, REGION } from '../../bench/memory.js';
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
  const all = await bytesPerEarner(server.url, 20_000);
  // Half of it would mean that something is not measured.
  expect(all).toBeGreaterThan(MOST / 2);
  expect(all).toBeLessThan(MOST);
}, 240_000);

test('what is measured is what the stores write', async () => {
  const [prefix, vault] = ['guard', createVault(randomBytes(32))];
  const { people } = madeUpClass();
  const redis = new Redis(server.url);
  const { earners, journal } = storesIn(redis, prefix, vault);
  // As it happens: badges of partners, awards that are told with the transition, and read back.
  for (const [earner, { contact, assertions, journal: entries }] of people) {
    for (const assertion of assertions) {
      if (assertion.clientId === REGION && assertion.eventId !== null) {
        const { ledger } = storesIn(redis, prefix, vault, () => assertion.issuedOnS * 1000);
        await ledger.apply(earner, assertion.badgeId, { type: 'comes-due', endedEvents: [] });
        await ledger.apply(earner, assertion.badgeId, { type: 'record', event: assertion.eventId });
      }
      if (contact !== null) await storeAssertions({ earners, vault }, [{ earner, contact, assertion }]);
    }
    await journal.write(entries);
  }
  for (const [earner, record] of people) expect(await earners.read(earner)).toEqual(record);
  redis.disconnect();
});
