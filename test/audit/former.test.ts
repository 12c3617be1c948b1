import { createAudit } from '../../src/audit/audit.js';
import { encodeEntry } from '../../src/audit/former-codec.js';
import { formerStream, takeOverAccount } from '../../src/audit/former.js';
import { createAuditPages } from '../../src/audit/reading-back.js';
import type { AuditEntry } from '../../src/audit/types.js';
import { asEarnerKey, asEventId } from '../../src/ids.js';
import { openConsumer, type RedisConnection } from '../../src/platform/redis.js';
import { recordKey } from '../../src/record/key.js';
import { setAside } from '../../src/record/record.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { cutAtScript } from '../support/stopped.js';
import { allOf, classOf, entryOf, NOON_S, ZONE } from './support.js';

let redis: TestRedis;
let prefix: string;
let count = 0;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  prefix = `${redis.prefix}${(count += 1)}`;
});
afterAll(() => redis.close());

const NOBODY = { earner: null, award: null, badgeId: null, assertions: [], event: null };
const DAY_S = 86_400;
const audit = () => createAudit(redis.connection, prefix, ZONE);
const taking = (
  connection: RedisConnection = redis.connection,
  untilNone: () => Promise<void> = async () => {},
) =>
  takeOverAccount({
    redis: connection,
    prefix,
    timeZone: ZONE,
    signal: new AbortController().signal,
    untilNone,
  });
const sorted = (entries: readonly AuditEntry[]) => entries.map((one) => JSON.stringify(one)).toSorted();

/** To the letter as it was written before: an entry in the stream of its part, and hashes that led to it. */
async function writeFormer(entries: readonly AuditEntry[], from = 0): Promise<void> {
  const { connection } = redis;
  for (const [nth, entry] of entries.entries()) {
    const at = from + nth;
    const [part, id] = [at % 16, `${entry.atS * 1000 + at}-0`];
    await connection.xadd(formerStream(prefix, part), id, ...encodeEntry(entry));
    await connection.hset(`${formerStream(prefix, part)}:of:${at % 7}`, `f${at}`, id);
    await connection.hset(`${formerStream(prefix, part)}:months`, '2026-11', id);
    await connection.hincrby(`${formerStream(prefix, part)}:issued:2026-11`, '2026-11-23 communiquer-1', 1);
    if (entry.event !== null)
      await connection.hset(`${prefix}:audit:events:{${at % 5}}`, entry.event, `${entry.atS * 1000}-1`);
  }
}

const town: readonly AuditEntry[] = [
  ...classOf(60),
  entryOf({ kind: 'applied', ...NOBODY, cause: 'ops', detail: 'first' }),
  entryOf({ kind: 'refused', event: null, detail: '400 no' }),
  entryOf({ ...NOBODY, award: entryOf().award, badgeId: entryOf().badgeId, cause: null }),
  ...classOf(30, { event: asEventId('G2'), atS: NOON_S + DAY_S, cause: 'apply' }),
  entryOf({ kind: 'erased', ...NOBODY, cause: 'ops', version: null, atS: NOON_S + 2 * DAY_S }),
  entryOf({ kind: 'erased', ...NOBODY, cause: 'ops', version: null, atS: NOON_S + 2 * DAY_S }),
];

async function expectTown(): Promise<void> {
  const read = await allOf(audit().read({}));
  expect(sorted(read)).toEqual(sorted(town));
  expect(read.map(({ atS }) => atS)).toEqual(read.map(({ atS }) => atS).toSorted((a, b) => a - b));
  expect(await audit().ofEarner(asEarnerKey('k1'))).toHaveLength(3);
  expect(await audit().ofEvent(asEventId('G2'))).toHaveLength(30);
  expect([...((await audit().issuedByDay({})).get('2026-11-23') ?? [])]).toEqual([['communiquer-1', 61]]);
  const former = (await keysLike(redis.connection, `${prefix}*`)).filter((key) =>
    /:audit:(\{\d+\}|events:)/.test(key),
  );
  expect(former).toEqual([]);
  expect(await redis.connection.exists(`${prefix}:audit:{log}:pending`)).toBe(0);
}

test('what an older Palier told of is told as it was, and nothing of its form is left', async () => {
  await writeFormer(town);
  expect(await taking()).toEqual({ taken: town.length, left: 0 });
  await expectTown();
  expect(await taking()).toEqual({ taken: 0, left: 0 });
  await expectTown();
});

test('three at the same time: the same, once', async () => {
  await writeFormer(town);
  const others = await Promise.all([testRedis(), testRedis()]);
  const counts = await Promise.all([taking(), ...others.map(({ connection }) => taking(connection))]);
  expect(counts.map(({ taken }) => taken).toSorted((a, b) => a - b)).toEqual([0, 0, town.length]);
  expect(counts.map(({ left }) => left)).toEqual([0, 0, 0]);
  await Promise.all(others.map(({ close }) => close()));
  await expectTown();
});

test('stopped in the middle, again and again, it goes on', async () => {
  await writeFormer(town);
  let stops = 0;
  for (;;) {
    const connection = openConsumer(redis.address);
    cutAtScript(connection, 35 * (stops + 1));
    const done = await taking(connection).then(
      () => true,
      () => false,
    );
    connection.disconnect();
    // It held its lock when it was killed.
    await redis.connection.del(`${prefix}:audit:{log}:taking-over`);
    if (done) break;
    stops += 1;
  }
  expect(stops).toBeGreaterThan(2);
  await expectTown();
}, 30_000);

test('what was written long ago is looked for where it was written', async () => {
  const old = classOf(200, { atS: NOON_S - 400 * DAY_S });
  await writeFormer([...old, ...classOf(200, { event: asEventId('G2') })]);
  await taking();
  const pages = createAuditPages(redis.connection, prefix, ZONE, 300);
  const asked = { fromS: NOON_S - 401 * DAY_S, untilS: NOON_S - 399 * DAY_S };
  const page = await pages.page(asked, { size: 200, way: 'older', beyond: null });
  expect([page.entries.length, page.isPartial]).toEqual([200, false]);
});

test('an event that is known of nobody any more stays known', async () => {
  await redis.connection.hset(`${prefix}:audit:events:{3}`, 'G7', '1795431600000-1795431600000');
  await taking();
  expect(await audit().knowsEvent(asEventId('G7'))).toBe(true);
  expect(await audit().ofEvent(asEventId('G7'))).toEqual([]);
});

test('about somebody whose record cannot be read, it stays until that is mended', async () => {
  await writeFormer(classOf(3));
  await redis.connection.set(recordKey(prefix, asEarnerKey('k1')), setAside(null));
  expect(await taking()).toEqual({ taken: 2, left: 1 });
  expect(await allOf(audit().read({}))).toHaveLength(2);
  await redis.connection.del(recordKey(prefix, asEarnerKey('k1')));
  expect(await taking()).toEqual({ taken: 1, left: 0 });
  expect(sorted(await allOf(audit().read({})))).toEqual(sorted(classOf(3)));
});

test('what an older process adds meanwhile is taken over too', async () => {
  const [first, late] = [classOf(20), classOf(3, { event: asEventId('G2'), atS: NOON_S + 60 })];
  await writeFormer(first);
  let asked = 0;
  const { taken } = await taking(redis.connection, async () => {
    asked += 1;
    // Behind the walk: it is asked once for the only slice, and again before what is left is removed.
    if (asked === 2) await writeFormer(late, 20);
  });
  expect(taken).toBe(23);
  expect(asked).toBeGreaterThan(2);
  expect(sorted(await allOf(audit().read({})))).toEqual(sorted([...first, ...late]));
  expect(
    (await keysLike(redis.connection, `${prefix}*`)).filter((key) => /:audit:\{\d+\}/.test(key)),
  ).toEqual([]);
});

test('what a later version wrote stays where it is, and is not said to be taken over', async () => {
  await writeFormer(classOf(3));
  const stream = formerStream(prefix, 1);
  await redis.connection.xadd(stream, `${NOON_S * 1000 + 9}-0`, 'k', '99', 't', String(NOON_S));
  expect(await taking()).toEqual({ taken: 3, left: 1 });
  expect(await redis.connection.xlen(stream)).toBe(1);
  expect(await taking()).toEqual({ taken: 0, left: 1 });
});

describe('a period that is over is told whole', () => {
  const TEN_MONTHS = 300;
  const COUNT = 1000;
  const MONTHS_AGO_S = NOON_S - TEN_MONTHS * DAY_S;
  const entries = Array.from({ length: COUNT }, (_, at) =>
    entryOf({
      earner: asEarnerKey(`k${at}`),
      event: asEventId(`G${at}`),
      atS: MONTHS_AGO_S + Math.floor((at * TEN_MONTHS * DAY_S) / COUNT),
    }),
  );
  const told = async (fromS: number, untilS: number) => {
    const pages = createAuditPages(redis.connection, prefix, ZONE);
    const page = await pages.page({ fromS, untilS }, { size: COUNT, way: 'older', beyond: null });
    return page.entries.toReversed();
  };
  const ofPeriod = (fromS: number, untilS: number) =>
    entries.filter(({ atS }) => atS >= fromS && atS < untilS);

  test('however many were taken over together', async () => {
    await writeFormer(entries);
    await taking();
    for (let day = 0; day < TEN_MONTHS; day += 15) {
      const [fromS, untilS] = [MONTHS_AGO_S + day * DAY_S, MONTHS_AGO_S + (day + 5) * DAY_S];
      expect(await told(fromS, untilS)).toEqual(ofPeriod(fromS, untilS));
    }
  });

  test('when something older was taken over behind it', async () => {
    const { connection } = redis;
    const isLate = (_: AuditEntry, at: number) => at >= 100 && at < 300;
    await writeFormer(entries.filter((one, at) => !isLate(one, at)));
    await taking();
    await writeFormer(entries.filter(isLate));
    await taking();
    const scores = await connection.zrange(`${prefix}:audit:{log}:times`, '0', '-1', 'WITHSCORES');
    const noted = scores.flatMap((row, at) =>
      at % 2 === 0 ? [[Number(row), Number(scores[at + 1])] as const] : [],
    );
    const byRow = noted.toSorted(([a], [b]) => a - b).map(([, ms]) => ms);
    expect(byRow).toEqual(byRow.toSorted((a, b) => a - b));
    const [fromS, untilS] = [NOON_S - 20 * DAY_S, NOON_S - 15 * DAY_S];
    expect(await told(fromS, untilS)).toEqual(ofPeriod(fromS, untilS));
  });
});
