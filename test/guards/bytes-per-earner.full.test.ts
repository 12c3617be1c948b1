import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { accountFilling, notesOf, rowsOfClass } from '../../bench/memory-account.js';
import { recordOf } from '../../bench/memory-fill.js';
import { measureMemory } from '../../bench/memory-measure.js';
import { isOwn, madeUpClass } from '../../bench/memory-people.js';
import { createAudit } from '../../src/audit/audit.js';
import { createLedger } from '../../src/issuing/ledger.js';
import { createVault } from '../../src/platform/vault.js';
import { createPortfolioStore } from '../../src/portfolio/store.js';
import { decodePortfolio } from '../../src/portfolio/codec.js';
import { recordKey } from '../../src/record/key.js';
import { splitRecord } from '../../src/record/record.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';

let server: OwnRedis;
beforeAll(async () => {
  server = await ownRedis();
});
afterAll(() => server.stop());

/**
 * `npm run bench:memory -- 20000` on Debian's Redis 7.0, all keys counted. At a hundred thousand people it is 24 less:
 * more share the book of badges and the hashes of events. A Redis with the jemalloc that it brings takes 16
 * less: its smallest steps are of 8 bytes.
 */
const MEASURED = 612;
const MARGIN = 8;
const LESS = 30;
/** The goal, at a hundred thousand people and more. */
const MOST = 600 + 24;

test('an earner with six badges and two awards takes no more bytes of Redis than was measured', async () => {
  const { all } = await measureMemory(server.url, 20_000);
  // Less is good news, to be written down here: or it is not what was meant that is measured.
  expect(all).toBeGreaterThan(MEASURED - LESS);
  expect(all).toBeLessThan(Math.min(MEASURED + MARGIN, MOST));
}, 240_000);

describe('what is measured is what the stores write', () => {
  const [prefix, nth] = ['guard', 0];
  const vault = createVault(randomBytes(32));
  const { people, account } = madeUpClass(nth);
  let redis: Redis;
  beforeAll(async () => {
    redis = new Redis(server.url);
    const portfolios = createPortfolioStore(redis, prefix, vault);
    // As it happens: badges of partners, an award told of and then recorded, and read back.
    for (const { earner, contact, assertions } of people)
      for (const assertion of assertions.filter((one) => !isOwn(one)))
        await portfolios.upsert([{ earner, contact, assertion }]);
    for (const batch of account) await createAudit(redis, prefix, 'Europe/Paris').write(batch);
    for (const { earner, contact, assertions } of people)
      for (const assertion of assertions.filter(isOwn)) {
        const ledger = createLedger(redis, prefix, () => assertion.issuedOnS * 1000);
        await ledger.apply(earner, assertion.badgeId, { type: 'comes-due', over: [] });
        if (assertion.eventId !== null)
          await ledger.apply(earner, assertion.badgeId, { type: 'record', event: assertion.eventId });
        await portfolios.upsert([{ earner, contact, assertion }]);
      }
  }, 60_000);
  afterAll(() => redis.disconnect());

  /** But for what is sealed, of which no two are alike: of that, the length. */
  const partsOf = (bytes: Buffer | null) => {
    const { portfolio, ...others } = splitRecord(bytes);
    const { contact, ...kept } = decodePortfolio(portfolio);
    return { ...others, ...kept, contact: contact?.length, length: bytes?.length };
  };

  test('each record, to the byte', async () => {
    for (const [at, one] of people.entries()) {
      const made = recordOf(one, notesOf(at, account, rowsOfClass(nth)));
      expect(partsOf(await redis.getBuffer(recordKey(prefix, one.earner)))).toEqual(partsOf(made));
    }
  });

  test('every key of the account, to the byte', async () => {
    const filled = `${prefix}-filled`;
    const filling = accountFilling(redis, filled);
    const writing = redis.pipeline();
    filling.write(nth, writing);
    await writing.exec();
    await filling.end();
    const dump = async (of: string): Promise<readonly unknown[]> => {
      const keys = (await redis.keys(`${of}:audit:*`)).toSorted();
      return Promise.all(keys.map(async (key) => [key.slice(of.length), await contentOf(redis, key)]));
    };
    const [ours, theirs] = [await dump(filled), await dump(prefix)];
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(5);
  });
});

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'list') return redis.lrangeBuffer(key, 0, -1);
  // When each was written is another time.
  if (type === 'zset') return redis.zrange(key, '0', '-1');
  return type === 'hash' ? Object.entries(await redis.hgetall(key)).toSorted() : redis.get(key);
}
