import { schedulePolls } from '../../src/workers/runtime/schedules.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const EVERY_MS = 300;
let house: House;

beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
});
afterEach(async () => {
  const [{ queues }] = house.pipelines;
  for (const { key } of await queues.notices.getJobSchedulers()) await queues.notices.removeJobScheduler(key);
  await house.close();
});

const startPolls = () => Promise.all(house.pipelines.map((pipeline) => schedulePolls(pipeline, EVERY_MS)));
const eventLists = (clientId: string) =>
  house.sandbox.calls.filter((call) => call.route === 'GET events' && call.clientId === clientId);

test('not one webhook arrives: the poll alone awards, also what was issued with a date long past', async () => {
  house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org', 'sam@example.org'] });
  house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['lou@example.org'], issuedOnS: 1_600_000_000 });
  await startPolls();
  await until(() => house.awards().length > 0, 'award by the poll');
  expect(house.awards()).toEqual(['R1 lou@example.org']);

  house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['sam@example.org'], issuedOnS: 1_600_000_000 });
  await until(() => house.awards().length > 1, 'second award by the poll');
  expect(house.awards()).toEqual(['R1 lou@example.org', 'R1 sam@example.org']);
});

test('a client is polled once a period however many workers there are, with one call when nothing is new', async () => {
  await startPolls();
  await until(() => eventLists('P1').length >= 4, 'four polls');
  const times = eventLists('P1').map(({ atMs }) => atMs);
  const elapsed = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(times.length).toBeLessThanOrEqual(Math.ceil(elapsed / EVERY_MS) + 2);
  expect(
    house.sandbox.calls.filter(({ clientId, route }) => clientId === 'P1' && route !== 'POST token'),
  ).toEqual(eventLists('P1'));
});

test('a client that no longer takes part is polled no more', async () => {
  const [pipeline] = house.pipelines;
  await pipeline.queues.notices.upsertJobScheduler(
    'poll.P8',
    { every: EVERY_MS },
    { name: 'poll', data: {} },
  );
  await startPolls();
  const keys = (await pipeline.queues.notices.getJobSchedulers()).map(({ key }) => key);
  expect(keys.toSorted()).toEqual(['poll.P1', 'poll.P2', `poll.${REGION}`]);
});
