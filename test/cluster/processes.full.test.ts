import type { RedisGroup } from '../support/redis-group.js';
import { ownGroup } from '../support/own-group.js';
import { openSmallFleet, type SmallFleet } from '../support/small-fleet.js';
import { until } from '../support/until.js';

/** Two `web` and three `worker` processes on a cluster: OBF's rate, its token and its pause are theirs together. */
const MAX_RPS = 8;
const PAUSE_S = 5;
const WORKERS = 3;
/** The list of events, and that of a recipient: what a worker may have a place in the line for already. */
const CALLS_EACH = 2;

let group: RedisGroup;
let fleet: SmallFleet;
beforeAll(async () => {
  group = await ownGroup('cluster');
  fleet = await openSmallFleet(
    { REDIS_URL: group.url, OBF_MAX_RPS: String(MAX_RPS), NODE_ENV: 'production' },
    { maxRps: MAX_RPS + 2 },
  );
}, 60_000);
afterAll(async () => {
  await fleet.close();
  await group.stop();
});

const callsOf = (route: string, clientId: string) =>
  fleet.sandbox.calls.filter((call) => call.route === route && call.clientId === clientId);

test('forty events through two doors, three workers: one rate, one token a client, one badge a person', async () => {
  const { sandbox } = fleet;
  const urls = await Promise.all(['web', 'web'].map((name) => fleet.urlOf(fleet.start(name))));
  for (let worker = 0; worker < WORKERS; worker += 1) fleet.start('worker');
  const people = Array.from({ length: 20 }, (_, at) => `personne.${at}@example.org`);
  // Whichever of them is read first: one by one, or as a list.
  const fault = { clientId: 'P1', kind: 'status', status: 429, retryAfterS: PAUSE_S } as const;
  for (const route of ['GET event', 'GET events'] as const) sandbox.fault({ route, ...fault });
  const events = people.flatMap((who) =>
    [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
      sandbox.issueByHand({ clientId, badgeId, recipients: [who] }),
    ),
  );
  const statuses = await Promise.all(events.map((event, at) => fleet.notify(urls[at % 2] ?? '', event)));
  expect(new Set(statuses)).toEqual(new Set([202]));
  const given = (): string[] => sandbox.issues().flatMap(({ recipients }) => [...recipients]);
  await until(() => given().length >= people.length, 'awards', 60_000);
  expect(await fleet.stop()).toEqual([0, 0, 0, 0, 0]);

  expect(given().toSorted()).toEqual(people.toSorted());
  const throttled = sandbox.calls.filter(({ status }) => status === 429);
  // Those that were ordered: nobody was too quick.
  expect([1, 2]).toContain(throttled.length);
  expect(throttled.every(({ clientId }) => clientId === 'P1')).toBe(true);
  for (const clientId of ['REGION', 'P1', 'P2']) expect(callsOf('POST token', clientId)).toHaveLength(1);
  // OBF counts by client: who was told to wait, waits, in every process, but for calls that had their place.
  const fromMs = throttled[0]?.atMs ?? 0;
  const untilMs = fromMs + PAUSE_S * 1000;
  const read = sandbox.calls.filter(
    (call) => call.clientId === 'P1' && call.route.startsWith('GET') && call.atMs > fromMs,
  );
  expect(read.filter(({ atMs }) => atMs < untilMs - 100).length).toBeLessThanOrEqual(WORKERS * CALLS_EACH);
  expect(read.filter(({ atMs }) => atMs >= untilMs - 100).length).toBeGreaterThan(0);
}, 120_000);
