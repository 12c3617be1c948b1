import { createPartnerActivity, type PartnerActivity } from '../../src/earners/partner-activity.js';
import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import fc from 'fast-check';

const [P1, P2] = [asClientId('P1'), asClientId('P2')];
const [E1, E2] = [asEventId('E1'), asEventId('E2')];
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
  await news.seen(P1, 5, E1);
  await news.seen(P2, -7);
  expect([...(await news.partners())]).toEqual([
    [P1, { lastS: 5, count: 1, eventId: E1 }],
    [P2, { lastS: -7, count: 1, eventId: null }],
  ]);
});

test('in whatever order they are told, also by several processes at once, the newest stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -10, max: 2e9 }), { minLength: 1 }), async (times) => {
      const board = emptyBoard();
      await Promise.all(times.map((atS) => board.seen(P1, atS, asEventId(`E${atS}`))));
      const lastS = Math.max(...times);
      expect((await board.partners()).get(P1)).toMatchObject({ lastS, eventId: `E${lastS}` });
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
    [B, { lastS: 200, count: 1, eventId: null }],
    [A, { lastS: 100, count: 2, eventId: null }],
  ]);
  expect([...(await news.ignoredClients())]).toEqual([[P2, { lastS: 400, count: 1, eventId: null }]]);
});

test('an event that is told again at once counts once', async () => {
  for (const [atS, event] of [
    [100, E1],
    [110, E1],
    [120, E2],
  ] as const)
    await news.ignoreBadge(P1, A, atS, event);
  expect((await news.ignoredBadges(P1)).get(A)).toEqual({ lastS: 120, count: 2, eventId: E2 });
});

test('above the limit the one that came last the longest ago gives way', async () => {
  await news.ignoreBadge(P1, A, 100);
  await news.ignoreBadge(P1, B, 200);
  await news.ignoreBadge(P1, C, 300);
  expect([...(await news.ignoredBadges(P1)).keys()]).toEqual([C, B]);
});

test('a hundred made-up clients leave as many as the limit', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, at) => news.ignoreClient(asClientId(`X${at}`), at)));
  expect([...(await news.ignoredClients()).keys()]).toEqual(['X99', 'X98']);
});
