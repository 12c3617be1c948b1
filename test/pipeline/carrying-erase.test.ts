/**
 * Erasing somebody while OBF is slow with what came in for them: nothing of it is made a job of once more at each
 * look, so that OBF is asked for it once, and what is told of the erasure is so.
 */
import { heldOf } from '../../src/ops/cli/earner/held.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import type { EarnerKey } from '../../src/ids.js';
import { eraseEarner } from '../../src/workers/erase-people.js';
import { isMoreHeldThanLasts } from '../../src/workers/erase-people.js';
import { openHouse, type House } from '../support/house.js';
import { withRedisAt } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const [LOU, ZOE] = ['lou@example.org', 'zoe@example.org'];
const HOSTED = /assertion|hosted|credential/i;

let house: House;
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
});
afterEach(() => house.close());

const keyOf = (address: string): EarnerKey => earnerKeyOf(house.pipelines[0].vault, address);
const erase = () => eraseEarner(house.pipelines[0], keyOf(LOU), 'erased');
const urlsOf = (badgeId: string, address: string): readonly string[] =>
  house.issue({ clientId: 'P3', badgeId, recipients: [address] }).assertions.map(({ url }) => url);
/** Resolves with the calls that OBF received for it. */
async function pushed(badgeId: string, address: string): Promise<readonly string[]> {
  const before = house.sandbox.calls.length;
  await house.push({ [address]: urlsOf(badgeId, address) });
  await house.idle();
  return house.sandbox.calls.slice(before).map(({ route }) => route);
}
/** OBF is asked for a credential of Lou's, and takes its time; resolves with where that stands. */
async function slowlyPushed(badgeId: string, ms: number): Promise<string | undefined> {
  house.sandbox.fault({ route: HOSTED, kind: 'slow', ms, times: 1000 });
  const before = house.sandbox.calls.length;
  const urls = urlsOf(badgeId, LOU);
  await house.push({ [LOU]: urls });
  await until(() => house.sandbox.calls.length > before, 'call for the credential');
  return urls[0];
}

test('who is erased while OBF is slow with a push of theirs: it is read once, and all of it goes', async () => {
  await pushed('D', LOU);
  await pushed('E', ZOE);
  const alone = await pushed('D', ZOE);
  const [pipeline] = house.pipelines;
  const { portfolios } = pipeline;
  const before = house.sandbox.calls.length;
  await slowlyPushed('E', 4000);
  expect(await erase()).toMatchObject({ people: 1, assertions: 1 });
  await house.idle();
  const asked = house.sandbox.calls.slice(before).filter(({ route }) => HOSTED.test(route));
  expect(asked.map(({ route }) => route)).toEqual(alone.filter((route) => HOSTED.test(route)));
  expect((await portfolios.read(keyOf(LOU))).assertions).toEqual([]);
  const record = await pipeline.earners.read(keyOf(LOU));
  expect(isMoreHeldThanLasts(pipeline, { key: keyOf(LOU), record })).toBe(false);
  expect(house.awards()).toEqual([`R1 ${ZOE}`]);
});

test('an export tells of a push that OBF has not answered yet', async () => {
  const [pipeline] = house.pipelines;
  const url = await slowlyPushed('E', 4000);
  const held = await heldOf(pipeline, keyOf(LOU));
  const jobs = held.addresses.flatMap((one) => one.jobs);
  expect(jobs).toMatchObject([{ queue: 'arrivals', name: 'credential', state: 'active', url }]);
  expect((await heldOf(pipeline, keyOf(ZOE))).addresses.flatMap((one) => one.jobs)).toEqual([]);
  expect(await pipeline.queues.notices.getJobCountByTypes('waiting', 'active', 'delayed')).toBe(0);
  await house.idle();
  expect(await erase()).toMatchObject({ people: 1, assertions: 1 });
});

test('what a worker that died was carrying out is a job at once, and goes', async () => {
  await pushed('D', LOU);
  await house.stopWorkers();
  const [{ queues, portfolios }] = house.pipelines;
  const { arrivals } = queues;
  await house.push({ [LOU]: urlsOf('E', LOU) });
  await until(async () => (await arrivals.getJobCountByTypes('waiting')) === 1, 'arrival');
  // As a process that was killed leaves it, when its lock has run out.
  await withRedisAt(house.redisUrl, (redis) =>
    redis.rpoplpush(arrivals.toKey('wait'), arrivals.toKey('active')),
  );
  expect(await erase()).toMatchObject({ people: 1, assertions: 1, jobs: 1 });
  await house.restartWorkers();
  await house.idle();
  expect((await portfolios.read(keyOf(LOU))).assertions).toEqual([]);
  expect(house.awards()).toEqual([]);
});
