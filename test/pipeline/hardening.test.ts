import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { polledClients } from '../../src/workers/runtime/schedules.js';
import { breakRecord } from '../support/broken-record.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { removeKeys, withRedisAt } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** Sequences that once gave a badge twice, or never: each stays a test. */
let house: House;
afterEach(() => house.close());

const { signal } = new AbortController();
const people = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `personne.${at}@example.org`);
const openSmall = async (pace: object = {}): Promise<void> => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, pace });
};
async function bothBadges(recipients: readonly string[]): Promise<void> {
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients }))).toBe(202);
}

test('eight awards come due at once for many: the evaluations that follow one award do not repeat another', async () => {
  const awards = Array.from(
    { length: 8 },
    (_, at) => `  a${at}: { badge: R${at}, rule: { at_least: 2, of: { competency: communiquer } } }`,
  );
  const scheme = `scheme: Essai\ncompetencies: { communiquer: { name: Communiquer } }\nawards:\n${awards.join('\n')}\n`;
  house = await openHouse({ scheme, partners: SMALL_PARTNERS, workers: 2 });
  const pupils = people(16);
  await bothBadges(pupils);
  await house.idle();
  expect(house.awards()).toHaveLength(new Set(house.awards()).size);
  expect(house.awards()).toHaveLength(8 * pupils.length);
}, 60_000);

test('Redis is emptied while an issue call is on its way: what it commits is not sent again', async () => {
  await openSmall({ sendWithinMs: 3000, settleMs: 3500 });
  house.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 1500 });
  await bothBadges(['lou@example.org']);
  await until(() => house.sandbox.calls.some(({ route }) => route === 'POST issue'), 'issue call');
  await emptyRedis();
  for (const pipeline of house.pipelines)
    for (const clientId of polledClients(pipeline)) await pollEvents(pipeline, clientId, signal);
  await until(() => house.sandbox.awarded('lou@example.org').includes(`${REGION}/R1`), 'award', 20_000);
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
}, 60_000);

const emptyRedis = (): Promise<void> =>
  withRedisAt(house.redisUrl, (redis) => removeKeys(redis, house.redisPrefix));

test('a notice that comes before OBF has the event fails, and the poll makes up for it', async () => {
  await openSmall();
  house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'status', status: 404 });
  await bothBadges(['lou@example.org']);
  await house.idle();
  expect(await house.failedReasons()).toHaveLength(1);
  expect(house.awards()).toEqual([]);
  const [pipeline] = house.pipelines;
  for (const clientId of polledClients(pipeline)) await pollEvents(pipeline, clientId, signal);
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test("the Région's account is refused for a while: awards wait, and none stands in failed", async () => {
  await openSmall();
  house.sandbox.fault({ route: 'GET events', clientId: REGION, kind: 'status', status: 404, times: 4 });
  await bothBadges(['lou@example.org']);
  await house.idle();
  expect(await house.failedReasons()).toEqual([]);
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test('one earner whose portfolio cannot be read stands alone in failed; the others of the batch get theirs', async () => {
  await openSmall();
  const pupils = people(5);
  const [{ vault, outbox, queues }] = house.pipelines;
  await queues.awards.pause();
  await bothBadges(pupils);
  await until(async () => (await outbox.waiting(asBadgeId('R1'))) === 5, 'full outbox');
  const earner = earnerKeyOf(vault, 'personne.3@example.org');
  await withRedisAt(house.redisUrl, (redis) => breakRecord(redis, house.dataPrefix, earner));
  await queues.awards.resume();
  await house.idle();
  expect(house.awards().toSorted()).toEqual(
    people(5)
      .filter((one) => !one.includes('.3@'))
      .map((one) => `R1 ${one}`),
  );
  expect(await house.failedReasons()).toHaveLength(1);
}, 60_000);

test('a job that is always told to wait does not hold up the others for ever', async () => {
  await openSmall();
  const stuck = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['sam@example.org'] });
  house.sandbox.fault({
    route: 'GET event',
    clientId: 'P1',
    kind: 'status',
    status: 503,
    retryAfterS: 1,
    times: 1000,
  });
  await house.notify(stuck);
  await until(() => house.sandbox.calls.filter(({ status }) => status === 503).length > 1, 'pauses');
  for (const badgeId of ['D', 'E']) {
    const { assertions } = house.issue({ clientId: 'P3', badgeId, recipients: ['lou@example.org'] });
    await house.push({ 'lou@example.org': [assertions[0]?.url ?? ''] });
  }
  await until(() => house.awards().length > 0, 'award of somebody else', 45_000);
  expect(house.awards()).toEqual(['R1 lou@example.org']);
  house.sandbox.clearFaults();
}, 60_000);

test('taking an award back fails for a while, and it is earned again meanwhile: one valid badge in the end', async () => {
  const scheme = SMALL_SCHEME.replace('badge: R1', 'badge: R1\n    on_loss: revoke').replace(
    'at_least: 2',
    'at_least: 1',
  );
  house = await openHouse({ scheme, partners: SMALL_PARTNERS });
  const lou = ['lou@example.org'];
  const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: lou });
  await house.notify(a);
  await house.idle();
  house.sandbox.fault({ route: 'PUT revoke', kind: 'status', status: 500, times: 2 });
  house.sandbox.revokeByHand(a.id, lou);
  await house.notify(a, 'badge.revoked');
  await until(
    () => house.sandbox.calls.some(({ route }) => route === 'PUT revoke'),
    'attempt to take it back',
  );
  await house.notify(house.issue({ clientId: 'P2', badgeId: 'B', recipients: lou }));
  await house.idle();
  expect(house.sandbox.awarded('lou@example.org').filter((badge) => badge === `${REGION}/R1`)).toHaveLength(
    1,
  );
}, 60_000);
