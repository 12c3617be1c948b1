import type { ObfAccount } from '../../src/obf/types.js';
import { createQuota, isFresh, QUOTA_LIMITS, QuotaLow, type Quota } from '../../src/issuing/quota.js';
import { testRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
let quota: Quota;
let left: number | null = 1000;
let asked = 0;
let nowMs = 1_000_000_000;
const { signal } = new AbortController();
const account = {
  issuingLimit: () => {
    asked += 1;
    return Promise.resolve(left);
  },
} as unknown as ObfAccount;

beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  [left, asked, nowMs] = [1000, 0, 1_000_000_000];
  quota = createQuota(
    redis.connection,
    `${redis.prefix}${Math.random()}`,
    account,
    async () => nowMs,
    QUOTA_LIMITS,
  );
});
afterAll(() => redis.close());

test('OBF is asked once a day, and before a large batch if the last reading is not fresh', async () => {
  await quota.require(1, signal);
  await quota.require(1, signal);
  expect(asked).toBe(1);
  nowMs += QUOTA_LIMITS.freshMs;
  await quota.require(1, signal);
  expect(asked).toBe(1);
  await quota.require(QUOTA_LIMITS.largeBatch, signal);
  expect(asked).toBe(2);
  nowMs += QUOTA_LIMITS.maxAgeMs;
  await quota.require(1, signal);
  expect(asked).toBe(3);
});

test('what was issued since counts; below the floor it asks again, and throws if that is true', async () => {
  await quota.require(500, signal);
  await quota.spend(960);
  expect((await quota.known())?.left).toBe(40);
  left = 40;
  await expect(quota.require(1, signal)).rejects.toThrow(QuotaLow);
  left = 5000;
  await quota.require(1, signal);
  expect((await quota.known())?.left).toBe(5000);
});

test('it is read once a day even while nothing is issued', async () => {
  for (const [afterMs, times] of [
    [0, 1],
    [1000, 1],
    [QUOTA_LIMITS.maxAgeMs, 2],
  ] as const) {
    nowMs += afterMs;
    await quota.keepFresh(signal);
    expect(asked).toBe(times);
  }
});

test('where OBF does not say, nothing stops, and it is not asked each time', async () => {
  left = null;
  await quota.require(500, signal);
  await quota.spend(500);
  await quota.require(500, signal);
  expect(asked).toBe(1);
  expect(await quota.known()).toEqual({ left: null, readMs: nowMs });
});

test.each([
  [null, 1, false],
  [{ left: 1000, readMs: 0 }, 1, true],
  [{ left: 1000, readMs: 0 }, 951, false],
  [{ left: 1000, readMs: 0 }, 950, true],
  [{ left: null, readMs: 0 }, 100_000, true],
])('%j is fresh enough for %d: %s', (reading, count, fresh) => {
  expect(isFresh(reading, count, 1000, QUOTA_LIMITS)).toBe(fresh);
});
