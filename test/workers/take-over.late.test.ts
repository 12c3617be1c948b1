import { Worker } from 'bullmq';
import type { AwardRecord } from '../../src/issuing/award-record.js';
import { asBadgeId, asEventId, type EarnerKey } from '../../src/ids.js';
import { keyState } from '../../src/platform/key-guard.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, isCluster, openConsumer, type RedisConnection } from '../../src/platform/redis.js';
import { NotHeld } from '../../src/platform/replicas.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { prefixOf } from '../../src/queue/names.js';
import { recordKey } from '../../src/record/key.js';
import { FormerWorkersStay } from '../../src/workers/former-workers.js';
import { takeOver, type TakeOver } from '../../src/workers/take-over.js';
import { openHouse, type House } from '../support/house.js';
import { addressOf } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** Lou was given R1 by an older Palier; nothing in OBF says so any more, the ledger alone does. */
const LOU = 'lou@example.org';
const GIVEN: AwardRecord = { state: 'issued', atS: 1, forgiven: [], event: asEventId('G1') };

const PAIR = [
  ['P1', 'A'],
  ['P2', 'B'],
] as const;

let house: House;
let connection: RedisConnection;
let lou: EarnerKey;
beforeEach(async () => {
  house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  await house.stopWorkers();
  connection = openConsumer(addressOf(house.redisUrl));
  lou = earnerKeyOf(house.pipelines[0].vault, LOU);
});
afterEach(async () => {
  closeRedis(connection);
  await house.close();
});

const formerLedger = (): string => `${house.dataPrefix}:ledger:{${lou}}`;
const giveAsBefore = (): Promise<unknown> => connection.hset(formerLedger(), { R1: JSON.stringify(GIVEN) });
const taking = (more: Partial<TakeOver> = {}) =>
  takeOver({
    redis: connection,
    prefix: house.dataPrefix,
    queuePrefix: house.redisPrefix,
    vault: house.pipelines[0].vault,
    scheme: { timeZone: 'Europe/Paris' },
    replicas: { mark: () => 0, untilHeld: async () => {} },
    log: createLogger('silent', 'test'),
    signal: new AbortController().signal,
    ...more,
  });

/** Lou has the badges of R1; resolves when all workers are done. */
async function comesDue(): Promise<void> {
  await house.restartWorkers();
  for (const [clientId, badgeId] of PAIR)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: [LOU] }))).toBe(202);
  await house.idle();
}

async function olderWorker(): Promise<{ close(): Promise<void> }> {
  const own = openConsumer(addressOf(house.redisUrl));
  const older = new Worker('awards', async () => {}, {
    connection: own,
    prefix: prefixOf(house.redisPrefix, 'awards', isCluster(own)),
  });
  await older.waitUntilReady();
  return {
    async close() {
      await older.close();
      closeRedis(own);
    },
  };
}

/** The moment when the walk is behind Lou: where those who were set aside are looked for. */
function whenBehind(act: () => Promise<unknown>): RedisConnection {
  const smembers = connection.smembers.bind(connection);
  let done = false;
  return Object.assign(Object.create(connection) as RedisConnection, {
    smembers: async (key: string) => {
      if (!done) await act();
      done = true;
      return smembers(key);
    },
  });
}

test('an older worker that comes back meanwhile is waited for, and what it gave is not given again', async () => {
  let older: { close(): Promise<void> } | null = null;
  const told: string[] = [];
  const redis = whenBehind(async () => {
    older = await olderWorker();
    await giveAsBefore();
  });
  const done = taking({
    redis,
    log: createLogger('warn', 'test', { write: (line) => void told.push(line) }),
  });
  await until(() => told.some((line) => line.includes('waiting for the workers')), 'it waits');
  expect(await keyState(connection, house.dataPrefix, house.pipelines[0].vault)).toBe('former');
  await (older as { close(): Promise<void> } | null)?.close();
  expect(await done).toMatchObject({ earners: 1, unreadable: [] });
  await comesDue();
  expect(house.awards()).toEqual([]);
});

test('one that stays is said, with what to do, and the worker does not start', async () => {
  await giveAsBefore();
  const older = await olderWorker();
  await expect(taking({ patienceMs: 10 })).rejects.toThrow(FormerWorkersStay);
  await expect(taking({ patienceMs: 10 })).rejects.toThrow(/stop them, then start it again/);
  expect(await connection.exists(formerLedger())).toBe(1);
  await older.close();
  await taking();
  await comesDue();
  expect(house.awards()).toEqual([]);
});

test('it is not said to be done before replicas have it: what a server loses is taken over once more', async () => {
  await giveAsBefore();
  const states: string[] = [];
  let asked = 0;
  await taking({
    replicas: {
      mark: () => asked,
      async untilHeld() {
        states.push(await keyState(connection, house.dataPrefix, house.pipelines[0].vault));
        if ((asked += 1) > 1) return;
        // The replica that takes over has nothing of it.
        await connection.del(recordKey(house.dataPrefix, lou));
        await giveAsBefore();
        throw new NotHeld('Another Redis server has taken over meanwhile');
      },
    },
  });
  expect(states).toEqual(['former', 'former']);
  expect(await connection.exists(formerLedger())).toBe(0);
  await comesDue();
  expect(house.awards()).toEqual([]);
});

test('what cannot be read beside a record keeps its owner from being given anything', async () => {
  const { ledger } = house.pipelines[0];
  await ledger.apply(lou, asBadgeId('R2'), { type: 'record', event: asEventId('G2') });
  await connection.hset(formerLedger(), { R1: '{"state":"later"}' });
  expect(await taking()).toMatchObject({ unreadable: [lou] });
  await house.restartWorkers();
  for (const [clientId, badgeId] of PAIR)
    expect(await house.notify(house.issue({ clientId, badgeId, recipients: [LOU] }))).toBe(202);
  const { notices } = house.pipelines[0].queues;
  await until(async () => (await notices.getJobCountByTypes('delayed', 'failed')) === 2, 'neither is read');
  expect(house.awards()).toEqual([]);
});
