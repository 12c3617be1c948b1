import { createPartnerActivity, type LatestEvent } from '../../src/earners/partner-activity.js';
import { createUnenrolledBadges, type UnenrolledBadges } from '../../src/earners/unenrolled-badges.js';
import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import fc from 'fast-check';

describe('partner activity', () => {
  const [P1, P2] = [asClientId('P1'), asClientId('P2')];
  let redis: TestRedis;
  let boards = 0;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.close());

  const emptyBoard = () => {
    boards += 1;
    const prefix = `${redis.prefix}${boards}`;
    return { news: createPartnerActivity(redis.connection, prefix), key: `${prefix}:news` };
  };
  const at = (happenedS: number, event: string | null = `e${happenedS}`): LatestEvent => ({
    eventId: event === null ? null : asEventId(event),
    happenedS,
    atS: 1_800_000_000,
  });

  test('nobody has news at first', async () => {
    expect(await emptyBoard().news.all()).toEqual(new Map());
  });

  test('each client has its own, with or without an event', async () => {
    const { news } = emptyBoard();
    await news.seen(P1, at(5));
    await news.seen(P2, at(-7, null));
    expect(await news.all()).toEqual(
      new Map([
        [P1, at(5)],
        [P2, at(-7, null)],
      ]),
    );
  });

  test('in whatever order they are told, also by several processes at once, the newest stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -10, max: 2e9 }), { minLength: 1 }), async (times) => {
        const { news } = emptyBoard();
        await Promise.all(times.map((happenedS) => news.seen(P1, at(happenedS))));
        expect((await news.all()).get(P1)).toEqual(at(Math.max(...times)));
      }),
      { numRuns: 30 },
    );
  });

  test('told again, an event keeps the time at which it was stored first', async () => {
    const { news } = emptyBoard();
    await news.seen(P1, at(5));
    await news.seen(P1, { ...at(5), atS: 1_900_000_000 });
    expect((await news.all()).get(P1)).toEqual(at(5));
  });

  test('what a hand wrote there is no news, and gives way', async () => {
    const { news, key } = emptyBoard();
    await redis.connection.hset(key, P1, 'lately');
    expect(await news.all()).toEqual(new Map());
    await news.seen(P1, at(5));
    expect((await news.all()).get(P1)).toEqual(at(5));
  });
});

describe('unenrolled badges', () => {
  const P1 = asClientId('P1');
  const P2 = asClientId('P2');
  const A = asBadgeId('A');
  const B = asBadgeId('B');
  const C = asBadgeId('C');
  let redis: TestRedis;
  let board: UnenrolledBadges;
  let nth = 0;
  beforeAll(async () => {
    redis = await testRedis();
  });
  beforeEach(() => {
    nth += 1;
    board = createUnenrolledBadges(redis.connection, `${redis.prefix}${nth}`, 2);
  });
  afterAll(() => redis.close());

  test('nothing was ignored: nothing is told', async () => {
    expect([await board.badgesOf(P1), await board.badgeCount(P1), await board.clients()]).toEqual([
      new Map(),
      0,
      new Map(),
    ]);
  });

  test('each badge of each client by itself, the latest first', async () => {
    await board.badge(P1, A, 'E1', 100);
    await board.badge(P1, B, 'E2', 200);
    await board.badge(P2, A, 'E3', 300);
    await board.client(P2, 'E4', 400);
    expect([...(await board.badgesOf(P1))]).toEqual([
      [B, { count: 1, lastS: 200 }],
      [A, { count: 1, lastS: 100 }],
    ]);
    expect(await board.badgeCount(P2)).toBe(1);
    expect([...(await board.clients())]).toEqual([[P2, { count: 1, lastS: 400 }]]);
  });

  test('an event that is read again is counted once, the next one again', async () => {
    for (const [about, atS] of [
      ['E1', 100],
      ['E1', 110],
      ['E2', 120],
      ['E2', 130],
    ] as const)
      await board.badge(P1, A, about, atS);
    expect((await board.badgesOf(P1)).get(A)).toEqual({ count: 2, lastS: 130 });
  });

  test('above the limit the one that came last the longest ago gives way, never the one that has come now', async () => {
    await board.badge(P1, A, 'E1', 300);
    await board.badge(P1, B, 'E2', 200);
    await board.badge(P1, C, 'E3', 100);
    expect([...(await board.badgesOf(P1)).keys()]).toEqual([A, C]);
  });

  test('a thousand made-up clients leave as many as the limit', async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, at) => board.client(asClientId(`X${at}`), 'E', at)));
    expect([...(await board.clients()).keys()]).toEqual(['X999', 'X998']);
  });

  test('what a Palier wrote that we do not know is left out', async () => {
    await board.client(P1, 'E', 100);
    await redis.connection.hset(`${redis.prefix}${nth}:ignored:clients`, 'P2', '{"of":"later"}');
    expect([...(await board.clients()).keys()]).toEqual([P1]);
  });
});
