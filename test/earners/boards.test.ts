import { createPartnerActivity, type PartnerActivity } from '../../src/earners/partner-activity.js';
import { asBadgeId, asClientId } from '../../src/ids.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import fc from 'fast-check';

const [P1, P2] = [asClientId('P1'), asClientId('P2')];
const [A, B, C] = [asBadgeId('A'), asBadgeId('B'), asBadgeId('C')];
let redis: TestRedis;
let news: PartnerActivity;
let nth = 0;
const emptyBoard = (): PartnerActivity => {
  nth += 1;
  return createPartnerActivity(redis.connection, `${redis.prefix}${nth}`, 2);
};
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  news = emptyBoard();
});
afterAll(() => redis.close());

test('nobody has news at first, and nothing was ignored', async () => {
  const all = [await news.partners(), await news.ignoredBadges(P1), await news.ignoredClients()];
  expect(all).toEqual([new Map(), new Map(), new Map()]);
});

test('each client has its own', async () => {
  await news.seen(P1, 5);
  await news.seen(P2, -7);
  expect([...(await news.partners())]).toEqual([
    [P1, 5],
    [P2, -7],
  ]);
});

test('in whatever order they are told, also by several processes at once, the newest stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -10, max: 2e9 }), { minLength: 1 }), async (times) => {
      const board = emptyBoard();
      await Promise.all(times.map((atS) => board.seen(P1, atS)));
      expect((await board.partners()).get(P1)).toBe(Math.max(...times));
    }),
    { numRuns: 30 },
  );
});

test('what is ignored: each badge of each client by itself, the latest first', async () => {
  await news.ignoreBadge(P1, A, 100);
  await news.ignoreBadge(P1, B, 200);
  await news.ignoreBadge(P1, A, 90);
  await news.ignoreBadge(P2, A, 300);
  await news.ignoreClient(P2, 400);
  expect([...(await news.ignoredBadges(P1))]).toEqual([
    [B, 200],
    [A, 100],
  ]);
  expect([...(await news.ignoredClients())]).toEqual([[P2, 400]]);
});

test('above the limit the one that came last the longest ago gives way', async () => {
  await news.ignoreBadge(P1, A, 100);
  await news.ignoreBadge(P1, B, 200);
  await news.ignoreBadge(P1, C, 300);
  expect([...(await news.ignoredBadges(P1)).keys()]).toEqual([C, B]);
});

test('a thousand made-up clients leave as many as the limit', async () => {
  await Promise.all(Array.from({ length: 1000 }, (_, at) => news.ignoreClient(asClientId(`X${at}`), at)));
  expect([...(await news.ignoredClients()).keys()]).toEqual(['X999', 'X998']);
});
