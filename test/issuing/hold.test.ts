import { asBadgeId, asBatchId } from '../../src/ids.js';
import { createHolds, heldFor, nextWaitMs, type Holds } from '../../src/issuing/hold.js';
import { PACE } from '../../src/workers/stores.js';
import { testRedis, type TestRedis } from '../support/redis.js';

const MIN = 60_000;
const R1 = asBadgeId('R1');
const QUOTA = { code: 'quota', words: null } as const;
let redis: TestRedis;
let holds: Holds;
let nowMs = 0;

beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  nowMs = 1_000_000;
  holds = createHolds(redis.connection, `${redis.prefix}${Math.random()}`, async () => nowMs, PACE);
});
afterAll(() => redis.close());

test('looks are 5 minutes apart at first, and an hour in the end', () => {
  const distances: number[] = [];
  for (let waitMs: number | null = null; distances.length < 6; distances.push(waitMs / MIN))
    waitMs = nextWaitMs(waitMs, PACE);
  expect(distances).toEqual([5, 10, 20, 40, 60, 60]);
});

test('a cause found again moves no look that lies ahead, and keeps since when', () => {
  const first = heldFor(QUOTA, null, 0, PACE);
  expect(first).toEqual({ ...QUOTA, sinceMs: 0, nextMs: 5 * MIN, waitMs: 5 * MIN });
  const why = { code: 'badge', words: null } as const;
  expect(heldFor(why, first, MIN, PACE)).toEqual({ ...first, ...why });
  expect(heldFor(why, first, 6 * MIN, PACE)).toEqual({
    ...first,
    ...why,
    nextMs: 16 * MIN,
    waitMs: 10 * MIN,
  });
});

test('of many who see the same hold, one has the turn', async () => {
  const seen = await holds.put(R1, QUOTA);
  nowMs = seen.nextMs;
  const turns = await Promise.all(Array.from({ length: 8 }, () => holds.takeTurn(R1, seen)));
  expect(turns.filter(Boolean)).toHaveLength(1);
  expect((await holds.of(R1))?.nextMs).toBe(nowMs + 10 * MIN);
});

test('once OBF accepts a call, it is nobody’s turn, and no lone refusal is remembered', async () => {
  const seen = await holds.put(R1, QUOTA);
  const [one, other] = ['one', 'other'].map((id) => ({ words: '400', batch: asBatchId(id) }));
  if (one === undefined || other === undefined) throw new Error('two are needed');
  expect(await holds.refusedAlone(R1, one)).toBeNull();
  expect(await holds.refusedAlone(R1, other)).toEqual(one);
  expect(await holds.acceptedMs(R1)).toBe(0);
  await holds.accepted(R1);
  expect(await holds.acceptedMs(R1)).toBe(nowMs);
  expect(await holds.of(R1)).toBeNull();
  expect(await holds.takeTurn(R1, seen)).toBe(false);
  expect(await holds.refusedAlone(R1, one)).toBeNull();
});
