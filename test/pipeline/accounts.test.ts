import { Job } from 'bullmq';
import { storeAssertions } from '../../src/earners/assertions.js';
import type { JournalEntry } from '../../src/earners/journal-entry.js';
import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { NotSettledYet } from '../../src/issuing/redis-incarnation.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { enqueueApply, enqueuePlan, createPlanStore } from '../../src/scheme/runs.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { schedulePolls } from '../../src/workers/runtime/schedules.js';
import { QueueWorker } from '../../src/workers/runtime/workers.js';
import type { Pace } from '../../src/workers/stores.js';
import { unblockAward } from '../../src/workers/issue/revocation.js';
import { type House, openHouse, parse, REGION } from '../support/house.js';
import { removeKeys, withRedisAt } from '../support/redis.js';
import { earn, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { assertionOf } from '../support/assertion.js';

describe('account', () => {
  const LOU = 'lou@example.org';

  let house: House;
  const open = async (onLoss = 'flag', pace: Partial<Pace> = {}): Promise<void> => {
    const scheme = SMALL_SCHEME.replace('badge: R1', `badge: R1\n    on_loss: ${onLoss}`);
    house = await openHouse({ scheme, partners: SMALL_PARTNERS, pace });
  };
  afterEach(() => house.close());

  async function give(clientId: string, badgeId: string): Promise<EventRecord> {
    const event = house.issue({ clientId, badgeId, recipients: [LOU] });
    await house.given(event);
    return event;
  }
  const entries = async (): Promise<readonly JournalEntry[]> => {
    const { journal } = house.pipelines[0];
    const told = await journal.ofEarner(house.keyOf(LOU));
    return told.map((entry) => ({ ...entry, assertions: entry.assertions.toSorted() }));
  };
  const kinds = async (): Promise<string[]> => (await entries()).map(({ kind }) => kind);
  const copies = (...events: EventRecord[]): string[] =>
    events.flatMap(({ assertions }) => assertions.map(({ id }) => id)).toSorted();

  test('an award: what counted, what set it off, under which version, and its event in OBF', async () => {
    await open();
    const [a, b] = [await give('P1', 'A'), await give('P2', 'B')];
    const event = house.sandbox.issues()[0]?.eventId;
    expect(await entries()).toEqual([
      {
        kind: 'issued',
        atS: expect.any(Number),
        earner: house.keyOf(LOU),
        award: 'communiquer-1',
        badgeId: 'R1',
        assertions: copies(a, b),
        cause: `webhook.event.P2.${b.id}`,
        version: house.scheme.version,
        event,
        detail: null,
      },
    ]);
  });

  test('a reply that was lost: the account is what our note in OBF says', async () => {
    await open('flag', { settleMs: 500 });
    const a = await give('P1', 'A');
    house.sandbox.fault({ route: 'POST issue', kind: 'reply-lost', times: 1 });
    const b = await give('P2', 'B');
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
    const cause = `webhook.event.P2.${b.id}`;
    const { version } = house.scheme;
    expect(await entries()).toMatchObject([{ kind: 'issued', cause, assertions: copies(a, b), version }]);
  });

  test('all of Redis lost: OBF alone tells the story, and nothing is entered twice', async () => {
    await open();
    await give('P1', 'A');
    await give('P2', 'B');
    const before = await entries();
    await withRedisAt(house.redisUrl, (redis) => removeKeys(redis, house.dataPrefix));
    expect(await entries()).toEqual([]);
    await verifyAccounts(house.pipelines[0], () => {}, AbortSignal.timeout(30_000));
    await house.idle();
    const after = await entries();
    expect(after.map((entry) => ({ ...entry, atS: 0 }))).toEqual(
      before.map((entry) => ({ ...entry, atS: 0 })),
    );
    await verifyAccounts(house.pipelines[0], () => {}, AbortSignal.timeout(30_000));
    expect(await entries()).toEqual(after);
    expect(house.awards()).toHaveLength(1);
  });

  test('flagged, given by hand, blocked and lifted: each is entered once', async () => {
    await open();
    await give('P1', 'A');
    const b = await give('P2', 'B');
    house.sandbox.revokeByHand(b.id, [LOU]);
    for (let twice = 0; twice < 2; twice += 1) {
      await house.notify(b, 'badge.revoked');
      await house.idle();
    }
    expect(await kinds()).toEqual(['issued', 'flagged']);

    const byHand = house.issue({ clientId: REGION, badgeId: 'R2', recipients: [LOU] });
    await house.given(byHand);
    expect((await entries()).find(({ kind }) => kind === 'found')).toMatchObject({
      award: 'communiquer-2',
      badgeId: 'R2',
      event: byHand.id,
    });

    house.sandbox.revokeByHand(byHand.id, [LOU]);
    for (let twice = 0; twice < 2; twice += 1) {
      await house.notify(byHand, 'badge.revoked');
      await house.idle();
    }
    expect(await unblockAward(house.pipelines[0], house.keyOf(LOU), asBadgeId('R2'))).toBe(true);
    await house.idle();
    expect((await kinds()).toSorted()).toEqual(['blocked', 'flagged', 'found', 'issued', 'unblocked']);
  });

  test('taken back by Palier, and given again', async () => {
    await open('revoke');
    await give('P1', 'A');
    const b = await give('P2', 'B');
    await house.revoke(b, LOU);
    await give('P2', 'B');
    expect(await kinds()).toEqual(['issued', 'revoked', 'issued']);
  });

  test('refused by OBF: with its reason, without an address', async () => {
    await open();
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
    await give('P1', 'A');
    await give('P2', 'B');
    const [refused] = await entries();
    expect(refused).toMatchObject({
      kind: 'refused',
      award: 'communiquer-1',
      detail: expect.stringContaining('400'),
    });
    expect(JSON.stringify(refused)).not.toContain('example.org');
  });

  test('an event of a whole class tells of everyone', async () => {
    await open();
    const classOf = Array.from({ length: 40 }, (_, at) => `p${at}@example.org`);
    await earn(house, ...classOf);
    await house.idle();
    const { journal } = house.pipelines[0];
    const issued = house.sandbox.issues().map(({ eventId }) => asEventId(eventId ?? ''));
    const told = (await Promise.all(issued.map((event) => journal.ofEvent(event)))).flat();
    expect(told.map(({ earner }) => earner).toSorted()).toEqual(
      classOf.map((address) => house.keyOf(address)).toSorted(),
    );
  });
});

describe('poll', () => {
  const EVERY_MS = 300;
  let house: House;

  beforeEach(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2 });
  });
  afterEach(async () => {
    const [{ queues }] = house.pipelines;
    for (const { key } of await queues.notices.getJobSchedulers())
      await queues.notices.removeJobScheduler(key);
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
    const polls = eventLists('P1').length;
    const schedules = await house.pipelines[0].queues.notices.getJobSchedulers();
    const [ofP1, ...others] = schedules.filter(({ key }) => key.startsWith('poll.P1'));
    expect(others).toEqual([]);
    expect(polls).toBeLessThanOrEqual(ofP1?.iterationCount ?? 0);
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
});

describe('maintenance', () => {
  const LOU = 'lou@example.org';
  const OLD = 'ancien@example.org';
  /** R1 asks for two badges, and then for one. */
  const EASIER = SMALL_SCHEME.replace('at_least: 2', 'at_least: 1');
  const CLASS = ['ana@example.org', 'bob@example.org', 'eva@example.org'];

  /** As scheduled jobs are. */
  const ONCE_ONLY = { attempts: 1, removeOnComplete: true, removeOnFail: true };

  let house: House;
  beforeEach(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  });
  afterEach(() => house.close());

  const told = (clientId: string, badgeId: string, recipients: string[]): Promise<void> =>
    house.tell(house.issue({ clientId, badgeId, recipients }));

  /** Stores one badge of long ago, as its notice would. */
  async function hasAnOldBadge(address: string): Promise<void> {
    const { earners, vault } = house.pipelines[0];
    await storeAssertions({ earners, vault }, [
      {
        earner: house.keyOf(address),
        contact: { address, name: null },
        assertion: assertionOf('old', { eventId: 'OLD', issuedOnS: 1_000_000_000 }),
      },
    ]);
  }

  test('while issuing is paused, what is about everybody goes on: retention, statistics, plan, apply, sweep', async () => {
    const [pipeline] = house.pipelines;
    const { queues, earners, population, schemes, outbox } = pipeline;
    const [key, r1] = [house.keyOf(OLD), asBadgeId('R1')];
    await queues.awards.pause();
    await told('P1', 'A', [LOU, ...CLASS]);
    await told('P2', 'B', [LOU]);
    await until(async () => (await outbox.waiting(r1)) === 1, 'the award of Lou, which waits');
    await hasAnOldBadge(OLD);

    await queues.maintenance.add('purge', { kind: 'purge', months: 12 });
    await until(async () => (await earners.read(key)).tombstone !== null, 'the purge');
    await house.countPeople();
    expect((await population.read())?.people).toBe(1 + CLASS.length);

    await schemes.start(parse(EASIER, SMALL_PARTNERS));
    const { version } = (await schemes.now()).scheme;
    expect(await enqueuePlan(pipeline, null)).toBe(true);
    const plan = await until(() => createPlanStore(pipeline).read(null), 'the plan');
    expect(plan).toMatchObject({ version, issues: CLASS.length });
    const wanted = {
      version,
      only: null,
      suppressEmail: false,
      upto: CLASS.length,
      overQuota: false,
      by: 'marie',
    };
    expect(await enqueueApply(pipeline, wanted)).toBe(true);
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

  test('a scheduled job that is cancelled is done by the next worker, though it has one attempt', async () => {
    const started = jest.spyOn(QueueWorker.prototype, 'on');
    await house.restartWorkers();
    const workers = new Set(started.mock.contexts);
    started.mockRestore();
    const [{ queues }] = house.pipelines;
    house.sandbox.fault({ route: 'GET events', clientId: REGION, kind: 'black-hole' });
    await queues.maintenance.add('verify', { kind: 'verify' }, ONCE_ONLY);
    await until(() => house.sandbox.calls.some(({ route }) => route === 'GET events'), 'a call that hangs');
    house.issue({ clientId: 'P1', badgeId: 'A', recipients: [LOU] });
    for (const worker of workers) worker.cancelAllJobs('the process stops');
    await house.idle();
    expect(await house.pipelines[0].events.count(asClientId('P1'))).toBe(1);
  });

  test('a scheduled job that is to wait, while Redis takes no delay, is done all the same', async () => {
    await house.close();
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace: { lockMs: 1000 } });
    house.issue({ clientId: 'P1', badgeId: 'A', recipients: [LOU] });
    const full = new Error('OOM command not allowed');
    const delay = jest.spyOn(Job.prototype, 'moveToDelayed').mockRejectedValueOnce(full);
    const [{ queues, population, events }] = house.pipelines;
    jest.spyOn(population, 'write').mockRejectedValueOnce(new NotSettledYet(10));
    await queues.maintenance.add('verify', { kind: 'verify' }, ONCE_ONLY);
    await until(() => delay.mock.calls.length === 1, 'a delay that Redis refuses');
    await until(async () => (await population.read()) !== null, 'the next run');
    await house.idle();
    expect(await events.count(asClientId('P1'))).toBe(1);
    jest.restoreAllMocks();
  });

  test('what holds every slot of maintenance keeps no badge from leaving', async () => {
    const [{ queues, population }] = house.pipelines;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const write = jest.spyOn(population, 'write').mockImplementation(() => held);
    for (const _ of [1, 2, 3, 4, 5]) await queues.maintenance.add('population', { kind: 'population' });
    await until(
      async () => write.mock.calls.length === (await queues.maintenance.getActiveCount()),
      'holding',
    );
    await until(async () => (await queues.maintenance.getWaitingCount()) > 0, 'more than there are slots');
    await earn(house, LOU);
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
    const underWay = jest.spyOn(pipeline.batches, 'ids').mockImplementation(async () => {
      await held;
      return [];
    });
    for (let at = 0; at < 20; at += 1)
      await pipeline.queues.awards.add('gather', { kind: 'gather', badgeId: `X${at}` });
    await until(
      async () => (await pipeline.queues.awards.getWaitingCount()) > 0,
      'more than there are slots',
    );
    await until(
      async () => underWay.mock.calls.length === (await pipeline.queues.awards.getActiveCount()),
      'issuing, held',
    );
    await enqueuePlan(pipeline, null);
    expect(await until(() => createPlanStore(pipeline).read(null), 'the plan')).toMatchObject({
      issues: 0,
    });
    expect(await pipeline.queues.awards.getWaitingCount()).toBeGreaterThan(0);
    release();
    await house.idle();
  });
});

test('a job whose lock was lost is cancelled; the worker that has the lock does it once', async () => {
  const lines: string[] = [];
  const logTo = { write: (line: string) => void lines.push(line) };
  const house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    pace: { lockMs: 1000 },
    logTo,
  });
  try {
    const [{ queues, redis, events }] = house.pipelines;
    house.sandbox.fault({ route: 'GET events', clientId: REGION, kind: 'black-hole' });
    const { id = '' } = await queues.maintenance.add('verify', { kind: 'verify' });
    await until(() => house.sandbox.calls.some(({ route }) => route === 'GET events'), 'a call that hangs');
    house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
    await redis.del(`${queues.maintenance.toKey(id)}:lock`);
    // The call itself hangs for 20 s.
    await until(() => lines.some((line) => line.includes('"outcome":"later"')), 'job that is cancelled');
    await until(async () => (await events.count(asClientId('P1'))) === 1, 'job that is done');
    await house.idle();
    expect(await house.failedReasons()).toEqual([]);
  } finally {
    await house.close();
  }
});
