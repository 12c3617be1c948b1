import { asBadgeId, asBatchId, type BatchId } from '../../src/ids.js';
import { batchesKey } from '../../src/issuing/outbox.js';
import { enqueueEarners } from '../../src/queue/enqueue.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { type House, openHouse, REGION } from '../support/house.js';
import { withRedisAt } from '../support/redis.js';
import { earnWhilePaused, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

describe('loss', () => {
  const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  flagged: { badge: R_FLAG, on_loss: flag, rule: { at_least: 2, of: { competency: communiquer } } }
  kept: { badge: R_KEEP, on_loss: keep, rule: { at_least: 2, of: { competency: communiquer } } }
  revoked: { badge: R_REVOKE, on_loss: revoke, rule: { at_least: 2, of: { competency: communiquer } } }
`;
  const PARTNERS = `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
      - { id: A, competency: communiquer, level: 1 }
      - { id: B, competency: communiquer, level: 1 }
      - { id: C, competency: communiquer, level: 1 }
`;
  const LOU = 'lou@example.org';

  let house: House;
  beforeEach(async () => {
    house = await openHouse({ scheme: SCHEME, partners: PARTNERS });
  });
  afterEach(() => house.close());

  async function give(badgeId: string, expiresOnS?: number): Promise<EventRecord> {
    const expiry = expiresOnS === undefined ? {} : { expiresOnS };
    const event = house.issue({ clientId: 'P1', badgeId, recipients: [LOU], ...expiry });
    await house.given(event);
    return event;
  }
  const held = () => [...house.sandbox.awarded(LOU)].filter((badge) => badge.startsWith(REGION)).toSorted();
  const flags = async () => (await house.pipelines[0].flags.list()).map(({ badgeId }) => badgeId);
  const revocations = () => house.sandbox.calls.filter(({ route }) => route === 'PUT revoke');

  test('a badge that earned awards is revoked: kept, flagged, or taken back once, as each award says', async () => {
    await give('A');
    const b = await give('B');
    expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP', 'REGION/R_REVOKE']);
    await house.revoke(b, LOU);
    await house.revoke(b, LOU);
    expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP']);
    expect(await flags()).toEqual(['R_FLAG']);
    expect(revocations()).toHaveLength(1);

    await give('C');
    expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP', 'REGION/R_REVOKE']);
    expect(await flags()).toEqual([]);
    expect(house.awards()).toHaveLength(4);
  });

  test('expiry alone takes nothing back, and flags nothing', async () => {
    await give('A');
    const b = await give('B');
    const [copy] = b.assertions;
    house.sandbox.expire(copy?.id ?? '', Math.floor(Date.now() / 1000) - 10);
    await house.given(b);
    expect(held()).toHaveLength(3);
    expect(await flags()).toEqual([]);
  });

  test('what the Région gave by hand is not taken back; it is flagged', async () => {
    house.issue({ clientId: REGION, badgeId: 'R_REVOKE', recipients: [LOU] });
    await give('A');
    const b = await give('B');
    await house.revoke(b, LOU);
    expect(held()).toContain('REGION/R_REVOKE');
    expect(revocations()).toEqual([]);
    expect((await flags()).toSorted()).toEqual(['R_FLAG', 'R_REVOKE']);
  });

  test('a lost reply of the revocation: taken back all the same, not blocked, and given again when earned again', async () => {
    await give('A');
    const b = await give('B');
    house.sandbox.fault({ route: 'PUT revoke', kind: 'reply-lost' });
    await house.revoke(b, LOU);
    expect(held()).toEqual(['REGION/R_FLAG', 'REGION/R_KEEP']);
    const [{ ledger }] = house.pipelines;
    expect((await ledger.read(house.keyOf(LOU), asBadgeId('R_REVOKE')))?.state).toBe('revoked');
    await give('C');
    expect(held()).toContain('REGION/R_REVOKE');
  });
});

test.each(['GET recipient', 'PUT revoke'] as const)(
  'evaluated again and again while the call of a revocation is slow (%s): one call takes the award back',
  async (route) => {
    const lou = 'lou@example.org';
    const scheme = SMALL_SCHEME.replace('badge: R1', 'badge: R1\n    on_loss: revoke').replace(
      'at_least: 2',
      'at_least: 1',
    );
    const house = await openHouse({ scheme, partners: SMALL_PARTNERS, workers: 2 });
    try {
      const a = house.issue({ clientId: 'P1', badgeId: 'A', recipients: [lou] });
      await house.given(a);
      const from = house.sandbox.calls.length;
      const calls = (name: string) =>
        house.sandbox.calls.slice(from).filter((call) => call.route === name && call.clientId === REGION);
      house.sandbox.fault({ route, clientId: REGION, kind: 'slow', ms: 1500 });
      house.sandbox.revokeByHand(a.id, [lou]);
      await house.notify(a, 'badge.revoked');
      await until(() => calls(route).length > 0, 'a call that is slow');
      const [{ queues }] = house.pipelines;
      for (const _ of [1, 2, 3]) {
        await enqueueEarners(queues.earners, [house.keyOf(lou)], 'ops');
        const left = () => queues.earners.getJobCountByTypes('waiting', 'active');
        await until(async () => (await left()) === 0, 'evaluation');
      }
      await house.idle();
      expect([calls('GET recipient').length, calls('PUT revoke').length]).toEqual([1, 1]);
      expect(house.sandbox.awarded(lou)).toEqual([]);
      expect(await house.failedReasons()).toEqual([]);
    } finally {
      await house.close();
    }
  },
);

describe('orphans', () => {
  /** What is left where a server took over that knows of a claim, and not of the batch that made it. */
  const R1 = asBadgeId('R1');
  const LOU = 'lou@example.org';

  let house: House;
  beforeEach(async () => {
    house = await openHouse({
      scheme: SMALL_SCHEME,
      partners: SMALL_PARTNERS,
      pace: { settleMs: 400, mirrorMaxAgeMs: 3_600_000 },
    });
  });
  afterEach(() => house.close());

  const lou = () => house.keyOf(LOU);

  /** A batch claims all who wait, and is gone. */
  async function claimedByLostBatch(): Promise<BatchId> {
    const { outbox, ledger } = house.pipelines[0];
    const batch = await outbox.takeBatch(R1, 100);
    if (batch === null) throw new Error('somebody waited');
    for (const earner of batch.earners) await ledger.apply(earner, R1, { type: 'claim', batch: batch.id });
    await withRedisAt(house.redisUrl, (redis) => redis.del(batchesKey(house.dataPrefix, R1)));
    return batch.id;
  }

  const lookAgain = async (): Promise<void> => {
    const { queues } = house.pipelines[0];
    await queues.awards.resume();
    await enqueueEarners(queues.earners, [lou()], 'test');
    await house.idle();
  };

  test('a claim of a batch that is gone is due again, and given once', async () => {
    await earnWhilePaused(house, LOU);
    await claimedByLostBatch();
    await lookAgain();
    expect(house.awards()).toEqual([`R1 ${LOU}`]);
  });

  test('nor is it given again where the lost batch had been sent, and nobody knows', async () => {
    await earnWhilePaused(house, LOU);
    const batch = await claimedByLostBatch();
    await house.pipelines[0].ledger.apply(lou(), R1, { type: 'markUnknown', batch });
    house.issue({ clientId: REGION, badgeId: 'R1', recipients: [LOU] });
    await lookAgain();
    expect(house.awards()).toEqual([]);
    expect(await house.pipelines[0].ledger.read(lou(), R1)).toMatchObject({ state: 'issued' });
  });

  test('a claim of a batch that is there stays', async () => {
    await earnWhilePaused(house, LOU);
    const { ledger, outbox, queues } = house.pipelines[0];
    const batch = await outbox.takeBatch(R1, 10);
    await ledger.apply(lou(), R1, { type: 'claim', batch: batch?.id ?? asBatchId('none') });
    await enqueueEarners(queues.earners, [lou()], 'test');
    await until(
      async () => (await queues.earners.getJobCountByTypes('waiting', 'active')) === 0,
      'evaluation',
    );
    expect(await ledger.read(lou(), R1)).toMatchObject({ state: 'claimed', batch: batch?.id });
  });

  const CLASS = Array.from({ length: 50 }, (_, at) => `eleve.${at}@example.org`);

  test('a lost batch of fifty is given once to each, and the account is read in full once for all of them', async () => {
    const { outbox, queues } = house.pipelines[0];
    await earnWhilePaused(house, ...CLASS);
    await claimedByLostBatch();
    const listings = (): number =>
      house.sandbox.calls.filter(({ route, clientId }) => route === 'GET events' && clientId === REGION)
        .length;
    const before = listings();
    await enqueueEarners(queues.earners, CLASS.map(house.keyOf), 'test');
    await until(async () => (await outbox.waiting(R1)) === CLASS.length, 'all are due again');
    const read = listings() - before;
    await queues.awards.resume();
    await house.idle();
    expect(house.awards().toSorted()).toEqual(CLASS.map((address) => `R1 ${address}`).toSorted());
    expect(read).toBe(1);
  });

  test('another batch cannot release it', async () => {
    await earnWhilePaused(house, LOU);
    await claimedByLostBatch();
    const { ledger } = house.pipelines[0];
    await expect(ledger.apply(lou(), R1, { type: 'release', batch: asBatchId('other') })).rejects.toThrow(
      /cannot take "release"/,
    );
  });
});
