import fc from 'fast-check';
import { createAudit } from '../../src/audit/audit.js';
import { cursorOf, placeIn } from '../../src/audit/place.js';
import { createAuditPages, type AuditPage, type AuditPages } from '../../src/audit/reading-back.js';
import { layoutOf } from '../../src/audit/layout.js';
import { encodeRow } from '../../src/audit/row.js';
import { ROWS_A_TIME } from '../../src/audit/scripts.js';
import type { Audit, AuditEntry, AuditQuery } from '../../src/audit/types.js';
import { asAwardId, asEarnerKey, asEventId } from '../../src/ids.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { classOf, entryOf, NOON_S, ZONE } from './support.js';

let redis: TestRedis;
let prefix: string;
let audit: Audit;
let pages: AuditPages;
let nth = 0;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  nth += 1;
  prefix = `${redis.prefix}${nth}`;
  audit = createAudit(redis.connection, prefix, ZONE);
  pages = createAuditPages(redis.connection, prefix, ZONE);
});
afterAll(() => redis.close());

const SIZE = 10;
const earnersOf = ({ entries }: AuditPage) => entries.map(({ earner }) => earner);

/** Everything, page by page from one end of the account to the other. */
async function allPages(query: AuditQuery, way: 'older' | 'newer', size = SIZE, from = pages) {
  const read: AuditPage[] = [];
  let page = await from.page(query, { size, way, beyond: null });
  for (;;) {
    read.push(page);
    const beyond = page[way];
    if (beyond === null) return read;
    page = await from.page(query, { size, way, beyond });
  }
}

const entriesIn = (read: readonly AuditPage[], way: 'older' | 'newer'): readonly AuditEntry[] =>
  (way === 'older' ? read : read.toReversed()).flatMap(({ entries }) => entries);

async function inOrderOfWriting(query: AuditQuery = {}): Promise<readonly AuditEntry[]> {
  const all: AuditEntry[] = [];
  for await (const entry of audit.read(query)) all.push(entry);
  return all;
}

test('an account without entries has one empty page', async () => {
  const page = await pages.page({}, { size: SIZE, way: 'older', beyond: null });
  expect(page).toEqual({ entries: [], older: null, newer: null, isPartial: false });
});

test.each(['older', 'newer'] as const)('every entry once, page by page (%s)', async (way) => {
  for (let at = 0; at < 35; at += 1)
    await audit.write([entryOf({ earner: asEarnerKey(`k${at}`), event: asEventId(`G${at}`) })]);
  const read = await allPages({}, way);
  expect(read.map(({ entries }) => entries.length)).toEqual([10, 10, 10, 5]);
  const told = entriesIn(read, way);
  expect(told).toEqual((await inOrderOfWriting()).toReversed());
  expect(new Set(told.map(({ earner }) => earner)).size).toBe(35);
});

test('rows of many people, and pages that end within one: nothing is left out, nothing shown twice', async () => {
  for (const event of ['G0', 'G1', 'G2']) await audit.write(classOf(32, { event: asEventId(event) }));
  for (const way of ['older', 'newer'] as const) {
    const told = entriesIn(await allPages({}, way, 7), way);
    expect(new Set(told.map(({ earner, event }) => `${earner} ${event}`)).size).toBe(96);
    expect(told).toEqual((await inOrderOfWriting()).toReversed());
  }
});

test('both ways, any size, any filter: what read tells', async () => {
  const awards = ['communiquer-1', 'communiquer-2'].map(asAwardId);
  const kinds = ['issued', 'refused', 'flagged'] as const;
  const entries = Array.from({ length: 120 }, (_, at) =>
    entryOf({
      kind: kinds[at % 3] ?? 'issued',
      award: awards[at % 2] ?? null,
      earner: asEarnerKey(`k${at}`),
      event: asEventId(`G${at}`),
      atS: NOON_S - 86_400 * at,
    }),
  );
  await audit.write(entries);
  const query = fc.record(
    {
      fromS: fc.integer({ min: NOON_S - 86_400 * 130, max: NOON_S + 1 }),
      untilS: fc.integer({ min: NOON_S - 86_400 * 130, max: NOON_S + 1 }),
      award: fc.constantFrom(...awards),
      kinds: fc.subarray([...kinds], { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
  const way = fc.constantFrom('older' as const, 'newer' as const);
  await fc.assert(
    fc.asyncProperty(query, way, fc.integer({ min: 1, max: 50 }), async (asked, direction, size) => {
      const told = entriesIn(await allPages(asked, direction, size), direction);
      expect(told).toEqual((await inOrderOfWriting(asked)).toReversed());
    }),
    { numRuns: 25 },
  );
});

test('back and forth shows the same page', async () => {
  await audit.write(classOf(40));
  const first = await pages.page({}, { size: SIZE, way: 'older', beyond: null });
  const second = await pages.page({}, { size: SIZE, way: 'older', beyond: first.older });
  const again = await pages.page({}, { size: SIZE, way: 'newer', beyond: second.newer });
  expect(again.entries).toEqual(first.entries);
  const forth = await pages.page({}, { size: SIZE, way: 'older', beyond: again.older });
  expect(forth.entries).toEqual(second.entries);
  expect([first.newer, again.newer]).toEqual([null, null]);
});

test('what was looked at in vain is not looked at again: the next page goes on behind it', async () => {
  await audit.write(classOf(1200));
  await audit.write([entryOf({ kind: 'blocked', earner: asEarnerKey('z'), event: asEventId('X') })]);
  await audit.write(classOf(1200, { event: asEventId('G2') }));
  const few = createAuditPages(redis.connection, prefix, ZONE, 60);
  const read = await allPages({ kinds: ['blocked'] }, 'older', SIZE, few);
  expect(read.flatMap(earnersOf)).toEqual(['z']);
  const last = read.length - 1;
  expect(read.map(({ isPartial }) => isPartial)).toEqual(read.map((_, at) => at < last));
  expect(last).toBeGreaterThan(0);
});

test('rows that tell of nobody are looked at too: they do not hold a page up', async () => {
  await audit.write([entryOf()]);
  const nobody = { sort: '[1,null,null,null]', atS: NOON_S, event: null, earners: [], told: null };
  await redis.connection.rpush(
    layoutOf(prefix).rows(0),
    ...Array.from({ length: 900 }, () => encodeRow(nobody)),
  );
  const few = createAuditPages(redis.connection, prefix, ZONE, 60);
  const read = await allPages({}, 'older', SIZE, few);
  expect(read[0]?.isPartial).toBe(true);
  expect(read.flatMap(earnersOf)).toEqual(['k1']);
});

test('what became known months later is found in its month', async () => {
  const march = Date.UTC(2020, 2, 3) / 1000;
  await audit.write([entryOf({ atS: march })]);
  const page = await pages.page(
    { fromS: march - 86_400, untilS: march + 86_400 },
    { size: SIZE, way: 'older', beyond: null },
  );
  expect(page.entries).toEqual([entryOf({ atS: march })]);
});

test('of a month that is over, nothing is read that was written later', async () => {
  const [old, recent] = [Date.UTC(2020, 2, 3), Date.UTC(2026, 2, 3)];
  const layout = layoutOf(prefix);
  const rowOf = (ms: number, at: number): Buffer =>
    encodeRow({
      sort: '[1,null,null,null]',
      atS: Math.floor(ms / 1000),
      event: null,
      earners: [asEarnerKey(`k${at}`)],
      told: null,
    });
  const rows = Array.from({ length: 2020 }, (_, at) => rowOf(at < 20 ? old : recent, at));
  await redis.connection.rpush(layout.rows(0), ...rows);
  for (let at = 0; at < rows.length; at += ROWS_A_TIME)
    await redis.connection.zadd(layout.times, (at < 20 ? old : recent) + at, at);
  await redis.connection.hset(layout.months, { '2020-03': 0, '2026-03': 20 });
  const few = createAuditPages(redis.connection, prefix, ZONE, 20);
  const asked = { fromS: old / 1000 - 60, untilS: old / 1000 + 60 };
  const read = await allPages(asked, 'older', 20, few);
  // Of the rows whose time is noted as one, those that came later are looked at in vain, and no others.
  expect(read.length).toBeLessThan(5);
  expect(read.flatMap(earnersOf)).toEqual(Array.from({ length: 20 }, (_, at) => `k${19 - at}`));
});

test('a cursor is one word, and only ours is read', () => {
  const place = { row: 1_795_000_000, nth: 3 };
  expect(placeIn(cursorOf(place))).toEqual(place);
  for (const text of ['', '1', '-1-2', '1-2-3', 'a-b', '1-2 ', `${'9'.repeat(16)}-0`])
    expect(placeIn(text)).toBeNull();
});
