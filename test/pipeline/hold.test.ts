import { asBadgeId } from '../../src/ids.js';
import type { Hold } from '../../src/issuing/hold.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { withRedisAt } from '../support/redis.js';
import { earn, earnWhilePaused, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** What OBF refuses because of the account: nobody is refused for it, and it goes on by itself. */
let house: House;
const R1 = asBadgeId('R1');
/** Looks come quickly, and stay apart enough to be counted. */
const PACE = { holdFirstMs: 300, holdMaxMs: 600 };

let aheadMs = 0;
const clock = (): number => Date.now() + aheadMs;

beforeEach(async () => {
  aheadMs = 0;
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, pace: PACE, clock });
});
afterEach(() => house.close());

const people = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `personne.${at}@example.org`);
const received = (addresses: readonly string[]): string[] => addresses.map((one) => `R1 ${one}`).toSorted();
const issueCalls = () => house.sandbox.issues();
const regionCalls = (untilMs = Infinity) =>
  house.sandbox.calls.filter(({ clientId, atMs }) => clientId === REGION && atMs <= untilMs).length;

/** They all wait before the first leaves: one batch, however busy the machine is. @returns how many calls the Région's client had made then */
async function classOf(addresses: readonly string[]): Promise<number> {
  const [{ queues }] = house.pipelines;
  await earnWhilePaused(house, ...addresses);
  await until(async () => (await queues.earners.getActiveCount()) === 0, 'all evaluated');
  const before = regionCalls();
  await queues.awards.resume();
  return before;
}
const held = (code: Hold['code']): Promise<Hold> => {
  const [{ holds }] = house.pipelines;
  return until(async () => {
    const hold = await holds.of(R1);
    return hold?.code === code && hold;
  }, `hold for ${code}`);
};
/** The same hold has been looked at `times` more. */
async function lookedAt(since: Hold, times: number): Promise<void> {
  const [{ holds }] = house.pipelines;
  let [seen, last] = [0, since.nextMs];
  await until(async () => {
    const nextMs = (await holds.of(R1))?.nextMs ?? last;
    if (nextMs !== last) [seen, last] = [seen + 1, nextMs];
    return seen >= times;
  }, 'looks');
}

test('the quota falls to 20 unnoticed, then a class of 30: one refused call, and all 30 once it is raised', async () => {
  const [{ quota }] = house.pipelines;
  house.sandbox.clientNamed(REGION).issuingLimit = 5000;
  await quota.read(new AbortController().signal);
  house.sandbox.clientNamed(REGION).issuingLimit = 20;
  const before = await classOf(people(30));
  const hold = await held('quota');
  expect((await quota.known())?.left).toBe(20);
  expect(issueCalls().map(({ recipients }) => recipients.length)).toEqual([30]);
  // Its events before the call, the call, the quota, its badges.
  expect(regionCalls(hold.sinceMs) - before).toBeLessThanOrEqual(5);
  await lookedAt(hold, 2);
  expect(issueCalls()).toHaveLength(1);
  expect(await house.failedReasons()).toEqual([]);

  house.sandbox.clientNamed(REGION).issuingLimit = 5000;
  await house.idle();
  expect(house.awards().toSorted()).toEqual(received(people(30)));
  expect(issueCalls()).toHaveLength(2);
  expect(await house.failedReasons()).toEqual([]);
  expect(await house.pipelines[0].holds.of(R1)).toBeNull();
});

test('while a badge is on hold, others who come due cost OBF nothing, and leave together', async () => {
  const [{ holds }] = house.pipelines;
  const hold = await holds.put(R1, { code: 'quota', words: null });
  const farMs = hold.nextMs + 3_600_000;
  const key = `${house.dataPrefix}:hold:{R1}`;
  await withRedisAt(house.redisUrl, (redis) => redis.set(key, JSON.stringify({ ...hold, nextMs: farMs })));
  const before = () => house.sandbox.calls.filter(({ route }) => /issue|GET client|GET badges/.test(route));
  for (const one of people(6)) await earn(house, one);
  const [{ outbox, queues }] = house.pipelines;
  await until(async () => (await outbox.waiting(R1)) === 6, 'six who wait');
  await until(async () => (await queues.awards.getJobCounts('delayed'))['delayed'] === 1, 'the gathering');
  expect(before()).toEqual([]);
  await withRedisAt(house.redisUrl, (redis) => redis.set(key, JSON.stringify(hold)));
  await house.idle();
  expect(issueCalls()).toHaveLength(1);
  expect(house.awards().toSorted()).toEqual(received(people(6)));
});

test.each([
  ['is made a draft', 'badge', () => Object.assign(house.sandbox.badgeNamed(REGION, 'R1'), { draft: true })],
  ['is removed', 'badge', () => house.sandbox.badges.delete(`${REGION}/R1`)],
  [
    'client is suspended',
    'client',
    () => Object.assign(house.sandbox.clientNamed(REGION), { suspended: true }),
  ],
] as const)("the Région's badge or client %s: a hold, and no one refused", async (what, code, harm) => {
  harm();
  await classOf(people(9));
  const hold = await held(code);
  await lookedAt(hold, 2);
  expect(issueCalls().length).toBeLessThanOrEqual(1);
  expect(await house.failedReasons()).toEqual([]);

  if (code === 'client') house.sandbox.clientNamed(REGION).suspended = false;
  else if (what === 'is made a draft') house.sandbox.badgeNamed(REGION, 'R1').draft = false;
  else house.sandbox.addBadge({ clientId: REGION, id: 'R1', name: 'R1' });
  await house.idle();
  expect(house.awards().toSorted()).toEqual(received(people(9)));
  expect(await house.failedReasons()).toEqual([]);
});

test('OBF refuses every call, and the account looks well: the split stops at two single recipients, none stays refused', async () => {
  const [{ ledger }] = house.pipelines;
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1000 });
  await classOf(people(60));
  const hold = await held('refusal');
  expect(hold.words).toMatch(/POST issue.*400/);
  expect(hold.words).not.toContain('@');
  await lookedAt(hold, 2);
  // 60, 30, 15, 8, 4, 2, 1 by each of eight hands at the most: all of the tree would be 119.
  expect(issueCalls().length).toBeLessThanOrEqual(50);
  house.sandbox.clearFaults();
  await house.idle();
  expect(house.awards().toSorted()).toEqual(received(people(60)));
  expect(await house.failedReasons()).toEqual([]);
  const states = await Promise.all(
    people(60).map(async (one) => (await ledger.read(house.keyOf(one), R1))?.state),
  );
  expect(new Set(states)).toEqual(new Set(['issued']));
});

test('two bad recipients side by side look like the account; the others show that it is not, and get theirs', async () => {
  const good = people(10);
  const bad = ['a.refused-by-obf@example.org', 'b.refused-by-obf@example.org'];
  await classOf([...bad, ...good]);
  await house.idle();
  expect(house.awards().toSorted()).toEqual(received(good));
  expect(await house.failedReasons()).toHaveLength(2);
  expect(await house.pipelines[0].holds.of(R1)).toBeNull();
});

test('two bad recipients and nobody else: a hold, then both are refused, and the next good one is served', async () => {
  await classOf(['a.refused-by-obf@example.org', 'b.refused-by-obf@example.org']);
  await held('refusal');
  await until(async () => (await house.failedReasons()).length === 2, 'both refused');
  expect(await house.pipelines[0].holds.of(R1)).toBeNull();
  await earn(house, ...people(1));
  await house.idle();
  expect(house.awards()).toEqual(['R1 personne.0@example.org']);
  expect(await house.failedReasons()).toHaveLength(2);
  expect(await house.pipelines[0].holds.of(R1)).toBeNull();
});

test('a badge revoked while the award is on hold: it is not issued', async () => {
  house.sandbox.badgeNamed(REGION, 'R1').draft = true;
  const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: people(2) });
  const b = house.issue({ clientId: 'P2', badgeId: 'B', recipients: people(2) });
  await house.tell(a, b);
  await held('badge');
  house.sandbox.revokeByHand(b.id, ['personne.1@example.org']);
  expect(await house.notify(b, 'badge.revoked')).toBe(202);
  const [{ earners }] = house.pipelines;
  const earner = house.keyOf('personne.1@example.org');
  const isRevoked = async () => (await earners.read(earner)).assertions.some(({ revoked }) => revoked);
  await until(isRevoked, 'revocation');
  house.sandbox.badgeNamed(REGION, 'R1').draft = false;
  await house.idle();
  expect(house.awards()).toEqual(['R1 personne.0@example.org']);
  expect(await house.failedReasons()).toEqual([]);
});

test.each([403, 404])(
  'OBF answers the issue call with %d for a while: a hold, then the badge, once',
  async (status) => {
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status, times: 3 });
    await earn(house, ...people(1));
    await held('refusal');
    await house.idle();
    expect(issueCalls()).toHaveLength(4);
    expect(house.awards()).toEqual(received(people(1)));
    expect(await house.failedReasons()).toEqual([]);
    expect(await house.pipelines[0].holds.of(R1)).toBeNull();
  },
);

/** What sweeps tries again what failed an hour ago. */
async function anHourPasses(): Promise<void> {
  aheadMs += 3_700_000;
  await house.pipelines[0].queues.maintenance.add('sweep', { kind: 'sweep' });
}

test('refused alone, tried again each hour: told once; once OBF accepts it, nothing stands in failed', async () => {
  const [{ journal, queues }] = house.pipelines;
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 3 });
  await earn(house, ...people(1));
  const calls = (count: number): Promise<unknown> =>
    until(
      async () => issueCalls().length === count && (await house.failedReasons()).length === 1,
      `call ${count}`,
    );
  await calls(1);
  for (const count of [2, 3]) {
    await anHourPasses();
    await calls(count);
    await house.idle();
  }
  const told = async (): Promise<string[]> =>
    (await journal.ofEarner(house.keyOf('personne.0@example.org'))).map(({ kind }) => kind);
  expect(await told()).toEqual(['refused']);

  await anHourPasses();
  await until(
    async () => (await queues.awards.getFailedCount()) === 0 && house.awards().length > 0,
    'the award',
  );
  await house.idle();
  expect(house.awards()).toEqual(received(people(1)));
  expect(issueCalls()).toHaveLength(4);
  expect(await house.failedReasons()).toEqual([]);
  expect(await told()).toEqual(['refused', 'issued']);
});

test('somebody refused alone comes due again and gets the badge: what stood in failed goes', async () => {
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 400, times: 1 });
  await earn(house, ...people(1));
  await until(async () => (await house.failedReasons()).length === 1, 'the refusal');
  await house.idle();
  await earn(house, ...people(1));
  await until(() => house.awards().length > 0, 'the award');
  await until(async () => (await house.failedReasons()).length === 0, 'nothing in failed');
  await house.idle();
  expect(house.awards()).toEqual(received(people(1)));
  expect(issueCalls()).toHaveLength(2);
});
