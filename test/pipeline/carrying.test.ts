/**
 * Notices that are carried out straight from the arrivals, without jobs of their own: what makes a job of one, and
 * that none is lost or read more often for it.
 */
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { createClaims } from '../../src/queue/claims.js';
import { replayFailed } from '../../src/queue/replay.js';
import { storeArrivals } from '../../src/queue/store-arrivals.js';
import { PAUSED_AT } from '../../src/queue/retry.js';
import type { Arrival } from '../../src/queue/jobs.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { eraseEarner } from '../../src/workers/erase-earner.js';
import { pollEvents } from '../../src/workers/poll-events.js';
import { StillUnderWay } from '../../src/workers/under-way.js';
import { asClientId, asEventId } from '../../src/ids.js';
import { openHouse, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

let house: House;
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
});
afterEach(() => house.close());

const LOU = 'lou@example.org';
const never = new AbortController().signal;
const badge = (clientId: string, badgeId: string): EventRecord =>
  house.issue({ clientId, badgeId, recipients: [LOU] });
const arrivalOf = (event: Pick<EventRecord, 'clientId' | 'id'>): Arrival => {
  const about = { clientId: asClientId(event.clientId), eventId: asEventId(event.id) };
  return { type: 'issued', job: { kind: 'event', ...about, source: 'webhook' } };
};
const tellAtOnce = (...events: readonly Pick<EventRecord, 'clientId' | 'id'>[]): Promise<void> =>
  storeArrivals(house.pipelines[0].queues.arrivals, events.map(arrivalOf), 1500);
const readings = (): number => house.sandbox.calls.filter(({ route }) => route === 'GET event').length;
/** How many jobs of their own notices ever were: BullMQ counts what is added. */
const jobsMade = async (): Promise<number> => {
  const { notices } = house.pipelines[0].queues;
  return Number((await (await notices.getBackend().client).get(notices.toKey('id'))) ?? 0);
};
const slow = (ms: number): void => house.sandbox.fault({ route: 'GET event', kind: 'slow', ms });

test('where nothing waits, notices are done without jobs of their own, and one told thrice is read once', async () => {
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  await tellAtOnce(a, b, a, a);
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
  expect([readings(), await jobsMade()]).toEqual([2, 0]);
});

test('one that another process carries out is a job, however often it is told: read again once, after this', async () => {
  const a = badge('P1', 'A');
  slow(400);
  await tellAtOnce(a);
  await until(() => readings() === 1, 'reading');
  // What is told now may be newer than what is being read.
  await house.pipelines[0].queues.notices.pause();
  for (let again = 0; again < 5; again += 1) await tellAtOnce(a);
  await until(async () => (await house.pipelines[0].queues.arrivals.getJobCountByTypes()) <= 1, 'sorting');
  await house.pipelines[0].queues.notices.resume();
  await house.idle();
  expect(readings()).toBe(2);
});

test('the poll does not read what is being carried out', async () => {
  const a = badge('P1', 'A');
  slow(400);
  await tellAtOnce(a);
  await until(() => readings() === 1, 'reading');
  await pollEvents(house.pipelines[0], asClientId('P1'), never);
  await house.idle();
  expect([readings(), await jobsMade()]).toEqual([1, 0]);
});

test('what OBF is slow with keeps nothing else waiting: the rest become jobs', async () => {
  const events = Array.from({ length: 40 }, () => badge('P1', 'A'));
  house.sandbox.fault({ route: /^GET/, kind: 'slow', ms: 1500, times: 2 });
  await tellAtOnce(...events);
  await until(async () => (await jobsMade()) === 8, 'jobs of those that had not begun');
  await house.idle();
  expect(await house.pipelines[0].seen.count(asClientId('P1'))).toBe(40);
});

test('one that OBF asks to wait with pauses all notices, and is done afterwards', async () => {
  const a = badge('P1', 'A');
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 429, retryAfterS: 1 });
  await tellAtOnce(a);
  const { queues, seen } = house.pipelines[0];
  await until(async () => (await queues.notices.getRateLimitTtl(PAUSED_AT)) > 0, 'pause');
  // Nor is anything carried out beside the queue meanwhile.
  await tellAtOnce(badge('P2', 'B'));
  await until(async () => (await jobsMade()) === 2, 'job of the second');
  await house.idle();
  expect(await seen.count(asClientId('P1'))).toBe(1);
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
  expect(await queues.notices.getFailed()).toEqual([]);
});

test('one that OBF fails with is tried again by itself, after a wait of its own', async () => {
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 500 });
  await tellAtOnce(a, b);
  const { queues, seen } = house.pipelines[0];
  await until(async () => (await queues.notices.getDelayed()).length === 1, 'wait');
  expect((await queues.notices.getDelayed()).map(({ id }) => id)).toEqual([`issued.P1.${a.id}`]);
  expect(await seen.count(asClientId('P2'))).toBe(1);
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('one that OBF refuses is asked for once, stands in failed with its reason, and asks again when it is sent again', async () => {
  const a = badge('P1', 'A');
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 404 });
  await tellAtOnce(a);
  await house.idle();
  const { queues, seen } = house.pipelines[0];
  const [failed, ...others] = await queues.notices.getFailed();
  expect([failed?.id, failed?.failedReason, others]).toEqual([
    `issued.P1.${a.id}`,
    expect.stringContaining('404'),
    [],
  ]);
  expect(readings()).toBe(1);
  expect(await replayFailed(queues.notices, {})).toBe(1);
  await house.idle();
  expect([readings(), await seen.count(asClientId('P1'))]).toEqual([2, 1]);
  expect(await queues.notices.getFailed()).toEqual([]);
});

test('a claim that a killed process left behind costs no notice, only a job', async () => {
  const a = badge('P1', 'A');
  const { claims, seen } = house.pipelines[0];
  expect((await claims.take([`issued.P1.${a.id}`])).size).toBe(1);
  await tellAtOnce(a);
  await house.idle();
  expect(await jobsMade()).toBe(1);
  expect(await seen.count(asClientId('P1'))).toBe(1);
});

test('of two that ask for the same at the same moment one gets it', async () => {
  const connection = openConsumer({ kind: 'single', url: house.redisUrl });
  try {
    const { claims, queues } = house.pipelines[0];
    const others = createClaims(connection, queues.notices);
    const ids = Array.from({ length: 50 }, (_, at) => `issued.P1.E${at}`);
    const [mine, theirs] = await Promise.all([claims.take(ids), others.take(ids.toReversed())]);
    expect([...mine, ...theirs].toSorted()).toEqual(ids.toSorted());
    expect(await claims.isTaken('issued.P1.E0')).toBe(true);
    await claims.release(ids);
    expect(await others.isTaken('issued.P1.E0')).toBe(false);
  } finally {
    closeRedis(connection);
  }
});

test('who is erased while a push of theirs is carried out is not forgotten half', async () => {
  const [pipeline] = house.pipelines;
  await house.push({ [LOU]: badge('P3', 'D').assertions.map(({ url }) => url) });
  await house.idle();
  const lou = earnerKeyOf(pipeline.vault, LOU);
  house.sandbox.fault({ route: /assertion|hosted|credential/i, kind: 'slow', ms: 4000 });
  const before = house.sandbox.calls.length;
  await house.push({ [LOU]: badge('P3', 'E').assertions.map(({ url }) => url) });
  await until(() => house.sandbox.calls.length > before, 'call for the credential');
  const erase = (withinMs: number) => eraseEarner(pipeline, lou, 'erased', { withinMs, signal: never });
  await expect(erase(0)).rejects.toBeInstanceOf(StillUnderWay);
  expect(await erase(20_000)).toMatchObject({ people: 1 });
  await house.idle();
  expect((await pipeline.portfolios.read(lou)).assertions).toEqual([]);
  expect(house.awards()).toEqual([]);
});
