import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { storeArrivals } from '../../src/queue/enqueue.js';
import { arrivalsIn, type Arrival } from '../../src/queue/jobs.js';
import { asClientId, asEventId } from '../../src/ids.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

let house: House;
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
});
afterEach(() => house.close());

const arrival = (clientId: string, eventId: string): Arrival => ({
  type: 'issued',
  job: { kind: 'event', clientId: asClientId(clientId), eventId: asEventId(eventId), source: 'webhook' },
});

test('of notices that came in together, each fails, stands in failed and is sent again by itself', async () => {
  const { queues } = house.pipelines[0];
  const lou = ['lou@example.org'];
  const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: lou });
  // Nobody issued this one yet: OBF answers 404 until then.
  const wrong = arrival('P2', 'Tnone');
  await storeArrivals(
    queues.arrivals,
    [arrival('P1', a.id), wrong, arrival('P1', a.id)],
    AbortSignal.timeout(1500),
  );
  await house.idle();
  const failed = await queues.notices.getFailed();
  expect(failed.map(({ id }) => id)).toEqual(['issued.P2.Tnone']);
  expect(house.awards()).toEqual([]);

  const b = house.issue({ clientId: 'P2', badgeId: 'B', recipients: lou });
  await storeArrivals(queues.arrivals, [arrival('P2', b.id), wrong], AbortSignal.timeout(1500));
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
  // Told again, it was tried again, and stands there once.
  expect((await queues.notices.getFailed()).map(({ id }) => id)).toEqual(['issued.P2.Tnone']);
});

test('what comes in at once is stored in few jobs, whose ids tell how many notices they carry', async () => {
  await house.stopWorkers();
  const { arrivals } = house.pipelines[0].queues;
  const events = Array.from({ length: 450 }, (_, at) => arrival('P1', `E${at}`));
  await storeArrivals(arrivals, events, AbortSignal.timeout(1500));
  const ids = await arrivals.getRanges(['waiting'], 0, -1);
  expect(ids.map(arrivalsIn).toSorted()).toEqual([200, 200, 50].toSorted());
});

test('who is erased while their notices wait to be sorted gets nothing by them', async () => {
  const [pipeline] = house.pipelines;
  const { vault, queues } = pipeline;
  const { assertions } = house.issue({ clientId: 'P3', badgeId: 'D', recipients: ['zoe@example.org'] });
  await house.push({ 'zoe@example.org': assertions.map(({ url }) => url) });
  await house.idle();
  await house.stopWorkers();
  const other = house.issue({ clientId: 'P3', badgeId: 'E', recipients: ['zoe@example.org'] });
  expect(await house.push({ 'zoe@example.org': other.assertions.map(({ url }) => url) })).toBe(200);
  await until(async () => (await queues.arrivals.getJobCountByTypes('waiting')) === 1, 'arrival');
  const zoe = earnerKeyOf(vault, 'zoe@example.org');
  const erased = await eraseEarner(pipeline, zoe, 'erased');
  expect(erased).toMatchObject({ people: 1, jobs: 1 });
  await house.restartWorkers();
  await house.idle();
  expect(await queues.notices.getFailed()).toEqual([]);
  expect(house.awards()).toEqual([]);
  expect((await pipeline.earners.read(zoe)).assertions).toEqual([]);
});
