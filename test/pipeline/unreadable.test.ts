import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { recordKey } from '../../src/earners/store.js';
import { openHouse, type House } from '../support/house.js';
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
  for (const job of waiting) await job.promote().catch(() => job.retry('failed'));
  await until(() => house.awards().length === 3, 'award of Lou', 20_000);
  await house.idle();
  expect(house.awards()).toHaveLength(3);
  expect(house.awards()).toContain(`R1 ${LOU}`);
}, 60_000);
