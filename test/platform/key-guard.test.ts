import { randomBytes } from 'node:crypto';
import { isSameKey, KeyChanged, markKey } from '../../src/platform/key-guard.js';
import { createVault } from '../../src/platform/vault.js';
import { testRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());

test('a Redis that was filled under one key is refused under another', async () => {
  const [ours, other] = [createVault(randomBytes(32)), createVault(randomBytes(32))];
  const { connection, prefix } = redis;
  expect(await isSameKey(connection, prefix, ours)).toBe(true);
  await markKey(connection, prefix, ours);
  await markKey(connection, prefix, ours);
  await expect(markKey(connection, prefix, other)).rejects.toThrow(KeyChanged);
  expect(await isSameKey(connection, prefix, other)).toBe(false);
  expect(await isSameKey(connection, prefix, ours)).toBe(true);
});
