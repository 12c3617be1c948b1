import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { openSmallFleet, type SmallFleet } from '../support/small-fleet.js';
import { until } from '../support/until.js';

/** `web` and two `worker` processes, as the Procfile has them, before the sandbox, with OBF's own limits. */
let redis: OwnRedis;
let fleet: SmallFleet;
beforeAll(async () => {
  redis = await ownRedis();
  fleet = await openSmallFleet({ REDIS_URL: redis.url, LOG_LEVEL: 'debug' }, { maxRps: 10 });
});
afterAll(async () => {
  await fleet.close();
  await redis.stop();
});

test('one class of 200, two badges told twice at the same moment: 200 awards, none twice, all stop cleanly', async () => {
  const { sandbox } = fleet;
  const web = fleet.start('web');
  const workers = [fleet.start('worker'), fleet.start('worker')];
  const url = await fleet.urlOf(web);
  const pupils = Array.from({ length: 200 }, (_, at) => `eleve.${at}@example.org`);
  const events = [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
    sandbox.issueByHand({ clientId, badgeId, recipients: pupils }),
  );
  const statuses = await Promise.all([...events, ...events].map((event) => fleet.notify(url, event)));
  expect(statuses).toEqual([202, 202, 202, 202]);
  await until(
    () => sandbox.issues().flatMap(({ recipients }) => recipients).length >= 200,
    '200 awards',
    60_000,
  );
  expect(await fleet.stop()).toEqual([0, 0, 0]);
  const awarded = sandbox
    .issues()
    .flatMap(({ badgeId, recipients }) => recipients.map((who) => `${badgeId} ${who}`));
  expect(awarded.toSorted()).toEqual(pupils.map((pupil) => `R1 ${pupil}`).toSorted());
  expect(sandbox.calls.filter(({ status }) => status === 429)).toEqual([]);
  expect([web, ...workers].map((one) => one.output()).join('')).not.toMatch(/@|eleve\./);
}, 120_000);

test.each([
  ['web', 'PALIER_KEY', { PALIER_KEY: 'short', OBF_MAX_RPS: 'many' }, ['PALIER_KEY', 'OBF_MAX_RPS']],
  ['worker', 'a partner key', { KEY_P1: '' }, ['KEY_P1']],
  ['worker', 'the scheme', { PALIER_CONFIG: 'test/no-such-folder' }, ['test/no-such-folder']],
])('%s with a fault in %s says which, and does not start', async (name, _what, more, said) => {
  const one = fleet.start(name, more);
  await until(() => one.child.exitCode !== null, 'end of the process', 60_000);
  expect(one.child.exitCode).toBe(1);
  for (const words of said) expect(one.output()).toContain(words);
});
