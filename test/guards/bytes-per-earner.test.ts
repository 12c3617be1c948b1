import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { recordOf } from '../../bench/memory-fill.js';
import { measureMemory } from '../../bench/memory-measure.js';
import { isOwn, madeUpClass } from '../../bench/memory-people.js';
import { createLedger } from '../../src/issuing/ledger.js';
import { createVault } from '../../src/platform/vault.js';
import { createPortfolioStore } from '../../src/portfolio/store.js';
import { recordKey } from '../../src/record/key.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';

let server: OwnRedis;
beforeAll(async () => {
  server = await ownRedis();
});
afterAll(() => server.stop());

/**
 * `npm run bench:memory -- 20000` on Debian's Redis 7.0; of these 8 are the book of badges and 12 the events, which
 * more people share. A Redis with the jemalloc that it brings takes 16 less: its smallest steps are of 8 bytes.
 */
const MEASURED = 586;
const MARGIN = 10;
const LESS = 30;
/** The goal, at any number of people. */
const MOST = 600;

test('an earner with six badges and two awards takes no more bytes of Redis than was measured', async () => {
  const { withoutAccount } = await measureMemory(server.url, 20_000, false);
  // Less is good news, to be written down here: or it is not what was meant that is measured.
  expect(withoutAccount).toBeGreaterThan(MEASURED - LESS);
  expect(withoutAccount).toBeLessThan(Math.min(MEASURED + MARGIN, MOST));
}, 60_000);

test('what is measured is what the stores write, to the byte', async () => {
  const redis = new Redis(server.url);
  const portfolios = createPortfolioStore(redis, 'guard', createVault(randomBytes(32)));
  const { people } = madeUpClass(1);
  for (const { earner, contact, assertions } of people)
    for (const assertion of assertions) {
      await portfolios.upsert([{ earner, contact, assertion }]);
      if (!isOwn(assertion) || assertion.eventId === null) continue;
      const ledger = createLedger(redis, 'guard', () => assertion.issuedOnS * 1000);
      await ledger.apply(earner, assertion.badgeId, { type: 'comes-due', over: [] });
      await ledger.apply(earner, assertion.badgeId, { type: 'record', event: assertion.eventId });
    }
  const lengths = people.map(({ earner }) => redis.strlen(recordKey('guard', earner)));
  expect(await Promise.all(lengths)).toEqual(people.map((one) => recordOf(one).length));
  redis.disconnect();
}, 30_000);
