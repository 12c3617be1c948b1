/**
 * Two parts of the program meeting at the worst moment, one step at a time: what `npm run test:chaos`
 * finds by luck, held still. Each makes one process slow, or dead, between two of its steps.
 */
import { asBadgeId } from '../../src/ids.js';
import type { Batches } from '../../src/issuing/outbox.js';
import type { AwardEvent, Ledger } from '../../src/issuing/ledger.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { evaluateEarner } from '../../src/workers/evaluate-earner.js';
import { issueBatch } from '../../src/issuing/issue-batch.js';
import type { Pipeline } from '../../src/workers/pipeline.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { breakRecord } from '../support/broken-record.js';
import { withRedisAt } from '../support/redis.js';
import { earnWhilePaused, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

let house: House;
const R1 = asBadgeId('R1');
const LOU = 'lou@example.org';
const SETTLE_MS = 400;
const never = new AbortController().signal;

const open = async (quietMs = 50): Promise<void> => {
  house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    pace: { quietMs, gatherMs: Math.max(250, quietMs), settleMs: SETTLE_MS, sendWithinMs: 300 },
  });
};
afterEach(() => house.close());

const badge = (id: string): EventRecord => {
  const clientId = { A: 'P1', C: 'P1', B: 'P2', R1: REGION }[id] ?? 'P3';
  return house.issue({ clientId, badgeId: id, recipients: [LOU] });
};
const tell = async (event: EventRecord, type?: 'badge.revoked'): Promise<void> =>
  expect(await house.notify(event, type)).toBe(202);
const lou = () => house.keyOf(LOU);
const state = async () => (await house.pipelines[0].ledger.read(lou(), R1))?.state;

/** The ledger of a process that is slow: each of its writes of that kind waits for `before`. */
const late = (ledger: Ledger, type: AwardEvent['type'], before: () => Promise<unknown>): Ledger => {
  const slowly =
    <R>(make: (...about: Parameters<Ledger['apply']>) => Promise<R>) =>
    async (...about: Parameters<Ledger['apply']>): Promise<R> => {
      if (about[2].type === type) await before();
      return make(...about);
    };
  return { ...ledger, apply: slowly(ledger.apply), applyIfPossible: slowly(ledger.applyIfPossible) };
};

/** A batch of its own with Lou's award, of which no job knows. */
async function batchOfLou() {
  const [{ outbox }] = house.pipelines;
  for (const id of ['A', 'B']) await tell(badge(id));
  await until(() => outbox.waiting(R1), 'award in the outbox');
  const batch = await outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('nothing waits');
  return batch;
}

test('an evaluation that read the portfolio before the award was recorded does not give it again', async () => {
  await open();
  const [pipeline] = house.pipelines;
  const { awards } = pipeline.queues;
  await awards.pause();
  for (const id of ['A', 'B']) await tell(badge(id));
  await until(async () => (await state()) !== undefined, 'record of the award');
  let overtaken = false;
  const issued = async (): Promise<void> => {
    overtaken = true;
    await awards.resume();
    await until(async () => (await state()) === 'issued', 'record');
  };
  const slow: Pipeline = { ...pipeline, ledger: late(pipeline.ledger, 'comes-due', issued) };
  await evaluateEarner(slow, { earner: lou(), cause: 'test' }, never);
  await house.idle();
  expect(overtaken).toBe(true);
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('a process that hears late that it may send does not send when others have looked and sent', async () => {
  await open(60_000);
  const [pipeline] = house.pipelines;
  const batch = await batchOfLou();
  const batches: Batches = {
    ...pipeline.batches,
    async startSending(...args) {
      const mine = await pipeline.batches.startSending(...args);
      await until(() => house.awards().length > 0, 'award sent by another process');
      return mine;
    },
  };
  const slow = issueBatch({ ...pipeline, batches }, R1, batch.id, never).catch(() => undefined);
  await until(
    () =>
      issueBatch(pipeline, R1, batch.id, never).then(
        () => house.awards().length > 0,
        () => false,
      ),
    'award',
  );
  await slow;
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('a badge that comes while its award is being withdrawn is not forgotten', async () => {
  // No gathering but ours: the batch below is to be known to nobody else.
  await open(60_000);
  const [pipeline] = house.pipelines;
  const batch = await batchOfLou();
  const [b] = house.sandbox.eventsOf('P2', 'B');
  if (b === undefined) throw new Error('nothing to revoke');
  house.sandbox.revokeByHand(b.id, [LOU]);
  await tell(b, 'badge.revoked');
  await decided();
  const anotherBadge = async (): Promise<void> => {
    await tell(badge('B'));
    await decided();
  };
  const slow: Pipeline = { ...pipeline, ledger: late(pipeline.ledger, 'withdraw', anotherBadge) };
  await issueBatch(slow, R1, batch.id, never);
  await decided();
  const next = await pipeline.outbox.takeBatch(R1, 10);
  if (next === null) throw new Error('the award was forgotten');
  await issueBatch(pipeline, R1, next.id, never);
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('a batch that Redis fails while one is set aside runs again, and the others are given their award once', async () => {
  await open();
  const [pipeline] = house.pipelines;
  const SAM = 'sam@example.org';
  await earnWhilePaused(house, LOU, SAM);
  const batch = await pipeline.outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('nothing waits');
  await withRedisAt(house.redisUrl, (redis) => breakRecord(redis, house.dataPrefix, house.keyOf(SAM)));
  const gone = (): Promise<never> => Promise.reject(new Error('Redis is gone'));
  const failing: Pipeline = { ...pipeline, ledger: late(pipeline.ledger, 'release', gone) };
  await expect(issueBatch(failing, R1, batch.id, never)).rejects.toThrow('Redis is gone');
  expect(await pipeline.batches.ids(R1)).toEqual([batch.id]);
  await issueBatch(pipeline, R1, batch.id, never);
  await pipeline.queues.awards.resume();
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
  expect(await house.failedReasons()).toHaveLength(1);
});

test('an award that moved on while its batch was refused is left to its next claim', async () => {
  await open();
  const [pipeline] = house.pipelines;
  const { ledger, outbox, queues } = pipeline;
  const SAM = 'sam@example.org';
  await earnWhilePaused(house, LOU, SAM);
  const batch = await outbox.takeBatch(R1, 10);
  if (batch === null) throw new Error('nothing waits');
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 422 });
  const moveOn = async (): Promise<void> => {
    if ((await state()) === 'claimed') await ledger.applyIfPossible(lou(), R1, { type: 'withdraw' });
  };
  const slow: Pipeline = { ...pipeline, ledger: late(ledger, 'release', moveOn) };
  expect((await issueBatch(slow, R1, batch.id, never)).did).toBe('batch split');
  expect(await state()).toBe('withdrawn');
  await queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
  expect(await house.failedReasons()).toEqual([]);
});

/** Every notice is read, and everyone whom it touched is evaluated. */
async function decided(): Promise<void> {
  const { arrivals, notices, earners } = house.pipelines[0].queues;
  await until(async () => {
    const counts = await Promise.all([arrivals, notices, earners].map((queue) => queue.getJobCountByTypes()));
    return counts.every((count) => count === 0);
  }, 'end of evaluation');
}

test('what the Région gave by hand counts even if the process that read it died before anyone was told', async () => {
  await open();
  const [pipeline] = house.pipelines;
  await tell(badge('C'));
  await house.idle();
  badge('R1');
  // Here the process is killed: it has stored the event, and nobody is evaluated.
  await pipeline.regionSync.sync(never);
  await pollEvents(pipeline, pipeline.region, never);
  await house.idle();
  expect(house.awards()).toEqual([`R2 ${LOU}`]);
});
