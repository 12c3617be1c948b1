import type { EventRecord } from '../../src/sandbox/types.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

/** Many notices of one account wait for its rate: they are read together, and each still stands on its own. */
let house: House;
afterEach(() => house.close());

const PEOPLE = Array.from({ length: 40 }, (_, at) => `personne.${at}@example.org`);
const RPS = 20;

async function open(): Promise<void> {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, maxRps: RPS });
  await house.notify(house.issue({ clientId: 'P1', badgeId: 'A', recipients: PEOPLE }));
  await house.idle();
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
async function tellAtOnce(events: readonly EventRecord[], type?: 'badge.updated'): Promise<void> {
  const [{ queues }] = house.pipelines;
  await queues.arrivals.pause();
  const statuses = await Promise.all(events.map((event) => house.notify(event, type)));
  expect(statuses).toEqual(events.map(() => 202));
  await queues.arrivals.resume();
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

test('updates told of events that were never read: no list is read, which may leave out who was revoked', async () => {
  await open();
  const people = PEOPLE.slice(0, 12);
  await tellAtOnce(
    people.map((one) => givenB([one])),
    'badge.updated',
  );
  await house.idle();
  expect(house.awards().toSorted()).toEqual(awardsOf(people));
  const routes = readsOf('P2').map(({ route }) => route);
  expect(routes.filter((route) => route === 'GET event')).toHaveLength(12);
  expect(routes).not.toContain('GET events');
});

test('OBF cannot be reached while many wait: each comes again, and none is lost', async () => {
  await open();
  house.sandbox.fault({ route: 'GET events', clientId: 'P2', kind: 'reset', times: 2 });
  house.sandbox.fault({ route: 'GET recipient', clientId: 'P2', kind: 'status', status: 502, times: 2 });
  await Promise.all(PEOPLE.map((one) => house.notify(givenB([one]))));
  await house.idle();
  expect(house.awards().toSorted()).toEqual(awardsOf(PEOPLE));
  expect(house.sandbox.eventsOf(REGION).flatMap(({ assertions }) => assertions)).toHaveLength(40);
});
