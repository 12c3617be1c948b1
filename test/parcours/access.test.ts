import { createHash, randomBytes } from 'node:crypto';
import { ACCESS_MS, createAccess, isErasedSince } from '../../src/parcours/access.js';
import { asEarnerKey } from '../../src/ids.js';
import { createVault } from '../../src/platform/vault.js';
import { mockRedis } from '../support/mock-redis.js';

const EARNER = asEarnerKey('earner-of-a-test-22-ch');
const nowMs = Date.UTC(2026, 10, 29);
const vault = createVault(randomBytes(32));
const redis = mockRedis();
afterAll(() => redis.disconnect());

const openAccess = () => createAccess(redis, randomBytes(4).toString('hex'), vault, async () => nowMs);

test('a token is used once, the newest alone, and what Redis holds says nothing', async () => {
  const access = openAccess();
  const [first, second] = [await access.issueToken(EARNER), await access.issueToken(EARNER)];
  expect(await access.redeemToken(first)).toBeNull();
  expect(await access.redeemToken(second)).toEqual({ earner: EARNER, sinceS: nowMs / 1000 });
  expect(await access.redeemToken(second)).toBeNull();
  for (const key of await redis.keys('*')) {
    expect(`${key} ${await redis.get(key)}`).not.toContain(second);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(ACCESS_MS);
  }
});

test('a session that was planted, or moved to another name, opens nothing', async () => {
  const access = openAccess();
  const cookie = await access.startSession(EARNER);
  const [key = ''] = (await redis.keys('*session*')).filter((one) => one.includes(':session:'));
  const forged = randomBytes(32).toString('base64url');
  const other = key.replace(/\{.*\}/, `{${createHash('sha256').update(forged).digest('base64url')}}`);
  await redis.set(other, (await redis.get(key)) ?? '');
  expect(await access.findSession(cookie)).toMatchObject({ earner: EARNER });
  expect(await access.findSession(forged)).toBeNull();
  expect(await access.findSession('not a cookie of ours')).toBeNull();
  await access.endSession(cookie);
  expect(await access.findSession(cookie)).toBeNull();
});

test('an erasure in the same second ends what was made before it', () => {
  const tombstone = { erasedAtS: 100, fingerprints: [], entriesToUnindex: [] };
  const at = (sinceS: number): boolean => isErasedSince({ earner: EARNER, sinceS }, tombstone);
  expect([at(99), at(100), at(101)]).toEqual([true, true, false]);
  expect(isErasedSince({ earner: EARNER, sinceS: 1 }, null)).toBe(false);
});
