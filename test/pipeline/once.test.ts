import { asBadgeId } from '../../src/ids.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { polledClients } from '../../src/workers/runtime/schedules.js';
import { breakRecord } from '../support/broken-record.js';
import { type House, openHouse, REGION } from '../support/house.js';
import { removeKeys, withRedisAt } from '../support/redis.js';
import { earn, earnWhilePaused, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

describe('never twice, never lost', () => {
  let house: House;

  beforeEach(async () => {
    house = await openHouse({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      workers: 2,
      pace: { settleMs: 400, holdFirstMs: 200, holdMaxMs: 400 },
    });
  });
  afterEach(() => house.close());

  const badge = (id: string, ...recipients: string[]): EventRecord => {
    const clientId = { A: 'P1', C: 'P1', B: 'P2', R1: REGION, R2: REGION }[id] ?? 'P3';
    return house.issue({ clientId, badgeId: id, recipients });
  };
  const issueCalls = () => house.sandbox.issues().length;

  test('a class of 60: two badges, each told twice at the same moment, two workers', async () => {
    const pupils = Array.from({ length: 60 }, (_, at) => `eleve.${at}@example.org`);
    const first = badge('A', ...pupils);
    await Promise.all([house.notify(first), house.notify(first)]);
    await house.idle();
    expect(issueCalls()).toBe(0);

    const second = badge('B', ...pupils);
    await Promise.all([first, second, first, second].map((event) => house.notify(event)));
    await house.idle();
    expect(house.awards().toSorted()).toEqual(pupils.map((pupil) => `R1 ${pupil}`).toSorted());
  });

  test('a notice of long ago, told again, gives nothing again', async () => {
    const [a, b] = [badge('A', 'lou@example.org'), badge('B', 'lou@example.org')];
    for (let again = 0; again < 3; again += 1) {
      await house.given(a, b);
    }
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });

  test('an address with something invisible at its ends is the same person, and OBF is given it without', async () => {
    await house.given(badge('A', '\u200blou@example.org'), badge('B', 'lou@example.org\u00ad\u2060'));
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
    await house.given(badge('A', 'Lou.Martin@Example.org'), badge('B', 'lou.martin@example.org'));
    expect(house.awards().map((award) => award.toLowerCase())).toEqual(['r1 lou.martin@example.org']);
  });

  test('what the Région gave by hand is held, and nobody told us', async () => {
    badge('R1', 'LOU@example.org');
    await earn(house, 'lou@example.org');
    await house.idle();
    expect(house.awards()).toEqual([]);
  });

  test('what the Région gave by hand completes a rule', async () => {
    badge('R1', 'lou@example.org');
    await house.given(badge('C', 'lou@example.org'));
    expect(house.awards()).toEqual(['R2 lou@example.org']);
  });

  test('an award revoked by hand is not given again', async () => {
    await earn(house, 'lou@example.org');
    await house.idle();
    const [event] = house.sandbox.eventsOf(REGION, 'R1');
    if (event === undefined) throw new Error('nothing was issued');
    await house.revoke(event, 'lou@example.org');
    await house.given(badge('A', 'lou@example.org'));
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });

  test('a badge revoked while its award waits stops the award', async () => {
    const [a, b] = [badge('A', 'lou@example.org'), badge('B', 'lou@example.org')];
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 429, retryAfterS: 1, times: 1000 });
    await house.tell(a, b);
    await until(() => issueCalls() > 0, 'issue call');
    house.sandbox.revokeByHand(b.id, ['lou@example.org']);
    expect(await house.notify(b, 'badge.revoked')).toBe(202);
    const [{ earners }] = house.pipelines;
    const lou = () => earners.read(house.keyOf('lou@example.org'));
    await until(async () => (await lou()).assertions.some(({ revoked }) => revoked), 'revocation');
    // A run that had decided before is still refused; the next one decides anew.
    await house.idle();
    expect(house.awards()).toEqual([]);
  });

  describe('one badge, however the issue call ends', () => {
    test.each([
      { fault: { kind: 'reply-lost' } },
      { fault: { kind: 'status-after-commit', status: 500 } },
      { fault: { kind: 'status-after-commit', status: 503 } },
      { fault: { kind: 'not-json' } },
      { fault: { kind: 'reset' } },
      { fault: { kind: 'status', status: 502 } },
      { fault: { kind: 'status', status: 429, retryAfterS: 1 } },
    ] as const)('$fault', async ({ fault }) => {
      house.sandbox.fault({ route: 'POST issue', ...fault });
      const people = ['lou@example.org', 'sam@example.org'];
      await earn(house, ...people);
      await house.idle();
      expect(house.awards().toSorted()).toEqual(people.map((address) => `R1 ${address}`));
      for (const address of people) expect(house.sandbox.awarded(address)).toContain(`${REGION}/R1`);
      expect(await house.failedReasons()).toEqual([]);
    });

    test('OBF cannot be read: nothing is issued until it can', async () => {
      house.sandbox.fault({ route: 'GET events', clientId: REGION, kind: 'status', status: 500, times: 3 });
      await earn(house, 'lou@example.org');
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
    await earn(house, ...people, bad);
    await house.idle();
    expect(house.awards().toSorted()).toEqual(people.map((address) => `R1 ${address}`));
    const [reason, ...more] = await house.failedReasons();
    expect(more).toEqual([]);
    expect(reason).toMatch(/POST issue.*400/);
    expect(reason).not.toContain('@');

    const [{ queues, ledger }] = house.pipelines;
    const before = issueCalls();
    const [failed] = await queues.awards.getFailed();
    await failed?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    await house.idle();
    expect(issueCalls()).toBe(before + 1);
    expect((await ledger.read(house.keyOf(bad), asBadgeId('R1')))?.state).toBe('refused');
  });

  test('OBF fails at one recipient (500): that one stands alone, with the reason, and the others get theirs', async () => {
    const [good, bad] = [['a@x.fr', 'b@x.fr', 'c@x.fr'], 'x.fails-obf@x.fr'];
    await earnWhilePaused(house, bad, ...good);
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(good.map((address) => `R1 ${address}`));
    expect(await house.failedReasons()).toEqual([expect.stringMatching(/POST issue.*twice/)]);
    expect(issueCalls()).toBeLessThanOrEqual(2 * 3 + 1);
    const [{ ledger }] = house.pipelines;
    expect((await ledger.read(house.keyOf(bad), asBadgeId('R1')))?.state).toBe('refused');
  }, 120_000);

  test('OBF fails at somebody who waits alone: the calls grow rare, and the job says what OBF answered', async () => {
    await earnWhilePaused(house, 'x.fails-obf@x.fr');
    const [{ queues }] = house.pipelines;
    await queues.awards.resume();
    const waiting = await until(
      async () => (await queues.awards.getDelayed()).find(({ attemptsMade }) => attemptsMade > 0),
      'job that uses up attempts',
    );
    expect(waiting.failedReason).toMatch(/^ObfOutcomeUnknown: OBF POST issue: 500/);
    expect(issueCalls()).toBeLessThanOrEqual(11);
  });

  test('OBF fails for a while at everybody (500): the badge, once, and nobody is refused', async () => {
    const pupils = ['a@x.fr', 'b@x.fr', 'c@x.fr', 'd@x.fr'];
    await earnWhilePaused(house, ...pupils);
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 500, times: 5 });
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(pupils.map((address) => `R1 ${address}`));
    expect(await house.failedReasons()).toEqual([]);
    expect(issueCalls()).toBeLessThanOrEqual(5 + 4);
  }, 120_000);

  test('a refusal that is not about a recipient: the batch waits, whole and unsplit, and leaves once OBF accepts it', async () => {
    house.sandbox.fault({ route: 'POST issue', kind: 'status', status: 404, times: 2 });
    await earnWhilePaused(house, 'lou@example.org', 'sam@example.org');
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(await house.failedReasons()).toEqual([]);
    expect(house.sandbox.issues().map(({ recipients }) => recipients.length)).toEqual([2, 2, 2]);
    expect(house.awards().toSorted()).toEqual(['R1 lou@example.org', 'R1 sam@example.org']);
  });
});

describe('under hard conditions', () => {
  /** Sequences that once gave a badge twice, or never: each stays a test. */
  let house: House;
  afterEach(() => house.close());

  const { signal } = new AbortController();
  const people = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => `personne.${at}@example.org`);
  const openSmall = async (pace: object = {}): Promise<void> => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, workers: 2, pace });
  };
  test('eight awards come due at once for many: the evaluations that follow one award do not repeat another', async () => {
    const awards = Array.from(
      { length: 8 },
      (_, at) => `  a${at}: { badge: R${at}, rule: { at_least: 2, of: { competency: communiquer } } }`,
    );
    const scheme = `scheme: Essai\ncompetencies: { communiquer: { name: Communiquer } }\nawards:\n${awards.join('\n')}\n`;
    house = await openHouse({ scheme, partners: SMALL_PARTNERS, workers: 2 });
    const pupils = people(16);
    await earn(house, ...pupils);
    await house.idle();
    expect(house.awards()).toHaveLength(new Set(house.awards()).size);
    expect(house.awards()).toHaveLength(8 * pupils.length);
  });

  // What OBF carries out after Palier has given it up shows before Palier looks, also where this process stands still.
  test.each([
    [{ kind: 'slow', ms: 300 }, 4000],
    [{ kind: 'black-hole' }, 400],
  ] as const)('an issue call that is given up (%j): one badge', async (fault, settleMs) => {
    await openSmall({ sendWithinMs: 100, settleMs });
    house.sandbox.fault({ route: 'POST issue', ...fault });
    await earnWhilePaused(house, 'lou@example.org', 'sam@example.org');
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(['R1 lou@example.org', 'R1 sam@example.org']);
    expect(await house.failedReasons()).toEqual([]);
  });

  test('Redis is emptied while an issue call is on its way: what it commits is not sent again', async () => {
    await openSmall({ sendWithinMs: 3000, settleMs: 3500 });
    house.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 1500 });
    await earn(house, 'lou@example.org');
    await until(() => house.sandbox.calls.some(({ route }) => route === 'POST issue'), 'issue call');
    await emptyRedis();
    for (const pipeline of house.pipelines)
      for (const clientId of polledClients(pipeline)) await pollEvents(pipeline, clientId, signal);
    await until(() => house.sandbox.awarded('lou@example.org').includes(`${REGION}/R1`), 'award');
    await house.idle();
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });

  const emptyRedis = (): Promise<void> =>
    withRedisAt(house.redisUrl, (redis) => removeKeys(redis, house.redisPrefix));

  test('a notice that comes before OBF has the event fails, and the poll makes up for it', async () => {
    await openSmall();
    house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'status', status: 404 });
    await earn(house, 'lou@example.org');
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
    await earn(house, 'lou@example.org');
    await house.idle();
    expect(await house.failedReasons()).toEqual([]);
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  });

  test('one earner whose portfolio cannot be read stands alone in failed; the others of the batch get theirs', async () => {
    await openSmall();
    const pupils = people(5);
    await earnWhilePaused(house, ...pupils);
    const earner = house.keyOf('personne.3@example.org');
    await withRedisAt(house.redisUrl, (redis) => breakRecord(redis, house.dataPrefix, earner));
    await house.pipelines[0].queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(
      people(5)
        .filter((one) => !one.includes('.3@'))
        .map((one) => `R1 ${one}`),
    );
    expect(await house.failedReasons()).toHaveLength(1);
  });

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
    await until(() => house.awards().length > 0, 'award of somebody else');
    expect(house.awards()).toEqual(['R1 lou@example.org']);
    house.sandbox.clearFaults();
  });

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
  });
});
