import { asClientId } from '../../src/ids.js';
import { schedulePolls } from '../../src/workers/runtime/schedules.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

let house: House;
afterEach(async () => {
  const [{ queues }] = house.pipelines;
  for (const { key } of await queues.notices.getJobSchedulers()) await queues.notices.removeJobScheduler(key);
  await house.close();
});

test('more events than a page holds: none is missed', async () => {
  // Nobody issues by hand: the Région's account is not read again for each of a thousand people.
  const pace = { mirrorMaxAgeMs: 60_000 };
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, pace });
  for (let at = 0; at < 1005; at += 1)
    house.issue({ clientId: 'P1', badgeId: 'A', recipients: [`personne.${at}@example.org`] });
  const [pipeline] = house.pipelines;
  await schedulePolls(pipeline, 60_000);
  await until(
    async () =>
      (await pipeline.events.count(pipeline.scheme.partners[0]?.clientId ?? pipeline.region)) === 1005,
    'all events stored',
    120_000,
  );
  house.issue({
    clientId: 'P2',
    badgeId: 'B',
    recipients: ['personne.1004@example.org', 'personne.0@example.org'],
  });
  await schedulePolls(pipeline, 500);
  await until(() => house.awards().length >= 2, 'awards');
  expect(house.awards().toSorted()).toEqual(['R1 personne.0@example.org', 'R1 personne.1004@example.org']);
}, 180_000);

test('a recipient appended in the middle of a long list of the Région, of which no end shows it: not issued twice', async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  const lou = 'lou@example.org';
  const give = (clientId: string, badgeId: string, to: string) =>
    house.issue({ clientId, badgeId, recipients: [to] });
  const hand = Array.from({ length: 2100 }, (_, at) => give(REGION, 'R2', `personne.${at}@example.org`));
  const [{ events, regionAccount }] = house.pipelines;
  for (let offset = 0; offset < hand.length; offset += 1000)
    await events.put(asClientId(REGION), (await regionAccount.events({ offset })).rows);
  await house.given(give('P2', 'B', lou));
  house.sandbox.appendByHand(hand[1050]?.id ?? '', [lou], { movesMtime: false });
  await house.given(give('P1', 'C', lou), give('P1', 'A', lou));
  expect(house.awards()).toEqual([`R1 ${lou}`]);
});
