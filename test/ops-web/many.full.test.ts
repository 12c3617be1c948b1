import { Redis } from 'ioredis';
import { scaleWorld } from '../scale/world.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { signedIn } from './support/browser.js';
import { asksOf, failuresCounted, fillMore, ownAsks, withWeb } from './support/crowd.js';
import { OPERATOR } from './support/people.js';

let redis: OwnRedis;
let admin: Redis;
beforeAll(async () => {
  redis = await ownRedis();
  admin = new Redis(redis.url);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

/** How many commands Redis is sent for each page; what a script does within counts as well. */
async function costs(earners: number, failed: number): Promise<ReadonlyMap<string, number>> {
  await admin.flushall();
  const world = await scaleWorld(redis.url, earners);
  try {
    await fillMore(redis.url, world, earners, failed);
    return await withWeb(world, async (origin) => {
      const browser = await signedIn(origin, OPERATOR);
      await failuresCounted(browser, failed);
      const found = new Map<string, number>();
      const asks = await asksOf(browser, origin, world);
      for (const { name, once } of [...asks, ...(await ownAsks(redis.url, origin, world, earners))]) {
        // What is kept for a while is fresh now.
        await once();
        await admin.config('RESETSTAT');
        await once();
        found.set(name, await commandsSent());
      }
      return found;
    });
  } finally {
    await world.close();
  }
}

async function commandsSent(): Promise<number> {
  const stats = await admin.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .filter(([, name]) => name !== 'info' && name !== 'config|resetstat')
    .reduce((sum, [, , calls]) => sum + Number(calls), 0);
}

test('no page takes more for more people, more failures, or a longer account', async () => {
  const [few, many] = [await costs(600, 3000), await costs(2400, 9000)];
  expect([...many.keys()]).toEqual([...few.keys()]);
  expect(many.size).toBeGreaterThan(14);
  const dearer = [...many].filter(([name, sent]) => sent > 1.2 * (few.get(name) ?? 0) + 10);
  expect(dearer).toEqual([]);
}, 120_000);
