import { randomBytes } from 'node:crypto';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { recordKey } from '../../src/earners/store.js';
import { createVault } from '../../src/platform/vault.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { openHouse, parse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const CLASS = ['lou@example.org', 'sam@example.org', 'alix@example.org'];
const [LOU = ''] = CLASS;

let house: House;
beforeAll(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
});
afterAll(() => house.close());

test('what cannot be read of one of a class keeps the others from nothing', async () => {
  const [{ people, vault, queues }] = house.pipelines;
  const lou = recordKey(house.dataPrefix, earnerKeyOf(vault, LOU));
  await people.redis.set(lou, 'what a hand wrote');
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: CLASS }))).toBe(202);
  await until(() => house.awards().length === 2, 'awards of the others', 20_000);
  expect(house.awards().toSorted()).toEqual(['R1 alix@example.org', 'R1 sam@example.org']);

  // The notices say whom they could not serve, and are done once that is mended.
  const waiting = await until(async () => {
    const jobs = await queues.notices.getJobs(['delayed', 'failed']);
    return jobs.length === 2 && jobs.every(({ failedReason }) => failedReason !== undefined) ? jobs : null;
  }, 'notices that are not done');
  for (const { failedReason } of waiting) expect(failedReason).toContain(earnerKeyOf(vault, LOU));
  await people.redis.del(lou);
  // One that is neither delayed nor failed is on its way by itself.
  for (const job of waiting) await job.promote().catch(() => job.retry('failed').catch(() => undefined));
  await until(() => house.awards().length === 3, 'award of Lou', 20_000);
  await house.idle();
  expect(house.awards()).toHaveLength(3);
  expect(house.awards()).toContain(`R1 ${LOU}`);
}, 60_000);

test('who can write to Redis plants no rule: nothing is issued by it, and the reason is told', async () => {
  const [{ people, vault, queues, schemes }] = house.pipelines;
  const [state, texts] = ['state', 'texts'].map((name) => `${house.dataPrefix}:{scheme}:${name}`) as [
    string,
    string,
  ];
  const kept = await people.redis.getBuffer(state);
  const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
  const sources = { redis: people.redis, prefix: house.dataPrefix };
  const stranger = createSchemes({ ...sources, vault: createVault(randomBytes(32)) }, easier);
  const calls = house.sandbox.issues().length;
  await people.redis.del(state);
  await stranger.start(easier);
  const event = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['zoe@example.org'] });
  expect(await house.notify(event)).toBe(202);
  const [failed] = await until(async () => {
    const jobs = await queues.notices.getJobs(['failed']);
    return jobs.length > 0 ? jobs : null;
  }, 'a notice that cannot be judged');
  expect(failed?.failedReason).toContain('rules in force cannot be read');
  await expect(schemes.now()).rejects.toThrow('PALIER_KEY');

  // The state is ours again, the text of its version is not: another process does not judge by it either.
  await people.redis.set(state, kept ?? '');
  const other = createSchemes({ ...sources, vault }, easier);
  const ours = await people.redis.hgetBuffer(texts, house.scheme.version);
  const planted = await people.redis.hgetBuffer(texts, easier.version);
  await people.redis.hset(texts, house.scheme.version, planted ?? '');
  await expect(other.now()).rejects.toThrow('rules in force cannot be read');
  await people.redis.hset(texts, house.scheme.version, ours ?? '');
  expect((await createSchemes({ ...sources, vault }, easier).now()).scheme.version).toBe(
    house.scheme.version,
  );

  await failed?.retry('failed');
  await house.idle();
  expect(house.sandbox.issues()).toHaveLength(calls);
}, 60_000);
