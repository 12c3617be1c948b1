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
import { HANDS } from '../../src/workers/hands.js';
import { eraseEarner } from '../../src/workers/erase-people.js';
import { pollEvents } from '../../src/workers/poll-events.js';
import { asClientId, asEventId } from '../../src/ids.js';
import { readNotices } from '../../src/ops/cli/stats/notices.js';
import { openHouse, type House } from '../support/house.js';
import { addressOf } from '../support/redis.js';
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

test('however slow OBF is, what comes in is sorted, and no more than so much is under way', async () => {
  const { queues, seen, claims } = house.pipelines[0];
  house.sandbox.fault({ route: /^GET/, kind: 'slow', ms: 5000, times: 10_000 });
  const events = Array.from({ length: 320 }, () => badge('P1', 'A'));
  const told = Array.from({ length: 20 }, (_, at) => tellAtOnce(...events.slice(at * 16, at * 16 + 16)));
  await Promise.all(told);
  await until(async () => (await queues.arrivals.getWaitingCount()) === 0, 'free hand');
  await until(async () => (await jobsMade()) >= 320 - 2 * HANDS, 'jobs of all that are not under way');
  expect(await claims.count()).toBeLessThanOrEqual(2 * HANDS);
  // None of this waited for OBF's first answer.
  const asked = () => house.sandbox.calls.filter(({ method }) => method === 'GET');
  await until(() => asked().length > 0, 'reading');
  expect(asked().filter(({ status }) => status !== 'lost')).toEqual([]);
  expect(await seen.count(asClientId('P1'))).toBe(0);
  house.sandbox.clearFaults();
  await house.idle();
  expect(await seen.count(asClientId('P1'))).toBe(320);
});

test('a line of our own that is full keeps only those waiting who stand in it', async () => {
  const { queues, seen, people } = house.pipelines[0];
  // Its token is there.
  await tellAtOnce(badge('P1', 'C'));
  await house.idle();
  const before = readings();
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  const { redis, prefix } = people;
  const line = `${prefix}:obf:rate:P1`;
  await redis.set(line, String((Date.now() + 90_000) * 1000));
  await tellAtOnce(a, b);
  await until(async () => (await queues.notices.getDelayed()).length === 1, 'job that waits');
  await until(async () => (await seen.count(asClientId('P2'))) === 1, 'event of the second');
  const asked = house.sandbox.calls.filter(({ route }) => route === 'GET event');
  expect(asked.slice(before).map(({ clientId }) => clientId)).toEqual(['P2']);
  expect(await queues.notices.getRateLimitTtl(PAUSED_AT)).toBeLessThanOrEqual(0);
  // The line is free again: so is the one that waited.
  await redis.del(line);
  const [waiting] = await queues.notices.getDelayed();
  await waiting?.promote();
  await house.idle();
  expect([readings() - before, await seen.count(asClientId('P1'))]).toEqual([2, 2]);
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
  await until(async () => (await seen.count(asClientId('P2'))) === 1, 'event of the second');
  await house.idle();
  expect(house.awards()).toEqual([`R1 ${LOU}`]);
});

test('one that OBF refuses is asked for once, stands in failed with its reason, and asks again when it is sent again', async () => {
  const a = badge('P1', 'A');
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 404 });
  await tellAtOnce(a);
  await house.idle();
  const { queues, seen } = house.pipelines[0];
  expect(readings()).toBe(1);
  const [failed, ...others] = await queues.notices.getFailed();
  expect([failed?.id, failed?.failedReason, others]).toEqual([
    `issued.P1.${a.id}`,
    expect.stringContaining('404'),
    [],
  ]);
  expect(await replayFailed(queues.notices, {})).toBe(1);
  await house.idle();
  expect([readings(), await seen.count(asClientId('P1'))]).toEqual([2, 1]);
  expect(await queues.notices.getFailed()).toEqual([]);
});

test('one that was refused and is told again before its job runs is asked for again', async () => {
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  const { queues, seen } = house.pipelines[0];
  house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 404 });
  house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'status', status: 429, retryAfterS: 3 });
  // Its refusal comes while all notices are paused for the other's sake.
  house.sandbox.fault({ route: 'POST token', clientId: 'P1', kind: 'slow', ms: 700 });
  await tellAtOnce(a, b);
  await until(async () => (await jobsMade()) === 2, 'jobs of both');
  await tellAtOnce(a);
  await house.idle();
  expect(readings()).toBe(4);
  expect(await queues.notices.getFailed()).toEqual([]);
  expect(await seen.count(asClientId('P1'))).toBe(1);
});

test('one that OBF fails with is asked for again while others of its group are slow', async () => {
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 500 });
  house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'slow', ms: 4000 });
  await tellAtOnce(a, b);
  const { seen } = house.pipelines[0];
  await until(async () => (await seen.count(asClientId('P1'))) === 1, 'event of the first');
  expect([readings(), await seen.count(asClientId('P2'))]).toEqual([3, 0]);
});

test('one that was refused while others of its group are slow is asked for when it is told again, and nobody says otherwise after', async () => {
  const [a, b] = [badge('P1', 'A'), badge('P2', 'B')];
  house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 404 });
  house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'slow', ms: 4000 });
  await tellAtOnce(a, b);
  const { queues, seen } = house.pipelines[0];
  await until(async () => (await queues.notices.getFailedCount()) === 1, 'notice that is refused');
  await tellAtOnce(a);
  await house.idle();
  expect([readings(), await seen.count(asClientId('P1')), await seen.count(asClientId('P2'))]).toEqual([
    3, 1, 1,
  ]);
  expect(await queues.notices.getFailed()).toEqual([]);
});

test('a claim that a killed process left behind costs no notice, only a job', async () => {
  const a = badge('P1', 'A');
  const { claims, seen } = house.pipelines[0];
  const left = await claims.take([`issued.P1.${a.id}`]);
  expect(left.ids.size).toBe(1);
  await tellAtOnce(a);
  await house.idle();
  expect([readings(), await jobsMade()]).toEqual([1, 1]);
  expect(await seen.count(asClientId('P1'))).toBe(1);
  await left.release();
});

/** What stands of a claim: the end of its lease, Unix milliseconds, as Redis keeps it. */
const leaseEnd = async (id: string): Promise<number> => {
  const { queues, people } = house.pipelines[0];
  return Number(await people.redis.zscore(queues.notices.toKey('claims'), id));
};

test('a claim lasts as long as the work, and whoever lost theirs does not end that of another', async () => {
  const { queues, people, claims: others } = house.pipelines[0];
  const key = queues.notices.toKey('claims');
  const brief = createClaims(people.redis, queues.notices, 300);
  const mine = await brief.take(['issued.P1.E1']);
  const first = await leaseEnd('issued.P1.E1');
  await until(async () => (await leaseEnd('issued.P1.E1')) > first + 300, 'renewals');
  expect((await others.take(['issued.P1.E1'])).ids.size).toBe(0);
  // As after a stop of the whole machine: it ended, and another has it.
  await people.redis.zadd(key, first, 'issued.P1.E1');
  const theirs = await others.take(['issued.P1.E1']);
  expect(theirs.ids.size).toBe(1);
  await mine.release();
  expect(await others.isTaken('issued.P1.E1')).toBe(true);
  await theirs.release();
  expect(await others.isTaken('issued.P1.E1')).toBe(false);
});

test('what a killed process had claimed of a person goes with them, though nothing came in since', async () => {
  const [{ queues, vault, people }] = house.pipelines;
  await house.push({ [LOU]: badge('P3', 'D').assertions.map(({ url }) => url) });
  await house.idle();
  const lou = earnerKeyOf(vault, LOU);
  const key = queues.notices.toKey('claims');
  await people.redis.zadd(
    key,
    Date.now() - 1,
    `credential.${lou}.gone`,
    Date.now() + 50_000,
    `credential.${lou}.late`,
  );
  await people.redis.zadd(key, Date.now() + 50_000, 'issued.P1.E1');
  await eraseEarner(house.pipelines[0], lou, 'erased');
  expect(await people.redis.zrange(key, '0', '-1')).toEqual(['issued.P1.E1']);
  expect(house.awards()).toEqual([]);
});

test('what was handed over to be read is told once in the figures', async () => {
  house.sandbox.fault({ route: /^GET/, kind: 'slow', ms: 3000, times: 10 });
  await tellAtOnce(...Array.from({ length: 40 }, () => badge('P1', 'A')));
  await until(async () => (await jobsMade()) === 8, 'jobs of those that had not begun');
  const { waiting, active, retrying } = await readNotices(house.pipelines[0]);
  expect([waiting + active, retrying]).toEqual([40, 0]);
  house.sandbox.clearFaults();
  await house.idle();
});

test('of two that ask for the same at the same moment one gets it', async () => {
  const connection = openConsumer(addressOf(house.redisUrl));
  try {
    const { claims, queues } = house.pipelines[0];
    const others = createClaims(connection, queues.notices);
    const ids = Array.from({ length: 50 }, (_, at) => `issued.P1.E${at}`);
    const [mine, theirs] = await Promise.all([claims.take(ids), others.take(ids.toReversed())]);
    expect([...mine.ids, ...theirs.ids].toSorted()).toEqual(ids.toSorted());
    expect(await claims.isTaken('issued.P1.E0')).toBe(true);
    expect(await claims.count()).toBe(50);
    await Promise.all([mine.release(), theirs.release()]);
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
  expect(await eraseEarner(pipeline, lou, 'erased')).toMatchObject({ people: 1 });
  await house.idle();
  expect((await pipeline.portfolios.read(lou)).assertions).toEqual([]);
  expect(house.awards()).toEqual([]);
});
