import { randomBytes } from 'node:crypto';
import { isSameKey, KeyChanged, markKey, moveMark } from '../../src/platform/key-guard.js';
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

describe('with the key before', () => {
  const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const nameUnder = async (key: Buffer, old: Buffer | null): Promise<string | null> => {
    const vault = createVault(key, old, false);
    return (await isSameKey(redis.connection, prefix(), vault)) ? vault.name('lou', 'earner') : null;
  };
  const nameOf = (key: Buffer): string => createVault(key).name('lou', 'earner');
  let number = 0;
  beforeEach(() => {
    number += 1;
  });
  const prefix = (): string => `${redis.prefix}:${number}`;
  const mark = (key: Buffer, old: Buffer | null) =>
    markKey(redis.connection, prefix(), createVault(key, old, false));
  const move = async (key: Buffer, old: Buffer | null): Promise<void> => {
    const vault = createVault(key, old, false);
    await markKey(redis.connection, prefix(), vault);
    await moveMark(redis.connection, prefix(), vault);
  };

  test('names are those of the first key, before a worker started, after, and once the mark moved', async () => {
    await mark(a, null);
    expect(await nameUnder(b, a)).toBe(nameOf(a));
    expect(await nameUnder(b, null)).toBeNull();
    expect(await nameUnder(b, c)).toBeNull();
    await mark(b, a);
    expect(await nameUnder(b, a)).toBe(nameOf(a));
    // Something may be sealed under the new key by now.
    expect(await nameUnder(a, null)).toBeNull();
    expect(await nameUnder(a, b)).toBe(nameOf(a));
    await move(b, a);
    expect(await nameUnder(b, null)).toBe(nameOf(a));
    expect(await nameUnder(a, null)).toBeNull();
  });

  test('so they are after a second change, and after going back', async () => {
    await mark(a, null);
    await move(b, a);
    await move(c, b);
    expect(await nameUnder(c, null)).toBe(nameOf(a));
    await move(a, c);
    expect(await nameUnder(a, null)).toBe(nameOf(a));
  });

  test('an empty Redis is filled again under the names of the key before', async () => {
    expect(await nameUnder(b, a)).toBe(nameOf(a));
    await mark(b, a);
    expect(await nameUnder(b, a)).toBe(nameOf(a));
    await move(b, a);
    expect(await nameUnder(b, null)).toBe(nameOf(a));
  });
});
