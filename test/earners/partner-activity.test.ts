import fc from 'fast-check';
import { asClientId, asEventId } from '../../src/ids.js';
import { createPartnerActivity, type LatestEvent } from '../../src/earners/partner-activity.js';
import { testRedis, type TestRedis } from '../support/redis.js';

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
