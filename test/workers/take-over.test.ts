import { randomBytes } from 'node:crypto';
import { Worker } from 'bullmq';
import fc from 'fast-check';
import { formerStream } from '../../src/audit/former.js';
import { asBadgeId, asClientId, asEarnerKey, asEventId, type EarnerKey } from '../../src/ids.js';
import type { AwardRecord } from '../../src/issuing/award-record.js';
import { withFormerRecords } from '../../src/issuing/former.js';
import { createLedger, type Ledger } from '../../src/issuing/ledger.js';
import { endTakeOver, keyState, KeyChanged } from '../../src/platform/key-guard.js';
import { createLogger } from '../../src/platform/logger.js';
import { openConsumer, closeRedis, isCluster, type RedisConnection } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { createSeenEvents } from '../../src/portfolio/seen-events.js';
import { createPortfolioStore, type PortfolioStore } from '../../src/portfolio/store.js';
import { prefixOf } from '../../src/queue/names.js';
import { openQueue } from '../../src/queue/open.js';
import { sized } from '../../src/record/bytes.js';
import { RecordError } from '../../src/record/error.js';
import { formerRecordKey, recordKey } from '../../src/record/key.js';
import { splitRecord } from '../../src/record/record.js';
import { WORKER_NAME } from '../../src/workers/start.js';
import { takeOver } from '../../src/workers/take-over.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { cutAtScript } from '../support/stopped.js';
import { former, formerRecord, GONE, writeFormer, type Former } from './former-writer.js';

const vault = createVault(randomBytes(32));
const log = createLogger('silent', 'test');
/** One server without replicas. */
const PLAIN = { mark: () => 0, untilHeld: async () => {} };
let redis: TestRedis;
let prefix: string;
let portfolios: PortfolioStore;
let ledger: Ledger;
let count = 0;

beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());
const fresh = (): void => {
  prefix = `${redis.prefix}${(count += 1)}`;
  portfolios = createPortfolioStore(redis.connection, prefix, vault);
  ledger = createLedger(redis.connection, prefix, () => 0);
};
beforeEach(fresh);

const taking = (connection: RedisConnection = redis.connection, more: object = {}) =>
  takeOver({
    redis: connection,
    prefix,
    vault,
    scheme: { timeZone: 'Europe/Paris' },
    queuePrefix: redis.prefix,
    replicas: PLAIN,
    log,
    signal: new AbortController().signal,
    ...more,
  });
const earnerOf = (at: number): EarnerKey => asEarnerKey(`k${String(at).padStart(21, '0')}`);
const keysOf = (what: string): Promise<readonly string[]> =>
  keysLike(redis.connection, `${prefix}:${what}:*`);

/** Everything that is to be as it was. */
async function readAll(earner: EarnerKey): Promise<Former> {
  const [file, contact, records] = await Promise.all([
    portfolios.read(earner),
    portfolios.contactOf(earner),
    ledger.readAll(earner),
  ]);
  return { ...file, contact, records };
}
const byId = (one: Former) => ({
  ...one,
  assertions: one.assertions.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  records: new Map([...one.records].toSorted(([a], [b]) => (a < b ? -1 : 1))),
});

test('whatever an older Palier kept is read as it read it, and nothing of its form is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(former, { minLength: 1, maxLength: 6 }), async (people) => {
      fresh();
      for (const [at, one] of people.entries())
        await writeFormer(redis.connection, prefix, vault, earnerOf(at), one);
      await taking();
      for (const [at, one] of people.entries()) {
        expect(byId(await readAll(earnerOf(at)))).toEqual(byId(one));
        if (one.erasedAtS !== null && !one.assertions.some(({ id }) => id === GONE))
          expect(await portfolios.knows(earnerOf(at), GONE)).toBe('gone');
      }
      expect([...(await keysOf('earner')), ...(await keysOf('ledger'))]).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

const PEOPLE = 300;
async function town(): Promise<readonly Former[]> {
  const people = fc.sample(former, { numRuns: PEOPLE, seed: 5 });
  for (const [at, one] of people.entries())
    await writeFormer(redis.connection, prefix, vault, earnerOf(at), one);
  return people;
}
async function expectAll(people: readonly Former[]): Promise<void> {
  for (const [at, one] of people.entries()) expect(byId(await readAll(earnerOf(at)))).toEqual(byId(one));
  expect([...(await keysOf('earner')), ...(await keysOf('ledger')), ...(await keysOf('seen'))]).toEqual([]);
}

test('stopped in the middle, again and again, it goes on; in between everybody is in one of the two forms', async () => {
  const people = await town();
  let stops = 0;
  for (;;) {
    const connection = openConsumer(redis.address);
    cutAtScript(connection, 40 * (stops + 1));
    const done = await taking(connection).then(
      () => true,
      () => false,
    );
    connection.disconnect();
    if (done) break;
    stops += 1;
    const standing = [
      ...(await keysOf('earner')),
      ...(await keysOf('ledger')),
      ...(await keysLike(redis.connection, `${prefix}{*`)),
    ];
    const known = new Set(standing.map((key) => key.slice(key.indexOf('{k'))));
    const something = people.filter(
      ({ contact, assertions, linkedTo, linked, touched, erasedAtS, records }) =>
        contact !== null ||
        linkedTo !== null ||
        erasedAtS !== null ||
        assertions.length + linked.length + touched + records.size > 0,
    );
    expect(known.size).toBe(something.length);
    expect(await keyState(redis.connection, prefix, vault)).toBe('former');
  }
  expect(stops).toBeGreaterThan(2);
  await expectAll(people);
  expect(await keyState(redis.connection, prefix, vault)).toBe('ours');
}, 60_000);

test('three at the same time, and once more: the same, once', async () => {
  const people = await town();
  await redis.connection.sadd(`${prefix}:seen:{P1}`, ...Array.from({ length: 2500 }, (_, at) => `E${at}`));
  await Promise.all([taking(), taking(), taking()]);
  await expectAll(people);
  const seen = createSeenEvents(redis.connection, prefix);
  const events = ['E0', 'E2499', 'E2500'].map(asEventId);
  expect(await seen.count(asClientId('P1'))).toBe(2500);
  expect([...(await seen.unseen(asClientId('P1'), events))]).toEqual(['E2500']);
  expect(await taking()).toEqual({ earners: 0, clients: 0, entries: 0, entriesLeft: 0, unreadable: [] });
  await expectAll(people);
}, 60_000);

const lou = earnerOf(1);
const NOBODY: Former = {
  contact: null,
  assertions: [],
  linkedTo: null,
  linked: [],
  erasing: null,
  touched: 0,
  erasedAtS: null,
  records: new Map(),
};
const issued: AwardRecord = { state: 'issued', atS: 1, forgiven: [], event: asEventId('G1') };

test('what an older worker writes after it was taken over is not lost, and undoes nothing', async () => {
  await ledger.apply(lou, asBadgeId('R1'), { type: 'comes-due', over: [] });
  await ledger.apply(lou, asBadgeId('R2'), { type: 'record', event: asEventId('G2') });
  const due: AwardRecord = { state: 'due', atS: 9, forgiven: [asEventId('G0')] };
  const records = new Map<string, AwardRecord>([
    ['R1', issued],
    ['R2', due],
    ['R3', issued],
  ]);
  await writeFormer(redis.connection, prefix, vault, lou, { ...NOBODY, records });
  await taking();
  expect(
    [...(await ledger.readAll(lou))].map(([badge, { state, forgiven }]) => [badge, state, forgiven]),
  ).toEqual([
    ['R1', 'issued', []],
    ['R2', 'issued', ['G0']],
    ['R3', 'issued', []],
  ]);
});

test('of two records, one that says what OBF has is never given up for one that does not', () => {
  const SAYS = ['issued', 'blocked', 'revoking'];
  const badge = asBadgeId('R1');
  fc.assert(
    fc.property(formerRecord, formerRecord, (a, b) => {
      const joined = withFormerRecords(new Map([[badge, a]]), new Map([[badge, b]])).get(badge);
      if ([a, b].some(({ state }) => SAYS.includes(state))) expect(SAYS).toContain(joined?.state);
      expect(new Set(joined?.forgiven)).toEqual(new Set([...a.forgiven, ...b.forgiven]));
    }),
  );
});

test('entries of the account that a later Palier wrote stay, and the log says how many', async () => {
  const lines: string[] = [];
  await redis.connection.xadd(formerStream(prefix, 3), '*', 'k', '99', 't', '1795431600');
  const taken = await taking(redis.connection, {
    log: createLogger('warn', 'test', { write: (line) => void lines.push(line) }),
  });
  expect(taken).toMatchObject({ entries: 0, entriesLeft: 1 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ entries: 1 });
});

test('who cannot be read stays as they are, is served by nobody, and is taken over once mended', async () => {
  await redis.connection.hset(`${prefix}:ledger:{${lou}}`, 'R1', '{"state":"later"}');
  await redis.connection.set(`${prefix}:earner:{${earnerOf(2)}}`, 'by hand');
  await writeFormer(redis.connection, prefix, vault, earnerOf(3), { ...NOBODY, touched: 4 });
  expect(await taking()).toEqual({
    earners: 1,
    clients: 0,
    entries: 0,
    entriesLeft: 0,
    unreadable: [lou, earnerOf(2)],
  });
  for (const earner of [lou, earnerOf(2)]) {
    await expect(portfolios.read(earner)).rejects.toThrow(RecordError);
    await expect(ledger.apply(earner, asBadgeId('R1'), { type: 'comes-due', over: [] })).rejects.toThrow(
      RecordError,
    );
  }
  await redis.connection.hset(`${prefix}:ledger:{${lou}}`, 'R1', JSON.stringify(issued));
  expect((await taking()).unreadable).toEqual([earnerOf(2)]);
  expect(await ledger.read(lou, asBadgeId('R1'))).toEqual(issued);
});

test('of whom nothing is left to keep, nothing is kept: they can be written to', async () => {
  await redis.connection.hset(`${prefix}:earner:{${lou}}`, { touched: '0' });
  expect(await taking()).toMatchObject({ earners: 1, unreadable: [] });
  expect([...(await keysOf('earner')), ...(await keysOf('p'))]).toEqual([]);
  await ledger.apply(lou, asBadgeId('R1'), { type: 'comes-due', over: [] });
  expect(await ledger.read(lou, asBadgeId('R1'))).toMatchObject({ state: 'due' });
});

test('beside a record, too, what cannot be read keeps its owner from being served; mended, both are one', async () => {
  await ledger.apply(lou, asBadgeId('R2'), { type: 'record', event: asEventId('G2') });
  await redis.connection.hset(`${prefix}:ledger:{${lou}}`, 'R1', '{"state":"later"}');
  // As a deploy that is made again: the second finds the first one's work.
  for (const _ of [1, 2]) {
    expect((await taking()).unreadable).toEqual([lou]);
    await expect(ledger.readAll(lou)).rejects.toThrow(RecordError);
    await expect(ledger.apply(lou, asBadgeId('R1'), { type: 'comes-due', over: [] })).rejects.toThrow(
      RecordError,
    );
  }
  await redis.connection.hset(`${prefix}:ledger:{${lou}}`, 'R1', JSON.stringify(issued));
  expect((await taking()).unreadable).toEqual([]);
  expect([...(await ledger.readAll(lou))].map(([badge, { state }]) => [badge, state]).toSorted()).toEqual([
    ['R1', 'issued'],
    ['R2', 'issued'],
  ]);
});

test('what was set aside is served again once what could not be read beside it is removed', async () => {
  await ledger.apply(lou, asBadgeId('R2'), { type: 'record', event: asEventId('G2') });
  await redis.connection.hset(`${prefix}:ledger:{${lou}}`, 'R1', '{"state":"later"}');
  expect((await taking()).unreadable).toEqual([lou]);
  await redis.connection.del(`${prefix}:ledger:{${lou}}`);
  expect(await taking()).toMatchObject({ unreadable: [] });
  expect(await ledger.read(lou, asBadgeId('R2'))).toMatchObject({ state: 'issued' });
});

describe('a record under the key of before the account stood in it', () => {
  const formerKey = (): string => formerRecordKey(prefix, lou);
  /** To the letter as it was written then: nothing folded, and no account. */
  async function moveBack(): Promise<void> {
    const key = recordKey(prefix, lou);
    const { portfolio, ledger: records } = splitRecord(await redis.connection.getBuffer(key));
    const before = Buffer.concat([Buffer.of(1), ...sized(portfolio), records]);
    await redis.connection.set(formerKey(), before);
    await redis.connection.del(key);
  }
  const give = (badge: string, event: string) =>
    ledger.apply(lou, asBadgeId(badge), { type: 'record', event: asEventId(event) });
  const given = async () =>
    [...(await ledger.readAll(lou))].map(([badge, { state }]) => [badge, state]).toSorted();

  test('is read under the one of today', async () => {
    await give('R1', 'G1');
    await moveBack();
    expect(await taking()).toMatchObject({ earners: 1, unreadable: [] });
    expect(await given()).toEqual([['R1', 'issued']]);
    expect(await redis.connection.exists(formerKey())).toBe(0);
  });

  test('meets one under the new key, and hashes: all are one', async () => {
    await give('R1', 'G1');
    await moveBack();
    await give('R2', 'G2');
    const records = new Map<string, AwardRecord>([['R3', issued]]);
    await writeFormer(redis.connection, prefix, vault, lou, { ...NOBODY, records, touched: 7 });
    expect(await taking()).toMatchObject({ earners: 1, unreadable: [] });
    expect(await given()).toEqual(['R1', 'R2', 'R3'].map((badge) => [badge, 'issued']));
    expect(await portfolios.read(lou)).toMatchObject({ touched: 7 });
    expect(await redis.connection.exists(formerKey())).toBe(0);
  });

  test('that cannot be read keeps its owner from being served until it is mended', async () => {
    await give('R1', 'G1');
    await moveBack();
    const before = await redis.connection.getBuffer(formerKey());
    await give('R2', 'G2');
    await redis.connection.set(formerKey(), Buffer.of(77));
    for (const _ of [1, 2]) {
      expect((await taking()).unreadable).toEqual([lou]);
      await expect(ledger.readAll(lou)).rejects.toThrow(RecordError);
    }
    await redis.connection.set(formerKey(), before ?? '');
    expect((await taking()).unreadable).toEqual([]);
    expect(await given()).toEqual(['R1', 'R2'].map((badge) => [badge, 'issued']));
    expect(await redis.connection.exists(`${prefix}:set-aside`)).toBe(0);
  });
});

test('who was mended is not counted among those set aside for ever', async () => {
  await redis.connection.sadd(`${prefix}:set-aside`, lou);
  expect(await taking()).toMatchObject({ earners: 0, unreadable: [] });
  expect(await redis.connection.exists(`${prefix}:set-aside`)).toBe(0);
});

test('an address that does not open is none that can be written to, and the rest is taken over', async () => {
  await redis.connection.hset(`${prefix}:earner:{${lou}}`, { address: 'not sealed by us', touched: '3' });
  expect((await taking()).unreadable).toEqual([]);
  expect(await portfolios.read(lou)).toMatchObject({ touched: 3 });
  await expect(portfolios.contactOf(lou)).rejects.toThrow('Sealed text');
});

test('it begins when no older worker is left; those of today do not keep it waiting', async () => {
  const connections = [1, 2, 3].map(() => openConsumer(redis.address));
  const [own, ofOld, ofNew] = connections as [RedisConnection, RedisConnection, RedisConnection];
  const queues = { notices: openQueue('notices', own, log, redis.prefix) };
  const work = async (): Promise<void> => {};
  const at = prefixOf(redis.prefix, 'notices', isCluster(own));
  const old = new Worker('notices', work, { connection: ofOld, prefix: at });
  const today = new Worker('notices', work, { connection: ofNew, prefix: at, name: WORKER_NAME });
  await Promise.all([old.waitUntilReady(), today.waitUntilReady()]);
  await until(async () => (await queues.notices.getWorkers()).length === 2, 'two workers');
  await writeFormer(redis.connection, prefix, vault, lou, { ...NOBODY, records: new Map([['R1', issued]]) });
  const told: string[] = [];
  const warned = createLogger('warn', 'test', { write: (line) => void told.push(line) });
  const done = taking(redis.connection, { log: warned });
  await until(() => told.some((line) => line.includes('waiting for the workers')), 'it waits');
  expect(await keysOf('ledger')).toHaveLength(1);
  await old.close();
  await done;
  expect(await keysOf('ledger')).toEqual([]);
  await today.close();
  await queues.notices.close();
  for (const connection of connections) closeRedis(connection);
}, 30_000);

describe('the mark', () => {
  const mark = (): Promise<string | null> => redis.connection.get(`${prefix}:key-mark`);
  const ofOld = vault.fingerprint('palier', 'which key');
  test('an older Palier left it bare: what it kept is former until it was taken over; then it does not start again', async () => {
    await redis.connection.set(`${prefix}:key-mark`, ofOld);
    expect(await keyState(redis.connection, prefix, vault)).toBe('former');
    await taking();
    expect(await keyState(redis.connection, prefix, vault)).toBe('ours');
    // What an older one compares with: neither nothing nor its own.
    expect([null, ofOld]).not.toContain(await mark());
  });
  test.each(['2 ', 'taking-over '])('of form "%s" it is former, until all was taken over', async (form) => {
    await redis.connection.set(`${prefix}:key-mark`, `${form}${ofOld}`);
    expect(await keyState(redis.connection, prefix, vault)).toBe('former');
    await writeFormer(redis.connection, prefix, vault, lou, { ...NOBODY, touched: 3 });
    expect(await taking()).toMatchObject({ earners: 1 });
    expect(await keyState(redis.connection, prefix, vault)).toBe('ours');
  });
  test('another key is another key, in any form', async () => {
    const other = createVault(randomBytes(32));
    for (const fill of [
      () => redis.connection.set(`${prefix}:key-mark`, ofOld),
      () => endTakeOver(redis.connection, prefix, vault),
    ]) {
      await fill();
      expect(await keyState(redis.connection, prefix, other)).toBe('changed');
      await expect(
        takeOver({
          redis: redis.connection,
          prefix,
          vault: other,
          scheme: { timeZone: 'Europe/Paris' },
          queuePrefix: redis.prefix,
          replicas: PLAIN,
          log,
          signal: new AbortController().signal,
        }),
      ).rejects.toThrow(KeyChanged);
    }
  });
});
