import { asBadgeId, asBatchId, type BatchId } from '../../src/ids.js';
import { batchesKey } from '../../src/issuing/batches.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { enqueueEarners } from '../../src/queue/enqueue-earners.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { withRedisAt } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** What is left where a server took over that knows of a claim, and not of the batch that made it. */
const R1 = asBadgeId('R1');
const LOU = 'lou@example.org';

let house: House;
beforeEach(async () => {
  house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    pace: { settleMs: 400, sendWithinMs: 300, mirrorMaxAgeMs: 3_600_000 },
  });
});
afterEach(() => house.close());

const lou = () => earnerKeyOf(house.pipelines[0].vault, LOU);

/** Lou is due an award, and gets no further than the outbox. */
async function dueAlone(): Promise<void> {
  await house.pipelines[0].queues.awards.pause();
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: [LOU] }))).toBe(202);
  await until(async () => (await house.pipelines[0].outbox.waiting(R1)) === 1, 'outbox');
}

async function claimedByLostBatch(): Promise<BatchId> {
  const { outbox, ledger } = house.pipelines[0];
  const batch = await outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('somebody waited');
  await ledger.apply(lou(), R1, { type: 'claim', batch: batch.id });
  await withRedisAt(house.redisUrl, (redis) => redis.del(batchesKey(house.dataPrefix, R1)));
  return batch.id;
}

const lookAgain = async (): Promise<void> => {
  const { queues } = house.pipelines[0];
  await queues.awards.resume();
  await enqueueEarners(queues.earners, [lou()], 'test');
  await house.idle();
};

test('a claim of a batch that is gone is due again, and given once', async () => {
  await dueAlone();
  await claimedByLostBatch();
  await lookAgain();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('nor is it given again where the lost batch had been sent, and nobody knows', async () => {
  await dueAlone();
  const batch = await claimedByLostBatch();
  await house.pipelines[0].ledger.apply(lou(), R1, { type: 'markUnknown', batch });
  house.issue({ clientId: REGION, badgeId: 'R1', recipients: [LOU] });
  await lookAgain();
  expect(house.awards()).toEqual([]);
  expect(await house.pipelines[0].ledger.read(lou(), R1)).toMatchObject({ state: 'issued' });
});

test('a claim of a batch that is there stays', async () => {
  await dueAlone();
  const { ledger, outbox, queues } = house.pipelines[0];
  const batch = await outbox.takeBatch(R1, 10);
  await ledger.apply(lou(), R1, { type: 'claim', batch: batch?.id ?? asBatchId('none') });
  await enqueueEarners(queues.earners, [lou()], 'test');
  await until(async () => (await queues.earners.getJobCountByTypes('waiting', 'active')) === 0, 'evaluation');
  expect(await ledger.read(lou(), R1)).toMatchObject({ state: 'claimed', batch: batch?.id });
});

const CLASS = Array.from({ length: 50 }, (_, at) => `eleve.${at}@example.org`);

test('a lost batch of fifty is given once to each, and the account is read in full once for all of them', async () => {
  const { outbox, ledger, queues, vault } = house.pipelines[0];
  await queues.awards.pause();
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: CLASS }))).toBe(202);
  await until(async () => (await outbox.waiting(R1)) === CLASS.length, 'outbox');
  const batch = await outbox.takeBatch(R1, CLASS.length);
  if (batch === null) throw new Error('somebody waited');
  for (const earner of batch.earners) await ledger.apply(earner, R1, { type: 'claim', batch: batch.id });
  await withRedisAt(house.redisUrl, (redis) => redis.del(batchesKey(house.dataPrefix, R1)));
  const listings = (): number =>
    house.sandbox.calls.filter(({ route, clientId }) => route === 'GET events' && clientId === REGION).length;
  const before = listings();
  await enqueueEarners(
    queues.earners,
    CLASS.map((address) => earnerKeyOf(vault, address)),
    'test',
  );
  await until(async () => (await outbox.waiting(R1)) === CLASS.length, 'all are due again');
  const read = listings() - before;
  await queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual(CLASS.map((address) => `R1 ${address}`).toSorted());
  expect(read).toBe(1);
});

test('another batch cannot let go of it', async () => {
  await dueAlone();
  await claimedByLostBatch();
  const { ledger } = house.pipelines[0];
  await expect(ledger.apply(lou(), R1, { type: 'abandon', batch: asBatchId('other') })).rejects.toThrow(
    /cannot take "abandon"/,
  );
});
