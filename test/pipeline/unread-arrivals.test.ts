import { heldOf } from '../../src/ops/cli/earner/held.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import type { EarnerKey } from '../../src/ids.js';
import { eraseEarner } from '../../src/workers/erase-people.js';
import { UnreadArrivals } from '../../src/workers/spread-arrivals.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** What another version's door stored, in a form that this one cannot read, and that names who it is about. */
const [ZOE, LOU] = ['zoe@example.org', 'lou@example.org'];
const TOLD: string[] = [];
let house: House;
beforeEach(async () => {
  TOLD.length = 0;
  house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    logTo: { write: (line) => void TOLD.push(line) },
  });
});
afterEach(() => house.close());

const keyOf = (address: string): EarnerKey => earnerKeyOf(house.pipelines[0].vault, address);
const pushed = async (badgeId: string, address: string): Promise<void> => {
  const { assertions } = house.issue({ clientId: 'P3', badgeId, recipients: [address] });
  expect(await house.push({ [address]: assertions.map(({ url }) => url) })).toBe(200);
};
const erase = (address: string) => eraseEarner(house.pipelines[0], keyOf(address), 'erased');

/** Zoé has one badge of two; word of the second waits, and cannot be read. */
async function wordOfZoeUnread() {
  await pushed('D', ZOE);
  await pushed('D', LOU);
  await house.idle();
  await house.stopWorkers();
  const { arrivals } = house.pipelines[0].queues;
  await pushed('E', ZOE);
  await until(async () => (await arrivals.getJobCountByTypes('waiting')) === 1, 'arrival');
  const [job] = await arrivals.getWaiting();
  if (job === undefined) throw new Error('nothing arrived');
  const data: unknown = job.data;
  await job.updateData({ form: 9, carried: data });
  return { job, mend: () => job.updateData(data) };
}

test('who is named in it is not erased, and that is told; once it can be read, they get their award', async () => {
  const { job, mend } = await wordOfZoeUnread();
  await expect(erase(ZOE)).rejects.toThrow(UnreadArrivals);
  await expect(erase(ZOE)).rejects.toThrow(String(job.id));
  expect(TOLD.filter((line) => line.includes('cannot be read') && line.includes(String(job.id)))).not.toEqual(
    [],
  );
  expect((await house.pipelines[0].portfolios.read(keyOf(ZOE))).assertions).toHaveLength(1);
  await mend();
  await house.restartWorkers();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${ZOE}`]);
});

test('others are erased meanwhile, and once it was removed so are they: nothing is issued to either', async () => {
  const { job } = await wordOfZoeUnread();
  expect(await erase(LOU)).toMatchObject({ people: 1 });
  await job.remove();
  expect(await erase(ZOE)).toMatchObject({ people: 1 });
  await house.restartWorkers();
  await house.idle();
  expect(house.awards()).toEqual([]);
  expect((await house.pipelines[0].portfolios.read(keyOf(ZOE))).assertions).toEqual([]);
});

test('an export says that it is there, and nothing of it to others', async () => {
  const { job } = await wordOfZoeUnread();
  const [pipeline] = house.pipelines;
  const jobsOf = async (address: string) =>
    (await heldOf(pipeline, keyOf(address))).addresses.flatMap(({ jobs }) => jobs);
  expect(await jobsOf(ZOE)).toMatchObject([{ queue: 'arrivals', id: job.id, url: null }]);
  expect(await jobsOf(LOU)).toEqual([]);
  expect(house.awards()).toEqual([]);
});
