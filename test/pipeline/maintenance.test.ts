import { storeAssertions } from '../../src/earners/assertions.js';
import { asAssertionId, asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { createPlanStore, askForApply, askForPlan } from '../../src/scheme/runs.js';
import { openHouse, parse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const LOU = 'lou@example.org';
const OLD = 'ancien@example.org';
/** R1 asks for two badges, and then for one. */
const EASIER = SMALL_SCHEME.replace('at_least: 2', 'at_least: 1');
const CLASS = ['ana@example.org', 'bob@example.org', 'eva@example.org'];

let house: House;
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
});
afterEach(() => house.close());

async function told(clientId: string, badgeId: string, recipients: string[]): Promise<void> {
  expect(await house.notify(house.issue({ clientId, badgeId, recipients }))).toBe(202);
}

/** One badge of long ago, as it stands after its notice was worked on. */
async function hasAnOldBadge(address: string): Promise<void> {
  const { earners, vault } = house.pipelines[0];
  await storeAssertions({ earners, vault }, [
    {
      earner: earnerKeyOf(vault, address),
      contact: { address, name: null },
      assertion: {
        id: asAssertionId('old'),
        clientId: asClientId('P1'),
        badgeId: asBadgeId('A'),
        eventId: asEventId('OLD'),
        issuedOnS: 1_000_000_000,
        expiresOnS: null,
        revoked: false,
      },
    },
  ]);
}

test('while issuing is paused, what is about everybody goes on: retention, statistics, plan, apply, sweep', async () => {
  const [pipeline] = house.pipelines;
  const { queues, earners, vault, census, people, schemes, outbox } = pipeline;
  const [key, r1] = [earnerKeyOf(vault, OLD), asBadgeId('R1')];
  await queues.awards.pause();
  await told('P1', 'A', [LOU, ...CLASS]);
  await told('P2', 'B', [LOU]);
  await until(async () => (await outbox.waiting(r1)) === 1, 'the award of Lou, which waits');
  await hasAnOldBadge(OLD);

  await queues.maintenance.add('purge', { kind: 'purge', months: 12 });
  await until(async () => (await earners.read(key)).tombstone !== null, 'the purge');
  await queues.maintenance.add('census', { kind: 'census' });
  await until(async () => (await census.read())?.people === 1 + CLASS.length, 'the statistics');

  await schemes.start(parse(EASIER, SMALL_PARTNERS));
  const { version } = (await schemes.now()).scheme;
  expect(await askForPlan(pipeline, null)).toBe(true);
  const plan = await until(() => createPlanStore(people).read(null), 'the plan');
  expect(plan).toMatchObject({ version, issues: CLASS.length });
  const wanted = {
    version,
    only: null,
    suppressEmail: false,
    upto: CLASS.length,
    overQuota: false,
    by: 'marie',
  };
  expect(await askForApply(pipeline, wanted)).toBe(true);
  await until(async () => (await schemes.inForce()) === version, 'the rules in force');
  await until(async () => (await outbox.waiting(r1)) === 1 + CLASS.length, 'awards that wait');

  // Its gatherings wait, however often it sweeps.
  for (const _ of [1, 2, 3]) await queues.maintenance.add('sweep', { kind: 'sweep' });
  const left = () => queues.maintenance.getJobCountByTypes('waiting', 'active', 'failed');
  await until(async () => (await left()) === 0, 'all of it done');
  expect((await queues.awards.getJobs()).map(({ id }) => id)).toEqual(['gather.R1']);
  expect(house.sandbox.issues()).toEqual([]);

  await queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual([LOU, ...CLASS].map((one) => `R1 ${one}`).toSorted());
  expect(await house.failedReasons()).toEqual([]);
});

test('what holds every slot of maintenance keeps no badge from leaving', async () => {
  const [{ queues, census }] = house.pipelines;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const write = jest.spyOn(census, 'write').mockImplementation(() => held);
  for (const _ of [1, 2, 3, 4, 5]) await queues.maintenance.add('census', { kind: 'census' });
  await until(async () => write.mock.calls.length === (await queues.maintenance.getActiveCount()), 'holding');
  await until(async () => (await queues.maintenance.getWaitingCount()) > 0, 'more than there are slots');
  await told('P1', 'A', [LOU]);
  await told('P2', 'B', [LOU]);
  await until(() => house.awards().length === 1, 'the award');
  expect(await queues.maintenance.getWaitingCount()).toBeGreaterThan(0);
  release();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('what holds every slot of issuing keeps no plan from being made', async () => {
  const [pipeline] = house.pipelines;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const underWay = jest.spyOn(pipeline.batches, 'of').mockImplementation(async () => {
    await held;
    return [];
  });
  for (let at = 0; at < 20; at += 1)
    await pipeline.queues.awards.add('gather', { kind: 'gather', badgeId: `X${at}` });
  await until(async () => (await pipeline.queues.awards.getWaitingCount()) > 0, 'more than there are slots');
  await until(
    async () => underWay.mock.calls.length === (await pipeline.queues.awards.getActiveCount()),
    'issuing, held',
  );
  await askForPlan(pipeline, null);
  expect(await until(() => createPlanStore(pipeline.people).read(null), 'the plan')).toMatchObject({
    issues: 0,
  });
  expect(await pipeline.queues.awards.getWaitingCount()).toBeGreaterThan(0);
  release();
  await house.idle();
});
