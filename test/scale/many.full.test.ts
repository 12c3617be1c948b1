import { Redis } from 'ioredis';
import { jsonOf } from '../ops/support/cli.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { scaleWorld } from './world.js';

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

/** How many commands Redis was sent while `work` was done; what a script does within counts as well. */
async function commandsOf(work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  await admin.config('RESETSTAT');
  await work();
  const stats = await admin.info('commandstats');
  return new Map(
    [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name = '', calls]) => [name, Number(calls)]),
  );
}

/** Simulates a town of so many people; resolves with what was sent. */
async function simulated(earners: number): Promise<ReadonlyMap<string, number>> {
  await admin.flushall();
  const world = await scaleWorld(redis.url, earners);
  try {
    return await commandsOf(async () => {
      expect(jsonOf(await world.simulate('--json'))).toMatchObject({ people: earners });
    });
  } finally {
    await world.close();
  }
}

test('everybody is read once, many in a command: three times the people, three times the work and no more', async () => {
  const [small, large] = [await simulated(1000), await simulated(3000)];
  for (const [sent, earners] of [
    [small, 1000],
    [large, 3000],
  ] as const) {
    // Many in a command, and some that belong to nobody in particular.
    expect(sent.get('mget')).toBeGreaterThanOrEqual(earners / 100);
    expect(sent.get('mget')).toBeLessThan(earners / 100 + 10);
    expect(sent.get('get') ?? 0).toBeLessThan(20);
    expect(sent.get('scan')).toBeLessThan(earners / 100);
  }
  const others = (sent: ReadonlyMap<string, number>): number =>
    [...sent].reduce((sum, [name, calls]) => (/^(mget|scan)$/.test(name) ? sum : sum + calls), 0);
  expect(others(large)).toBeLessThanOrEqual(others(small) + 5);
});
