import { RecordUnreadable } from '../../src/earners/record.js';
import { asBadgeId, asBatchId, asEarnerKey, asEventId, type EarnerKey } from '../../src/ids.js';
import { createHolds, createQuota, type Holds, type Quota, QuotaLow } from '../../src/issuing/hold.js';
import { IllegalTransition, type Ledger, removeFromOpenBatches } from '../../src/issuing/ledger.js';
import {
  BatchTaken,
  type Batches,
  createBatches,
  createOutbox,
  type Outbox,
  OutboxError,
} from '../../src/issuing/outbox.js';
import { ISSUING_PACE } from '../../src/issuing/parts.js';
import { createRedisIncarnation } from '../../src/issuing/redis-incarnation.js';
import type { ObfAccount } from '../../src/obf/account.js';
import { createVault } from '../../src/platform/vault.js';
import { breakRecord } from '../support/broken-record.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { storesIn } from '../support/stores.js';

let redis: TestRedis;
/** Of keys that no other test has. */
let prefix: string;
let nowMs = 0;
const now = async (): Promise<number> => nowMs;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  prefix = `${redis.prefix}${Math.random()}`;
  nowMs = 1_000_000_000;
});
afterAll(() => redis.close());

describe('stores', () => {
  const vault = createVault(Buffer.alloc(32, 7));

  let ledger: Ledger;
  let outbox: Outbox;
  let batches: Batches;
  const badge = asBadgeId('R1');
  const earner = asEarnerKey('k1');
  const earners = (count: number): EarnerKey[] =>
    Array.from({ length: count }, (_, at) => asEarnerKey(`k${String(at).padStart(4, '0')}`));

  beforeEach(() => {
    ({ ledger } = storesIn(redis.connection, prefix, vault, () => nowMs));
    outbox = createOutbox(redis.connection, prefix, now);
    batches = createBatches(redis.connection, prefix, now);
  });

  describe('the ledger', () => {
    test('keeps one record per earner and badge', async () => {
      expect(await ledger.read(earner, badge)).toBeNull();
      await ledger.apply(earner, badge, { type: 'comes-due', endedEvents: [] });
      await ledger.apply(earner, asBadgeId('R2'), { type: 'record', event: asEventId('e2') });
      const stateOf = async (badgeId: string) => (await ledger.read(earner, asBadgeId(badgeId)))?.state;
      expect([await stateOf('R1'), await stateOf('R2')]).toEqual(['due', 'issued']);
      expect(await ledger.read(asEarnerKey('k2'), badge)).toBeNull();
    });

    test('of ten batches that claim an award at the same moment, one gets it', async () => {
      await ledger.apply(earner, badge, { type: 'comes-due', endedEvents: [] });
      const claims = Array.from({ length: 10 }, (_, at) =>
        ledger.applyIfPossible(earner, badge, { type: 'claim', batch: asBatchId(`b${at}`) }),
      );
      expect((await Promise.all(claims)).filter((record) => record !== null)).toHaveLength(1);
    });

    test('says so when something cannot be', async () => {
      await expect(ledger.apply(earner, badge, { type: 'unblock', events: [] })).rejects.toThrow(
        IllegalTransition,
      );
    });

    test('never takes a record that it cannot read for "no record"', async () => {
      await breakRecord(redis.connection, prefix, earner);
      await expect(ledger.apply(earner, badge, { type: 'comes-due', endedEvents: [] })).rejects.toThrow(
        RecordUnreadable,
      );
    });
  });

  describe('the memory of Redis', () => {
    let history = 'a';
    const memory = () => createRedisIncarnation(redis.connection, prefix, now, async () => history);
    test('a process that starts knows of nothing lost, with an old Redis or a new one', async () => {
      expect(await memory().knownSinceMs()).toBe(0);
      expect(await memory().knownSinceMs()).toBe(0);
    });
    test('a process that knew another Redis says since when, to all, whichever wrote the new one', async () => {
      const [old, other] = [memory(), memory()];
      await Promise.all([old.knownSinceMs(), other.knownSinceMs()]);
      await redis.connection.del(`${prefix}:memory`);
      nowMs += 1000;
      expect(await memory().knownSinceMs()).toBe(0);
      expect(await old.knownSinceMs()).toBe(nowMs);
      nowMs += 1000;
      expect([await old.knownSinceMs(), await other.knownSinceMs(), await memory().knownSinceMs()]).toEqual(
        Array(3).fill(nowMs - 1000),
      );
    });
    test('another server, that took over or was started anew, may have lost something: all are told since when', async () => {
      const [one, other] = [memory(), memory()];
      expect([await one.knownSinceMs(), await other.knownSinceMs()]).toEqual([0, 0]);
      history = 'b';
      nowMs += 1000;
      expect(await one.knownSinceMs()).toBe(nowMs);
      nowMs += 1000;
      // A process that starts now waits, too: the call of a process that has ended may still be on its way.
      expect([await one.knownSinceMs(), await other.knownSinceMs(), await memory().knownSinceMs()]).toEqual(
        Array(3).fill(nowMs - 1000),
      );
    });
  });

  describe('the outbox', () => {
    test('an earner waits once, however often it is said; batches take them oldest first', async () => {
      for (const one of [...earners(3), ...earners(3)]) {
        nowMs += 1;
        await outbox.put(badge, one);
      }
      expect(await outbox.waiting(badge)).toBe(3);
      const batch = await outbox.takeBatch(badge, 2);
      expect(batch?.earners).toEqual(earners(2));
      expect(await batches.find(badge, batch?.id ?? asBatchId(''))).toEqual(batch);
      expect(await batches.ids(badge)).toEqual([batch?.id]);
      expect(await outbox.waiting(badge)).toBe(1);
      expect((await outbox.takeBatch(badge, 2))?.earners).toEqual(earners(3).slice(2));
      expect(await outbox.takeBatch(badge, 2)).toBeNull();
    });

    test('gatherings that meet share the earners out, none twice, none lost', async () => {
      await Promise.all(earners(100).map((one) => outbox.put(badge, one)));
      const gather = async (): Promise<EarnerKey[]> => {
        const found: EarnerKey[] = [];
        for (;;) {
          const batch = await outbox.takeBatch(badge, 7).catch((error: unknown) => {
            if (error instanceof OutboxError) return 'again' as const;
            throw error;
          });
          if (batch === null) return found;
          if (batch !== 'again') found.push(...batch.earners);
        }
      };
      const taken = (await Promise.all([gather(), gather(), gather()])).flat();
      expect(taken.toSorted()).toEqual(earners(100));
    });

    test('of many that would send a batch, one may', async () => {
      await outbox.put(badge, earner);
      const batch = await outbox.takeBatch(badge, 10);
      if (batch === null) throw new Error('no batch');
      const tries = await Promise.all(Array.from({ length: 8 }, () => batches.startSending(batch, [earner])));
      const [sending, ...more] = tries.filter((one) => one !== null);
      expect(more).toEqual([]);
      expect(await batches.find(badge, batch.id)).toEqual({ ...batch, state: 'sending', sentMs: nowMs });
      if (sending === undefined) throw new Error('nobody may send');
      await batches.rollbackSend(sending);
      expect(await batches.find(badge, batch.id)).toEqual(batch);
      const again = await batches.startSending(batch, [earner]);
      const sent = again === null ? null : await batches.markSent(again, asEventId('e1'));
      expect(await batches.find(badge, batch.id)).toEqual({ ...sent, state: 'sent', event: 'e1' });
      await batches.finish(batch);
      expect(await batches.ids(badge)).toEqual([]);
    });

    test('who is taken out of the open batches stays in one that is being sent by then', async () => {
      const [leaving, other] = [asEarnerKey('k1'), asEarnerKey('k2')];
      for (const one of [leaving, other]) {
        await ledger.apply(one, badge, { type: 'comes-due', endedEvents: [] });
        await outbox.put(badge, one);
      }
      const batch = await outbox.takeBatch(badge, 10);
      if (batch === null) throw new Error('no batch');
      await ledger.apply(leaving, badge, { type: 'claim', batch: batch.id });
      const state = async () => [
        await batches.find(badge, batch.id),
        (await ledger.read(leaving, badge))?.state,
      ];
      const remove = (from: Batches) =>
        removeFromOpenBatches({ ledger, batches: from, clock: () => nowMs }, badge, new Set([leaving]));
      const overtaken: Batches = {
        ...batches,
        async all(badgeId) {
          const read = await batches.all(badgeId);
          await batches.startSending(batch, batch.earners);
          return read;
        },
      };
      await remove(overtaken);
      const sending = { ...batch, state: 'sending', sentMs: nowMs } as const;
      expect(await state()).toEqual([sending, 'claimed']);
      await batches.rollbackSend(sending);
      await remove(batches);
      expect(await state()).toEqual([{ ...batch, earners: [other] }, 'withdrawn']);
    });

    test('a split batch is its halves, and only once', async () => {
      await Promise.all(earners(5).map((one) => outbox.put(badge, one)));
      const batch = await outbox.takeBatch(badge, 10);
      if (batch === null) throw new Error('no batch');
      const parts = [batch.earners.slice(0, 3), batch.earners.slice(3), []];
      const halves = await batches.split(batch, parts);
      expect(halves).toHaveLength(2);
      await expect(batches.split(batch, parts)).rejects.toThrow(BatchTaken);
      expect((await batches.ids(badge)).toSorted()).toEqual([...halves].toSorted());
      expect((await batches.all(badge)).flatMap((half) => half.earners).toSorted()).toEqual(earners(5));
    });
  });
});

describe('hold', () => {
  const MIN = 60_000;
  const R1 = asBadgeId('R1');
  const QUOTA = { code: 'quota', words: null } as const;
  let holds: Holds;
  beforeEach(() => {
    holds = createHolds(redis.connection, prefix, now, ISSUING_PACE);
  });

  test.each(['{', '{"code":"weather"}'])(
    'a hold that cannot be read is an error that names its key: %s',
    async (text) => {
      const key = `${prefix}:hold:{R1}`;
      await redis.connection.set(key, text);
      await expect(holds.of(R1)).rejects.toThrow(`under ${key} is not what`);
    },
  );

  test('looks are 5 minutes apart at first, and an hour in the end', async () => {
    const distances: number[] = [];
    while (distances.length < 6) {
      const { nextMs } = await holds.put(R1, QUOTA);
      distances.push((nextMs - nowMs) / MIN);
      nowMs = nextMs;
    }
    expect(distances).toEqual([5, 10, 20, 40, 60, 60]);
  });

  test('a cause found again moves no look that lies ahead, and keeps since when', async () => {
    const first = await holds.put(R1, QUOTA);
    expect(first).toEqual({ ...QUOTA, sinceMs: nowMs, nextMs: nowMs + 5 * MIN, waitMs: 5 * MIN });
    const why = { code: 'badge', words: null } as const;
    nowMs += MIN;
    expect(await holds.put(R1, why)).toEqual({ ...first, ...why });
    nowMs += 5 * MIN;
    const later = { ...first, ...why, nextMs: nowMs + 10 * MIN, waitMs: 10 * MIN };
    expect(await holds.put(R1, why)).toEqual(later);
  });

  test('of many who see the same hold, one has the turn', async () => {
    const seen = await holds.put(R1, QUOTA);
    nowMs = seen.nextMs;
    const turns = await Promise.all(Array.from({ length: 8 }, () => holds.takeTurn(R1, seen)));
    expect(turns.filter(Boolean)).toHaveLength(1);
    expect((await holds.of(R1))?.nextMs).toBe(nowMs + 10 * MIN);
  });

  test('once OBF accepts a call, it is nobody’s turn, and no lone refusal is remembered', async () => {
    const seen = await holds.put(R1, QUOTA);
    const [one, other] = ['one', 'other'].map((id) => ({ words: '400', batch: asBatchId(id) }));
    if (one === undefined || other === undefined) throw new Error('two are needed');
    expect(await holds.refusedAlone(R1, one)).toBeNull();
    expect(await holds.refusedAlone(R1, other)).toEqual(one);
    expect(await holds.acceptedMs(R1)).toBe(0);
    await holds.accepted(R1);
    expect(await holds.acceptedMs(R1)).toBe(nowMs);
    expect(await holds.of(R1)).toBeNull();
    expect(await holds.takeTurn(R1, seen)).toBe(false);
    expect(await holds.refusedAlone(R1, one)).toBeNull();
  });
});

describe('quota', () => {
  let quota: Quota;
  let left: number | null = 1000;
  let asked = 0;
  const { signal } = new AbortController();
  const account = {
    issuingLimit: () => {
      asked += 1;
      return Promise.resolve(left);
    },
  } as unknown as ObfAccount;

  beforeEach(() => {
    [left, asked] = [1000, 0];
    quota = createQuota(redis.connection, prefix, account, now, ISSUING_PACE.quota);
  });

  test('OBF is asked once a day, and before a large batch if the last reading is not fresh', async () => {
    await quota.require(1, signal);
    await quota.require(1, signal);
    expect(asked).toBe(1);
    nowMs += ISSUING_PACE.quota.freshMs;
    await quota.require(1, signal);
    expect(asked).toBe(1);
    await quota.require(ISSUING_PACE.quota.largeBatch, signal);
    expect(asked).toBe(2);
    nowMs += ISSUING_PACE.quota.maxAgeMs;
    await quota.require(1, signal);
    expect(asked).toBe(3);
  });

  test('what was issued since counts; below the floor it asks again, and throws if that is true', async () => {
    await quota.require(500, signal);
    await quota.spend(960);
    expect((await quota.known())?.left).toBe(40);
    left = 40;
    await expect(quota.require(1, signal)).rejects.toThrow(QuotaLow);
    left = 5000;
    await quota.require(1, signal);
    expect((await quota.known())?.left).toBe(5000);
  });

  test('it is read once a day even while nothing is issued', async () => {
    for (const [afterMs, times] of [
      [0, 1],
      [1000, 1],
      [ISSUING_PACE.quota.maxAgeMs, 2],
    ] as const) {
      nowMs += afterMs;
      await quota.keepFresh(signal);
      expect(asked).toBe(times);
    }
  });

  test('where OBF does not say, nothing stops, and it is not asked each time', async () => {
    left = null;
    await quota.require(500, signal);
    await quota.spend(500);
    await quota.require(500, signal);
    expect(asked).toBe(1);
    expect(await quota.known()).toEqual({ left: null, readMs: nowMs });
  });
});
