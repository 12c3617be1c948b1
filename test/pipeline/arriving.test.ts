import { asClientId, asEventId } from '../../src/ids.js';
import { eraseEarner } from '../../src/privacy/erase-people.js';
import { storeArrivals } from '../../src/queue/arrivals.js';
import { noticeCountOf, NOTICE_TYPES, type NoticeJob, type NoticeType } from '../../src/queue/jobs.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { type House, openHouse, REGION } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { schedulePolls } from '../../src/workers/runtime/schedules.js';

describe('arrivals', () => {
  let house: House;
  const never = new AbortController().signal;
  beforeEach(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  });
  afterEach(() => house.close());

  const arrival = (clientId: string, eventId: string): NoticeJob => ({
    kind: 'event',
    type: 'issued',
    clientId: asClientId(clientId),
    eventId: asEventId(eventId),
    source: 'webhook',
  });

  test('of notices that came in together, each fails, stands in failed and is sent again by itself', async () => {
    const { queues } = house.pipelines[0];
    const lou = ['lou@example.org'];
    const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: lou });
    // Nobody issued this one yet: OBF answers 404 until then.
    const wrong = arrival('P2', 'Tnone');
    await storeArrivals(queues.arrivals, [arrival('P1', a.id), wrong, arrival('P1', a.id)], never);
    await house.idle();
    const failed = await queues.notices.getFailed();
    expect(failed.map(({ id }) => id)).toEqual(['issued.P2.Tnone']);
    expect(house.awards()).toEqual([]);

    const b = house.issue({ clientId: 'P2', badgeId: 'B', recipients: lou });
    await storeArrivals(queues.arrivals, [arrival('P2', b.id), wrong], never);
    await house.idle();
    expect(house.awards()).toEqual(['R1 lou@example.org']);
    // Told again, it was tried again, and stands there once.
    expect((await queues.notices.getFailed()).map(({ id }) => id)).toEqual(['issued.P2.Tnone']);
  });

  test('what comes in at once is stored in few jobs, whose ids tell how many notices they carry', async () => {
    await house.stopWorkers();
    const { arrivals } = house.pipelines[0].queues;
    const events = Array.from({ length: 450 }, (_, at) => arrival('P1', `E${at}`));
    await storeArrivals(arrivals, events, never);
    const ids = await arrivals.getRanges(['waiting'], 0, -1);
    expect(ids.map(noticeCountOf).toSorted()).toEqual([200, 200, 50].toSorted());
  });

  test('who is erased while their notices wait to be sorted gets nothing by them', async () => {
    const [pipeline] = house.pipelines;
    const { queues } = pipeline;
    const { assertions } = house.issue({ clientId: 'P3', badgeId: 'D', recipients: ['zoe@example.org'] });
    await house.push({ 'zoe@example.org': assertions.map(({ url }) => url) });
    await house.idle();
    await house.stopWorkers();
    const other = house.issue({ clientId: 'P3', badgeId: 'E', recipients: ['zoe@example.org'] });
    expect(await house.push({ 'zoe@example.org': other.assertions.map(({ url }) => url) })).toBe(200);
    await until(async () => (await queues.arrivals.getJobCountByTypes('waiting')) === 1, 'arrival');
    const zoe = house.keyOf('zoe@example.org');
    const erased = await eraseEarner(pipeline, zoe);
    expect(erased).toMatchObject({ people: 1, jobs: 1 });
    await house.restartWorkers();
    await house.idle();
    expect(await queues.notices.getFailed()).toEqual([]);
    expect(house.awards()).toEqual([]);
    expect((await pipeline.earners.read(zoe)).assertions).toEqual([]);
  });
});

describe('together', () => {
  /** Many notices of one account wait for its rate: they are read together, and each still stands on its own. */
  let house: House;
  afterEach(() => house.close());

  const PEOPLE = Array.from({ length: 40 }, (_, at) => `personne.${at}@example.org`);
  const RPS = 20;

  async function open(): Promise<void> {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, maxRps: RPS });
    await house.given(house.issue({ clientId: 'P1', badgeId: 'A', recipients: PEOPLE }));
  }

  const readsOf = (clientId: string) =>
    house.sandbox.calls.filter((call) => call.clientId === clientId && call.route.startsWith('GET'));
  const givenB = (recipients: readonly string[], issuedOnS?: number) =>
    house.issue({
      clientId: 'P2',
      badgeId: 'B',
      recipients,
      ...(issuedOnS === undefined ? {} : { issuedOnS }),
    });
  /** Nobody works on any of them before all are there, however busy the machine is. */
  async function tellAtOnce(events: readonly EventRecord[], type?: `badge.${NoticeType}`): Promise<void> {
    const [{ queues }] = house.pipelines;
    await queues.notices.pause();
    const statuses = await Promise.all(events.map((event) => house.notify(event, type)));
    expect(statuses).toEqual(events.map(() => 202));
    await until(async () => (await queues.notices.getWaitingCount()) === events.length, 'notices');
    await queues.notices.resume();
  }
  const awardsOf = (people: readonly string[]): string[] => people.map((one) => `R1 ${one}`).toSorted();

  test('forty single events at once: an award each, and far fewer reads than two each', async () => {
    await open();
    await tellAtOnce(PEOPLE.map((one) => givenB([one])));
    await house.idle();
    expect(house.awards().toSorted()).toEqual(awardsOf(PEOPLE));
    // Two each would be eighty.
    expect(readsOf('P2').length).toBeLessThanOrEqual(40);
  });

  test('an OBF that refuses such lists is read event by event', async () => {
    await open();
    house.sandbox.fault({ route: 'GET events', clientId: 'P2', kind: 'status', status: 400, times: 100 });
    const people = PEOPLE.slice(0, 12);
    await tellAtOnce(people.map((one) => givenB([one])));
    await house.idle();
    expect(house.awards().toSorted()).toEqual(awardsOf(people));
    // Two rounds may be under way when it first says so.
    const lists = readsOf('P2').filter(({ route }) => route === 'GET events');
    expect([1, 2]).toContain(lists.length);
    expect(await house.failedReasons()).toEqual([]);
  });

  test('an event told of again because a badge was revoked is asked for by its name', async () => {
    await open();
    const events = PEOPLE.slice(0, 12).map((one) => givenB([one]));
    await Promise.all(events.map((event) => house.notify(event)));
    await house.idle();
    const before = house.sandbox.calls.length;
    for (const event of events)
      house.sandbox.revokeByHand(
        event.id,
        event.assertions.map(({ email }) => email),
      );
    await Promise.all(events.map((event) => house.notify(event, 'badge.revoked')));
    await house.idle();
    const asked = house.sandbox.calls.slice(before).filter((call) => call.clientId === 'P2');
    expect(asked.filter(({ route }) => route === 'GET event')).toHaveLength(12);
    expect(asked.filter(({ route }) => route === 'GET events')).toEqual([]);
  });

  const others = NOTICE_TYPES.filter((type) => type !== 'issued');
  test.each(others)(
    'told as %s, never read: no list is read, which may leave out who was revoked',
    async (type) => {
      await open();
      const people = PEOPLE.slice(0, 12);
      await tellAtOnce(
        people.map((one) => givenB([one])),
        `badge.${type}`,
      );
      await house.idle();
      expect(house.awards().toSorted()).toEqual(awardsOf(people));
      const routes = readsOf('P2').map(({ route }) => route);
      expect(routes.filter((route) => route === 'GET event')).toHaveLength(12);
      expect(routes).not.toContain('GET events');
    },
  );

  test('OBF cannot be reached while many wait: each comes again, and none is lost', async () => {
    await open();
    house.sandbox.fault({ route: 'GET events', clientId: 'P2', kind: 'reset', times: 2 });
    house.sandbox.fault({ route: 'GET recipient', clientId: 'P2', kind: 'status', status: 502, times: 2 });
    await Promise.all(PEOPLE.map((one) => house.notify(givenB([one]))));
    await house.idle();
    expect(house.awards().toSorted()).toEqual(awardsOf(PEOPLE));
    expect(house.sandbox.eventsOf(REGION).flatMap(({ assertions }) => assertions)).toHaveLength(40);
  });
});

describe('an account that OBF throttles', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  });
  afterEach(() => house.close());

  // 503 on a read asks for the same.
  test.each([429, 503])(
    '%i: its notices wait, with one call in all; those of others go on',
    async (status) => {
      const fault = { kind: 'status', status, retryAfterS: 300, clientId: 'P1', times: 100 } as const;
      for (const route of ['GET event', 'GET events'] as const) house.sandbox.fault({ route, ...fault });
      const told = (clientId: string, badgeId: string) =>
        house.tell(house.issue({ clientId, badgeId, recipients: ['lou@example.org'] }));
      const throttled = () => house.sandbox.calls.filter((call) => call.status === status);
      const delayed = () => house.pipelines[0].queues.notices.getDelayedCount();
      await told('P1', 'A');
      await until(async () => (await delayed()) === 1, 'the notice that waits');
      for (const _ of [1, 2, 3]) await told('P1', 'A');
      await told('P2', 'B');
      await until(
        async () => (await house.pipelines[0].events.count(asClientId('P2'))) === 1,
        'the other one',
      );
      await until(async () => (await delayed()) === 4, 'notices that wait');
      expect(throttled()).toHaveLength(1);
    },
  );

  test('its polls do not pile up: while one waits, the others leave it to the next', async () => {
    const [stores] = house.pipelines;
    const fault = { kind: 'status', status: 429, retryAfterS: 300, clientId: 'P1', times: 100 } as const;
    house.sandbox.fault({ route: 'GET events', ...fault });
    await schedulePolls(stores, 200);
    const schedule = async () =>
      (await stores.queues.notices.getJobSchedulers()).find(({ key }) => key === 'poll.P1');
    await until(async () => ((await schedule())?.iterationCount ?? 0) > 5, 'polls');
    const delayed = await stores.queues.notices.getDelayed();
    // One waits for OBF, and one for its time.
    expect(delayed.filter(({ repeatJobKey }) => repeatJobKey === 'poll.P1').length).toBeLessThanOrEqual(2);
    expect(house.sandbox.calls.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  test('the same for hosted credentials, which all have one lane', async () => {
    const fault = { kind: 'status', status: 429, retryAfterS: 300, times: 100 } as const;
    house.sandbox.fault({ route: 'GET credential', ...fault });
    const pushed = async (): Promise<void> => {
      const recipients = ['lou@example.org'];
      const { assertions } = house.issue({ clientId: 'P3', badgeId: 'D', recipients });
      await house.push({ 'lou@example.org': assertions.map(({ url }) => url) });
    };
    const delayed = () => house.pipelines[0].queues.notices.getDelayedCount();
    await pushed();
    await until(async () => (await delayed()) === 1, 'the push that waits');
    for (const _ of [1, 2, 3]) await pushed();
    await until(async () => (await delayed()) === 4, 'pushes that wait');
    expect(house.sandbox.calls.filter(({ route }) => route === 'GET credential')).toHaveLength(1);
  });
});

describe('lone award', () => {
  /** Nothing else is on its way: an award waits neither for others nor for calls that need not come before it. */
  let house: House;
  beforeEach(async () => {
    const pace = { gatherMs: 600_000, mirrorMaxAgeMs: 600_000 };
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, pace });
  });
  afterEach(() => house.close());

  async function earn(person: string): Promise<void> {
    for (const [clientId, badgeId] of [
      ['P1', 'A'],
      ['P2', 'B'],
    ] as const) {
      await house.tell(house.issue({ clientId, badgeId, recipients: [person] }));
      if (badgeId === 'A') await house.idle();
    }
    await until(() => house.awards().includes(`R1 ${person}`), `award of ${person}`);
    await house.idle();
  }

  test('it leaves at once, however long awards may gather', async () => {
    await earn('lou@example.org');
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });

  test('the award before it is read back while its own notice is read: one look, then the issue call', async () => {
    await earn('lou@example.org');
    const before = house.sandbox.calls.length;
    await earn('sam@example.org');
    const calls = house.sandbox.calls.slice(before);
    const ofRegion = calls.filter(({ clientId }) => clientId === REGION).map(({ route }) => route);
    expect(ofRegion).toEqual(['GET events', 'GET recipient', 'GET events', 'POST issue']);
    expect(calls).toHaveLength(8);
  });
});
