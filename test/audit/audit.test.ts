import fc from 'fast-check';
import { createAudit } from '../../src/audit/audit.js';
import { identityOf, layoutOf, ROWS_A_LIST } from '../../src/audit/layout.js';
import { decodeNotes, encodeNote } from '../../src/audit/notes.js';
import { anonymousRow, decodeRow, encodeHead, encodeRow } from '../../src/audit/row.js';
import { sortWord } from '../../src/audit/sort.js';
import { auditStore } from '../../src/audit/store.js';
import { AUDIT_KINDS, type Audit, type AuditEntry } from '../../src/audit/types.js';
import { wordNumberOf } from '../../src/audit/words.js';
import { asAwardId, asBadgeId, asEarnerKey, asEventId } from '../../src/ids.js';
import { amendRecord } from '../../src/record/amend.js';
import { recordKey } from '../../src/record/key.js';
import { splitRecord } from '../../src/record/record.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { allOf, classOf, entryOf, NOON_S, ZONE } from './support.js';

const DAY_S = 86_400;
const NOBODY = { earner: null, award: null, badgeId: null, assertions: [], cause: null, event: null };
const earner = asEarnerKey('k1');
const event = asEventId('G1');

let redis: TestRedis;
let prefix: string;
let audit: Audit;
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => {
  prefix = `${redis.prefix}${Math.random()}`;
  audit = createAudit(redis.connection, prefix, ZONE);
});
afterAll(() => redis.close());

const everything = (): Promise<readonly AuditEntry[]> => allOf(audit.read({}));
const sorted = (entries: readonly AuditEntry[]): readonly string[] =>
  entries.map((entry) => JSON.stringify(entry)).toSorted();
const issuedByDay = async (query: Parameters<Audit['issuedByDay']>[0] = {}) =>
  Object.fromEntries(
    [...(await audit.issuedByDay(query))].map(([day, counts]) => [day, Object.fromEntries(counts)]),
  );

describe('written again', () => {
  test('an entry about a person is kept once, and counted once', async () => {
    const entries = classOf(50);
    await audit.write(entries);
    await audit.write(entries.toReversed());
    await audit.write([...entries, ...entries]);
    expect(sorted(await everything())).toEqual(sorted(entries));
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted(entries));
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 50 } });
  });

  test('by many writers at the same moment: the same', async () => {
    const entries = classOf(200);
    const others = await Promise.all([testRedis(), testRedis()]);
    const writers = [audit, ...others.map(({ connection }) => createAudit(connection, prefix, ZONE))];
    await Promise.all(
      writers.flatMap((writer) => [writer.write(entries), writer.write(entries.toReversed())]),
    );
    await Promise.all(others.map(({ close }) => close()));
    expect(sorted(await everything())).toEqual(sorted(entries));
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted(entries));
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 200 } });
  });

  test('with another instant or cause, an entry of the same event is the same: the first one stays', async () => {
    await audit.write([entryOf()]);
    await audit.write([entryOf({ atS: NOON_S + DAY_S, cause: 'poll.event.P1.E1' })]);
    expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
  });

  test.each<[string, Partial<AuditEntry>]>([
    ['kind', { kind: 'found' }],
    ['earner', { earner: asEarnerKey('k2') }],
    ['badge', { badgeId: asBadgeId('R2') }],
    ['event', { event: asEventId('G2') }],
  ])('with another %s it is another one', async (_, part) => {
    await audit.write([entryOf(), entryOf(part)]);
    expect(sorted(await everything())).toEqual(sorted([entryOf(), entryOf(part)]));
  });

  test('without an event, its instant tells it apart', async () => {
    const flagged = entryOf({ kind: 'flagged', event: null });
    const later = { ...flagged, atS: NOON_S + 1 };
    await audit.write([later, flagged, later]);
    expect(await audit.ofEarner(earner)).toEqual([flagged, later]);
  });

  test('what is about nobody is not told apart: two erased at the same second are two', async () => {
    const erased = entryOf({ kind: 'erased', ...NOBODY });
    await audit.write([erased, erased]);
    expect(await everything()).toEqual([erased, erased]);
  });
});

describe('an OBF event', () => {
  test('is known once somebody was given the award by it, or found to have been', async () => {
    await audit.write([
      entryOf({ kind: 'revoked', event: asEventId('G9') }),
      entryOf({ kind: 'found', event: asEventId('G2') }),
      entryOf(),
    ]);
    const known = ['G1', 'G2', 'G9', 'G0'].map((id) => audit.knowsEvent(asEventId(id)));
    expect(await Promise.all(known)).toEqual([true, true, false, false]);
  });

  test('written in parts, with others in between, tells everyone of them, and nobody else', async () => {
    const [first, second] = [classOf(60).slice(0, 40), classOf(60).slice(20)];
    await audit.write([...first, ...classOf(20, { event: asEventId('G2') })]);
    await audit.write(second);
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted(classOf(60)));
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 80 } });
  });

  test('tells whom it gave the award to, and not what became of it', async () => {
    const [first, last] = [entryOf(), entryOf({ earner: asEarnerKey('k2') })];
    await audit.write([first, entryOf({ kind: 'revoked' }), entryOf({ kind: 'blocked' }), last]);
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted([first, last]));
  });

  test('is looked for in the rows of its writings alone', async () => {
    const { given } = auditStore(redis.connection, prefix, ZONE);
    const [first, last] = [entryOf(), entryOf({ earner: asEarnerKey('k2') })];
    for (const one of [first, entryOf({ event: asEventId('G2') }), last]) await audit.write([one]);
    expect(await given.rowsOf(event)).toEqual([0, 2]);
    await given.note(event, [2, 0, 0]);
    expect(await given.rowsOf(event)).toEqual([0, 2]);
  });

  test('whose row was lost with a Redis server is not known, until it is written again', async () => {
    await audit.write(classOf(3));
    const lost = layoutOf(prefix);
    const { connection } = redis;
    await connection.del(lost.rows(0), lost.last, lost.times, lost.months, lost.issued('2026-11'));
    expect(await audit.knowsEvent(event)).toBe(false);
    const other = classOf(2, { event: asEventId('G2') });
    await audit.write(other);
    expect(await audit.knowsEvent(event)).toBe(false);
    await audit.write(classOf(3));
    expect(await audit.knowsEvent(event)).toBe(true);
    expect(sorted(await everything())).toEqual(sorted([...other, ...classOf(3)]));
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 5 } });
  });

  test('of which some rows were lost with a Redis server is not known, until those are written again', async () => {
    const all = classOf(100);
    await audit.write(all);
    const { connection } = redis;
    const layout = layoutOf(prefix);
    const { log, given } = auditStore(connection, prefix, ZONE);
    expect(await log.length()).toBe(2);
    // The master that took over had not heard of the last of them.
    await connection.rpop(layout.rows(0));
    await connection.hincrby(layout.issued('2026-11'), '2026-11-23 communiquer-1', -36);
    expect(await audit.knowsEvent(event)).toBe(false);
    const other = classOf(2, { event: asEventId('G2') });
    await audit.write(other);
    expect(await audit.knowsEvent(event)).toBe(false);
    await audit.write(all);
    expect(await audit.knowsEvent(event)).toBe(true);
    expect(await given.rowsOf(event)).toEqual([0, 2]);
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted(all));
    expect(sorted(await everything())).toEqual(sorted([...other, ...all]));
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 102 } });
  });

  test('that is known of nobody gave to nobody', async () => {
    expect(await audit.ofEvent(event)).toEqual([]);
  });
});

describe('issued by day', () => {
  /** The night from November to December begins at 23:00 UTC. */
  const MIDNIGHT_S = Date.UTC(2026, 10, 30, 23) / 1000;
  const at = (atS: number, part: Partial<AuditEntry> = {}) =>
    entryOf({ atS, event: asEventId(`G${atS}`), ...part });

  test('counts what was issued, by the calendar of the scheme', async () => {
    await audit.write([
      at(MIDNIGHT_S - 1),
      at(MIDNIGHT_S),
      at(MIDNIGHT_S + 1, { award: asAwardId('two words') }),
      at(MIDNIGHT_S + 2, { earner: asEarnerKey('k2') }),
      at(MIDNIGHT_S + 3, { kind: 'found' }),
      at(MIDNIGHT_S + 4, { kind: 'revoked' }),
    ]);
    expect(await issuedByDay()).toEqual({
      '2026-11-30': { 'communiquer-1': 1 },
      '2026-12-01': { 'communiquer-1': 2, 'two words': 1 },
    });
  });

  test.each([
    [{}, ['2026-11-30', '2026-12-01', '2027-01-15']],
    [{ fromS: MIDNIGHT_S - 1 }, ['2026-11-30', '2026-12-01', '2027-01-15']],
    [{ fromS: MIDNIGHT_S }, ['2026-12-01', '2027-01-15']],
    [{ untilS: MIDNIGHT_S }, ['2026-11-30']],
    [{ untilS: MIDNIGHT_S + 1 }, ['2026-11-30', '2026-12-01']],
    [{ fromS: MIDNIGHT_S, untilS: MIDNIGHT_S + DAY_S }, ['2026-12-01']],
    [{ fromS: MIDNIGHT_S + 60 * DAY_S }, []],
  ])('of %j: whole days, in their order', async (query, days) => {
    await audit.write([at(Date.UTC(2027, 0, 15) / 1000), at(MIDNIGHT_S), at(MIDNIGHT_S - 1)]);
    expect([...(await audit.issuedByDay(query)).keys()]).toEqual(days);
  });
});

describe('reading', () => {
  test('of more than one page: everything, once, in the order of writing', async () => {
    const batches = [0, 1, 2].map((nth) => classOf(3000, { event: asEventId(`G${nth}`), atS: NOON_S - nth }));
    for (const entries of batches) await audit.write(entries);
    const read = await everything();
    expect(sorted(read)).toEqual(sorted(batches.flat()));
    // Within the milliseconds of one writing, the parts' order means nothing.
    expect(read.map((entry) => entry.event)).toEqual(batches.flat().map((entry) => entry.event));
  });

  test('goes by when it happened, whenever it was written', async () => {
    const old = entryOf({ atS: NOON_S - 400 * DAY_S, event: asEventId('G0') });
    const ahead = entryOf({ atS: NOON_S + 400 * DAY_S, event: asEventId('G2') });
    await audit.write([ahead]);
    await audit.write([entryOf()]);
    await audit.write([old]);
    const read = (fromS: number, untilS: number) => allOf(audit.read({ fromS, untilS }));
    expect(await everything()).toEqual([ahead, entryOf(), old]);
    expect(await read(NOON_S, NOON_S + 1)).toEqual([entryOf()]);
    expect(await read(NOON_S + 1, NOON_S + 401 * DAY_S)).toEqual([ahead]);
    expect(await read(0, NOON_S)).toEqual([old]);
  });

  test('what was written by the days of another time zone is found too', async () => {
    const newYear = entryOf({ atS: Date.UTC(2026, 11, 31, 23, 30) / 1000 });
    await createAudit(redis.connection, prefix, 'America/Cayenne').write([newYear]);
    const elsewhere = createAudit(redis.connection, prefix, 'Indian/Reunion');
    expect(await allOf(elsewhere.read({ fromS: newYear.atS }))).toEqual([newYear]);
  });

  test('of what was asked for, and of all of it: as if every entry were looked at', async () => {
    const anyPart = fc.record({
      kind: fc.constantFrom(...AUDIT_KINDS),
      atS: fc.integer({ min: NOON_S - 40 * DAY_S, max: NOON_S + 40 * DAY_S }),
      award: fc.constantFrom(null, asAwardId('communiquer-1'), asAwardId('communiquer-2')),
      earner: fc.integer({ min: 1, max: 40 }).map((n) => asEarnerKey(`k${n}`)),
      event: fc.uuid().map(asEventId),
    });
    const anyQuery = fc.record(
      {
        fromS: fc.integer({ min: NOON_S - 50 * DAY_S, max: NOON_S + 50 * DAY_S }),
        untilS: fc.integer({ min: NOON_S - 50 * DAY_S, max: NOON_S + 50 * DAY_S }),
        award: fc.constant(asAwardId('communiquer-1')),
        kinds: fc.subarray([...AUDIT_KINDS]),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyPart, { maxLength: 30 }), anyQuery, async (parts, query) => {
        const entries = parts.map(entryOf);
        const fresh = createAudit(redis.connection, `${redis.prefix}${Math.random()}`, ZONE);
        await fresh.write(entries);
        const { fromS = -Infinity, untilS = Infinity, award, kinds } = query;
        const asked = entries
          .filter(({ atS }) => fromS <= atS && atS < untilS)
          .filter((one) => award === undefined || one.award === award)
          .filter((one) => kinds === undefined || kinds.includes(one.kind));
        expect(sorted(await allOf(fresh.read(query)))).toEqual(sorted(asked));
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test('a later version’s entries are skipped, wherever they are met', async () => {
    await audit.write([entryOf()]);
    const { connection } = redis;
    const layout = layoutOf(prefix);
    const row = { atS: NOON_S, event, earners: [earner], told: null };
    const later = [encodeRow({ ...row, sort: '[13,null,null,null]' }), Buffer.of(255), Buffer.alloc(0)];
    await connection.rpush(layout.rows(0), ...later);
    await amendRecord(connection, recordKey(prefix, earner), (record) => ({
      ...record,
      account: Buffer.concat([
        record.account,
        ...[1, 2, 3, 4].map((at) =>
          encodeNote({ row: at, assertions: [], cause: null, detail: null }, earner),
        ),
      ]),
    }));
    expect(await everything()).toEqual([entryOf()]);
    expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
    expect(await audit.ofEvent(event)).toEqual([entryOf()]);
  });
});

test('a person’s own entries come oldest first, whenever they were written', async () => {
  const [older, newer] = [entryOf({ atS: NOON_S - 5, event: asEventId('G0') }), entryOf({ kind: 'flagged' })];
  await audit.write([newer, ...classOf(300).filter((one) => one.earner !== earner)]);
  await audit.write([older]);
  expect(await audit.ofEarner(earner)).toEqual([older, newer]);
  expect(await audit.ofEarner(asEarnerKey('k-unknown'))).toEqual([]);
});

describe('a writer that is stopped', () => {
  const identity = identityOf(entryOf());
  const counting = { month: '2026-11', field: '2026-11-23 communiquer-1', writtenMs: null };
  const part = { identity, bytes: Buffer.from('\u0002k1') };
  const head = encodeHead(
    { sort: '[1,"communiquer-1","R1","0123456789abcdef"]', atS: NOON_S, event },
    'named',
  );

  test('before the record names the row goes on with that row', async () => {
    const { log } = auditStore(redis.connection, prefix, ZONE);
    expect(await log.append(head, [part], counting)).toEqual([0]);
    await audit.write([entryOf()]);
    await audit.write([entryOf()]);
    expect(await everything()).toEqual([entryOf()]);
    expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 1 } });
    expect(await redis.connection.exists(layoutOf(prefix).pending)).toBe(0);
  });

  test('when another one wrote the same meanwhile has its row taken back', async () => {
    const { log } = auditStore(redis.connection, prefix, ZONE);
    await audit.write([entryOf()]);
    expect(await log.append(head, [part], counting)).toEqual([1]);
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 2 } });
    await audit.write([entryOf()]);
    expect(await everything()).toEqual([entryOf()]);
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 1 } });
    expect(await redis.connection.exists(layoutOf(prefix).pending)).toBe(0);
  });

  test('in the middle of forgetting goes on: each row once', async () => {
    await audit.write([entryOf(), entryOf({ kind: 'flagged' })]);
    const { log } = auditStore(redis.connection, prefix, ZONE);
    const [row = Buffer.alloc(0)] = await log.range(0, 1);
    const { sort = 0 } = decodeRow(row) ?? {};
    const nobody = { sort, atS: NOON_S, event };
    await log.forget(0, row, encodeRow({ ...nobody, earners: [], told: null }), anonymousRow(nobody));
    expect(await audit.forget(earner)).toBe(1);
    expect(await everything()).toHaveLength(2);
  });
});

test('more rows than a list holds: everything, once, in the order of writing', async () => {
  const layout = layoutOf(prefix);
  await audit.write([entryOf({ kind: 'applied', ...NOBODY, detail: 'first' })]);
  const [filler = Buffer.alloc(0)] = await redis.connection.lrangeBuffer(layout.rows(0), 0, 0);
  for (let at = 1; at < ROWS_A_LIST - 2; at += 1000)
    await redis.connection.rpush(
      layout.rows(0),
      ...Array.from({ length: Math.min(1000, ROWS_A_LIST - 2 - at) }, () => filler),
    );
  const entries = classOf(300);
  await audit.write(entries);
  expect(await redis.connection.llen(layout.rows(0))).toBe(ROWS_A_LIST);
  expect(await redis.connection.llen(layout.rows(1))).toBe(3);
  const read = await everything();
  expect(read.slice(0, 2).map((entry) => entry.detail)).toEqual(['first', 'first']);
  expect(sorted(read.slice(ROWS_A_LIST - 2))).toEqual(sorted(entries));
  expect(await audit.ofEarner(asEarnerKey('k299'))).toEqual([entries[299]]);
  expect(await audit.forget(asEarnerKey('k5'))).toBe(1);
  expect(sorted(await createAudit(redis.connection, prefix, ZONE).ofEvent(event))).toEqual(
    sorted(entries.filter((one) => one.earner !== 'k5')),
  );
});

test('a Redis that was emptied under our hands tells of what is written from then on', async () => {
  await audit.write([entryOf()]);
  for (const key of await keysLike(redis.connection, `${prefix}*`)) await redis.connection.del(key);
  const later = entryOf({ event: asEventId('G2') });
  await audit.write([later]);
  const fresh = createAudit(redis.connection, prefix, ZONE);
  expect(await fresh.ofEarner(earner)).toEqual([later]);
  expect(await allOf(fresh.read({}))).toEqual([later]);
});

test('of two words that have one number the second is written out', async () => {
  const entries = [entryOf(), entryOf({ kind: 'applied', ...NOBODY, cause: 'a.b' })];
  const words = [...entries.map(sortWord), 'webhook.event.P1', 'a'];
  for (const word of words)
    await redis.connection.hset(layoutOf(prefix).words, wordNumberOf(word), `not ${word}`);
  await audit.write(entries);
  expect(await everything()).toEqual(entries);
  expect(await createAudit(redis.connection, prefix, ZONE).ofEarner(earner)).toEqual([entryOf()]);
  expect(await audit.forget(earner)).toBe(1);
  expect(await audit.ofEarner(earner)).toEqual([]);
});

test('of whom the record was lost it is told that it happened; written again, it is whole, and once', async () => {
  await audit.write(classOf(3));
  await redis.connection.del(recordKey(prefix, earner));
  expect(await audit.ofEarner(earner)).toEqual([]);
  expect((await everything())[1]).toEqual(entryOf({ assertions: [], cause: null }));
  await audit.write(classOf(3));
  expect(await everything()).toEqual(classOf(3));
  expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
  expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 3 } });
});

test('no address is kept, were OBF to name one', async () => {
  await audit.write([entryOf({ kind: 'refused', detail: '400 bad recipient lou.martin@example.org' })]);
  expect((await audit.ofEarner(earner))[0]?.detail).toBe('400 bad recipient [address]');
  expect(await dump()).not.toMatch(/lou|example/);
});

/** All that Redis holds of this account, to be searched: what it says, and its bytes as text. */
async function dump(): Promise<string> {
  const { connection } = redis;
  const found = (await keysLike(connection, `${prefix}*`)).map(async (key): Promise<unknown> => {
    const type = await connection.type(key);
    if (type === 'hash') return [key, await connection.hgetall(key)];
    if (type === 'zset') return [key, await connection.zrange(key, '0', '-1')];
    if (type === 'list')
      return [
        key,
        (await connection.lrangeBuffer(key, 0, -1)).map((row) => [row.toString('latin1'), decodeRow(row)]),
      ];
    const bytes = await connection.getBuffer(key);
    const { account } = splitRecord(key.includes('{log}') ? null : bytes);
    return [key, bytes?.toString('latin1'), decodeNotes(account, asEarnerKey('whoever'))];
  });
  return JSON.stringify(await Promise.all(found));
}

describe('forgetting', () => {
  const anonymous = (entry: AuditEntry): AuditEntry => ({
    ...entry,
    earner: null,
    assertions: [],
    cause: null,
    event: null,
    detail: null,
  });

  test('leaves that awards were given, and not to whom', async () => {
    const others = classOf(300).filter((one) => one.earner !== earner);
    const ours = [entryOf(), entryOf({ kind: 'refused', event: null, detail: '400' })];
    await audit.write([...ours, ...others]);
    expect(await audit.forget(earner)).toBe(2);
    expect(await audit.ofEarner(earner)).toEqual([]);
    expect(sorted(await everything())).toEqual(sorted([...others, ...ours.map(anonymous)]));
    expect(sorted(await audit.ofEvent(event))).toEqual(sorted(others));
    expect(await audit.knowsEvent(event)).toBe(true);
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 300 } });
  });

  test('once nobody is left of a row, it tells of no event either; that the event is known stays', async () => {
    await audit.write(classOf(2));
    const rows = async () =>
      (await auditStore(redis.connection, prefix, ZONE).log.range(0, 9)).map(decodeRow);
    await audit.forget(asEarnerKey('k0'));
    expect((await rows()).map((row) => row?.event)).toEqual([event, null]);
    await audit.forget(earner);
    expect((await rows()).map((row) => row?.event)).toEqual([null, null, null]);
    expect(await audit.ofEvent(event)).toEqual([]);
    expect(await audit.knowsEvent(event)).toBe(true);
  });

  test('may be repeated, by many at a time', async () => {
    await audit.write(classOf(3));
    const counts = await Promise.all(Array.from({ length: 8 }, () => audit.forget(earner)));
    expect(counts.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    expect(await audit.forget(earner)).toBe(0);
    expect(await everything()).toHaveLength(3);
  });

  test('leaves nothing in Redis that tells of the person', async () => {
    const lou = asEarnerKey('LouMartinLouMartinLouM');
    await audit.write([
      entryOf({ earner: lou, cause: 'webhook.event.P1.LOU-CAUSE', event: null, detail: 'LOU' }),
    ]);
    expect(await dump()).toMatch(/LouMartin/);
    expect(await dump()).toMatch(/LOU-CAUSE/);
    await audit.forget(lou);
    await audit.forgetUnnamed();
    expect(await dump()).not.toMatch(/lou|"a1/i);
  });

  test('leaves no mark of the person either: what is written of them anew is new', async () => {
    await audit.write([entryOf()]);
    await audit.forget(earner);
    expect(await redis.connection.exists(recordKey(prefix, earner))).toBe(0);
    await audit.write([entryOf()]);
    expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
  });

  test('finds what no record names: its writer was stopped, or the record was lost', async () => {
    const { log, words } = auditStore(redis.connection, prefix, ZONE);
    const word = sortWord(entryOf());
    await words.enter([word]);
    const head = encodeHead({ sort: wordNumberOf(word), atS: NOON_S, event }, 'named');
    const counting = { month: '2026-11', field: '2026-11-23 communiquer-1', writtenMs: null };
    await log.append(head, [{ identity: identityOf(entryOf()), bytes: Buffer.from('\u0002k1') }], counting);
    const lost = classOf(3, { event: asEventId('G2') });
    await audit.write(lost);
    await redis.connection.del(recordKey(prefix, earner));
    expect(await audit.forget(earner)).toBe(0);
    expect(await audit.forgetUnnamed()).toBe(2);
    expect(await dump()).not.toMatch(/k1/);
    const others = lost.filter((one) => one.earner !== earner);
    const read = await everything();
    expect(sorted(read.filter((one) => one.earner !== null))).toEqual(sorted(others));
    expect(read.filter((one) => one.earner === null)).toHaveLength(2);
    expect(await redis.connection.exists(layoutOf(prefix).pending, layoutOf(prefix).leaving)).toBe(0);
    await audit.write([entryOf()]);
    expect(await audit.ofEarner(earner)).toEqual([entryOf()]);
  });

  test('leaves what was written of them afterwards', async () => {
    await audit.write([entryOf()]);
    await audit.forget(earner);
    const later = entryOf({ event: asEventId('G2') });
    await audit.write([later]);
    expect(await audit.forgetUnnamed()).toBe(0);
    expect(await audit.ofEarner(earner)).toEqual([later]);
  });

  test('some people leaves all others as they were', async () => {
    const entries = classOf(1000);
    const isLeaving = (_: AuditEntry, at: number): boolean => at % 20 === 7;
    const leaving = entries.filter(isLeaving);
    const staying = entries.filter((entry, at) => !isLeaving(entry, at));
    await audit.write(entries);
    for (const one of leaving) expect(await audit.forget(one.earner ?? earner)).toBe(1);
    expect(sorted(await everything())).toEqual(sorted([...staying, ...leaving.map(anonymous)]));
    for (const one of staying.slice(0, 100))
      expect(await audit.ofEarner(one.earner ?? earner)).toEqual([one]);
  });
});
