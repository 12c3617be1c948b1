import { asBadgeId } from '../../src/ids.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { openHouse, REGION, type House } from '../support/house.js';
import { until } from '../support/until.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

let house: House;
const SETTLE_MS = 400;

beforeEach(async () => {
  house = await openHouse({
    scheme: SMALL_SCHEME,
    partners: SMALL_PARTNERS,
    workers: 2,
    pace: { settleMs: SETTLE_MS, sendWithinMs: 300, holdFirstMs: 200, holdMaxMs: 400 },
  });
});
afterEach(() => house.close());

const badge = (id: string, ...recipients: string[]): EventRecord => {
  const clientId = { A: 'P1', C: 'P1', B: 'P2', R1: REGION, R2: REGION }[id] ?? 'P3';
  return house.issue({ clientId, badgeId: id, recipients });
};
const tell = async (...events: EventRecord[]): Promise<void> => {
  for (const event of events) expect(await house.notify(event)).toBe(202);
};
const bothBadges = async (...recipients: string[]): Promise<void> => {
  await tell(badge('A', ...recipients), badge('B', ...recipients));
};
const issueCalls = () => house.sandbox.issues().length;

test('a class of 200: two badges, each told twice at the same moment, two workers', async () => {
  const pupils = Array.from({ length: 200 }, (_, at) => `eleve.${at}@example.org`);
  const first = badge('A', ...pupils);
  await Promise.all([house.notify(first), house.notify(first)]);
  await house.idle();
  expect(issueCalls()).toBe(0);

  const second = badge('B', ...pupils);
  await Promise.all([first, second, first, second].map((event) => house.notify(event)));
  await house.idle();
  expect(house.awards().toSorted()).toEqual(pupils.map((pupil) => `R1 ${pupil}`).toSorted());
}, 60_000);

test('a notice of long ago, told again, gives nothing again', async () => {
  const [a, b] = [badge('A', 'lou@example.org'), badge('B', 'lou@example.org')];
  for (let again = 0; again < 3; again += 1) {
    await tell(a, b);
    await house.idle();
  }
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test('an address with something invisible at its ends is the same person, and OBF is given it without', async () => {
  await tell(badge('A', '\u200blou@example.org'), badge('B', 'lou@example.org\u00ad\u2060'));
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test('a push with entries of no use gives what the others are worth', async () => {
  const urls = [badge('D', 'lou@example.org'), badge('E', 'lou@example.org')].map(
    ({ assertions }) => assertions[0]?.url ?? '',
  );
  expect(await house.push({ 'lou@example.org': urls, nobody: [] })).toBe(200);
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test.each(['\u200blou@example.org', 'lou@example.org\u2060'])(
  'a push for %j, as its credential has it',
  async (typed) => {
    for (const one of ['D', 'E']) {
      const url = badge(one, typed).assertions[0]?.url ?? '';
      expect(await house.push({ [typed]: [url] })).toBe(200);
    }
    await house.idle();
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  },
);

test('an address in another letter case is the same person', async () => {
  await tell(badge('A', 'Lou.Martin@Example.org'), badge('B', 'lou.martin@example.org'));
  await house.idle();
  expect(house.awards().map((award) => award.toLowerCase())).toEqual(['r1 lou.martin@example.org']);
});

test('what the Région gave by hand is held, and nobody told us', async () => {
  badge('R1', 'LOU@example.org');
  await bothBadges('lou@example.org');
  await house.idle();
  expect(house.awards()).toEqual([]);
});

test('what the Région gave by hand completes a rule', async () => {
  badge('R1', 'lou@example.org');
  await tell(badge('C', 'lou@example.org'));
  await house.idle();
  expect(house.awards()).toEqual(['R2 lou@example.org']);
});

test('an award revoked by hand is not given again', async () => {
  await bothBadges('lou@example.org');
  await house.idle();
  const [event] = house.sandbox.eventsOf(REGION, 'R1');
  if (event === undefined) throw new Error('nothing was issued');
  house.sandbox.revokeByHand(event.id, ['lou@example.org']);
  expect(await house.notify(event, 'badge.revoked')).toBe(202);
  await house.idle();
  await tell(badge('A', 'lou@example.org'));
  await house.idle();
  expect(house.awards()).toEqual(['R1 lou@example.org']);
});

test('a badge revoked while its award waits stops the award', async () => {
  const [a, b] = [badge('A', 'lou@example.org'), badge('B', 'lou@example.org')];
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 429, retryAfterS: 1, times: 1000 });
  await tell(a, b);
  await until(() => issueCalls() > 0, 'issue call');
  house.sandbox.revokeByHand(b.id, ['lou@example.org']);
  expect(await house.notify(b, 'badge.revoked')).toBe(202);
  const [{ earners, vault }] = house.pipelines;
  const earner = earnerKeyOf(vault, 'lou@example.org');
  await until(
    async () => (await earners.read(earner)).assertions.some(({ revoked }) => revoked),
    'revocation',
  );
  // A run that had decided before is still refused; the next one decides anew.
  await house.idle();
  expect(house.awards()).toEqual([]);
});

describe('whatever becomes of the issue call, one badge', () => {
  test.each([
    { fault: { kind: 'reply-lost' } },
    { fault: { kind: 'status-after-commit', status: 500 } },
    { fault: { kind: 'status-after-commit', status: 503 } },
    { fault: { kind: 'not-json' } },
    { fault: { kind: 'slow', ms: 350 } },
    { fault: { kind: 'reset' } },
    { fault: { kind: 'status', status: 502 } },
    { fault: { kind: 'status', status: 429, retryAfterS: 1 } },
    { fault: { kind: 'black-hole' } },
  ] as const)('$fault', async ({ fault }) => {
    house.sandbox.fault({ route: 'POST issue', ...fault });
    const people = ['lou@example.org', 'sam@example.org'];
    await bothBadges(...people);
    await house.idle();
    expect(house.awards().toSorted()).toEqual(people.map((address) => `R1 ${address}`));
    for (const address of people) expect(house.sandbox.awarded(address)).toContain(`${REGION}/R1`);
    expect(await house.failedReasons()).toEqual([]);
  });

  test('OBF cannot be read: nothing is issued until it can', async () => {
    house.sandbox.fault({ route: 'GET events', clientId: REGION, kind: 'status', status: 500, times: 3 });
    await bothBadges('lou@example.org');
    await house.idle();
    const reads = house.sandbox.calls.filter(
      ({ route, clientId }) => route === 'GET events' && clientId === REGION,
    );
    expect(reads.findIndex(({ status }) => status === 200)).toBeGreaterThan(0);
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });
});

test('one recipient whom OBF refuses stands alone, with the reason; the others get theirs; ops send again', async () => {
  const people = Array.from({ length: 9 }, (_, at) => `personne.${at}@example.org`);
  const bad = 'refused-by-obf@example.org';
  await bothBadges(...people, bad);
  await house.idle();
  expect(house.awards().toSorted()).toEqual(people.map((address) => `R1 ${address}`));
  const [reason, ...more] = await house.failedReasons();
  expect(more).toEqual([]);
  expect(reason).toMatch(/POST issue.*400/);
  expect(reason).not.toContain('@');

  const [{ queues, vault, ledger }] = house.pipelines;
  const before = issueCalls();
  const [failed] = await queues.awards.getFailed();
  await failed?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  await house.idle();
  expect(issueCalls()).toBe(before + 1);
  expect((await ledger.read(earnerKeyOf(vault, bad), asBadgeId('R1')))?.state).toBe('refused');
});

test('a refusal that is not about a recipient: the batch waits, whole and unsplit, and leaves once OBF accepts it', async () => {
  house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 404, times: 2 });
  // Both wait before the first leaves: one batch, however busy the machine is.
  const [{ queues, outbox }] = house.pipelines;
  await queues.awards.pause();
  await bothBadges('lou@example.org', 'sam@example.org');
  await until(async () => (await outbox.waiting(asBadgeId('R1'))) === 2, 'two who wait');
  await queues.awards.resume();
  await house.idle();
  expect(await house.failedReasons()).toEqual([]);
  expect(house.sandbox.issues().map(({ recipients }) => recipients.length)).toEqual([2, 2, 2]);
  expect(house.awards().toSorted()).toEqual(['R1 lou@example.org', 'R1 sam@example.org']);
});
