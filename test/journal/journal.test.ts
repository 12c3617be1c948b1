import {
  JOURNAL_KINDS,
  journalLine,
  journalLineSchema,
  type JournalEntry,
} from '../../src/earners/journal-entry.js';
import { asAwardId, asBadgeId, asEarnerKey, asEventId } from '../../src/ids.js';
import type { Journal } from '../../src/journal/journal.js';
import { createTimeIndex, cursorOf, type IndexPlace, placeIn } from '../../src/journal/time-index.js';
import { createLogger } from '../../src/platform/logger.js';
import { createVault } from '../../src/platform/vault.js';
import { rebuildIndexes } from '../../src/workers/every-record.js';
import { breakRecord } from '../support/broken-record.js';
import { publishedSchema } from '../support/published-schema.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { type Stores, storesIn } from '../support/stores.js';
import { allOf, classOf, entryOf, NOON_S, ZONE } from './support.js';
import fc from 'fast-check';

describe('journal', () => {
  const DAY_S = 86_400;
  const NOBODY = { earner: null, award: null, badgeId: null, assertions: [], cause: null, event: null };
  const earner = asEarnerKey('k1');
  const event = asEventId('G1');
  const vault = createVault(Buffer.alloc(32, 7));

  let redis: TestRedis;
  let prefix: string;
  let stores: Stores;
  let journal: Journal;
  beforeAll(async () => {
    redis = await testRedis();
  });
  beforeEach(() => {
    prefix = `${redis.prefix}${Math.random()}`;
    stores = storesIn(redis.connection, prefix, vault);
    ({ journal } = stores);
  });
  afterAll(() => redis.close());

  const everything = (): Promise<readonly JournalEntry[]> => allOf(journal.read({}));
  const sorted = (entries: readonly JournalEntry[]): readonly string[] =>
    entries.map((entry) => JSON.stringify(entry)).toSorted();
  const issuedByDay = async (query: Parameters<Journal['issuedByDay']>[0] = {}) =>
    Object.fromEntries(
      [...(await journal.issuedByDay(query))].map(([day, counts]) => [day, Object.fromEntries(counts)]),
    );

  describe('written again', () => {
    test('an entry about a person is kept once, and counted once', async () => {
      const entries = classOf(50);
      await journal.write(entries);
      await journal.write(entries.toReversed());
      await journal.write([...entries, ...entries]);
      expect(sorted(await everything())).toEqual(sorted(entries));
      expect(sorted(await journal.ofEvent(event))).toEqual(sorted(entries));
      expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 50 } });
    });

    test('by many writers at the same moment: the same', async () => {
      const entries = classOf(100);
      const others = await Promise.all([testRedis(), testRedis()]);
      const writers = [
        journal,
        ...others.map(({ connection }) => storesIn(connection, prefix, vault).journal),
      ];
      await Promise.all(
        writers.flatMap((writer) => [writer.write(entries), writer.write(entries.toReversed())]),
      );
      await Promise.all(others.map(({ close }) => close()));
      expect(sorted(await everything())).toEqual(sorted(entries));
      expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 100 } });
    });

    test('with another instant or cause, an entry of the same event is the same: the first one stays', async () => {
      await journal.write([entryOf()]);
      await journal.write([entryOf({ atS: NOON_S + DAY_S, cause: 'poll.event.P1.E1' })]);
      expect(await journal.ofEarner(earner)).toEqual([entryOf()]);
      expect(await everything()).toEqual([entryOf()]);
    });

    test.each<[string, Partial<JournalEntry>]>([
      ['kind', { kind: 'found' }],
      ['earner', { earner: asEarnerKey('k2') }],
      ['badge', { badgeId: asBadgeId('R2') }],
      ['event', { event: asEventId('G2') }],
    ])('with another %s it is another one', async (_, part) => {
      await journal.write([entryOf(), entryOf(part)]);
      expect(sorted(await everything())).toEqual(sorted([entryOf(), entryOf(part)]));
    });

    test('without an event, its instant tells it apart', async () => {
      const flagged = entryOf({ kind: 'flagged', event: null });
      const later = { ...flagged, atS: NOON_S + 1 };
      await journal.write([later, flagged, later]);
      expect(await journal.ofEarner(earner)).toEqual([flagged, later]);
    });

    test('what is about nobody is not told apart: two erased at the same second are two', async () => {
      const erased = entryOf({ kind: 'erased', ...NOBODY });
      await journal.write([erased, erased]);
      expect(await everything()).toEqual([erased, erased]);
    });
  });

  test('the transition and its entry are one write: a record that is refused has neither', async () => {
    const refused = journal.updateWithEntries(earner, () => {
      throw new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
    expect(await keysLike(redis.connection, `${prefix}*`)).toEqual([]);
  });

  test('an OBF event tells whom it gave the award to, and not what became of it', async () => {
    const [first, last] = [entryOf(), entryOf({ earner: asEarnerKey('k2'), atS: NOON_S + DAY_S })];
    await journal.write([first, entryOf({ kind: 'revoked' }), entryOf({ kind: 'blocked' }), last]);
    await journal.write(classOf(20, { event: asEventId('G2') }));
    expect(sorted(await journal.ofEvent(event))).toEqual(sorted([first, last]));
    expect(await journal.ofEvent(asEventId('G0'))).toEqual([]);
  });

  test('views of their own pages are one entry a day, a number that names nobody, and outlast a rebuild', async () => {
    const at = (day: number): number => NOON_S + day * DAY_S;
    await Promise.all([0, 0, 0, 1].map((day) => journal.countView(at(day) + 60)));
    const viewed = (day: number, detail: string) =>
      entryOf({ ...NOBODY, kind: 'viewed', atS: at(day) - 12 * 3600, version: null, detail });
    const both = [viewed(0, '3'), viewed(1, '1')];
    expect(await everything()).toEqual(both);
    await journal.rebuild((async function* () {})());
    expect(await everything()).toEqual(both);
  });

  describe('issued by day', () => {
    /** The night from November to December begins at 23:00 UTC. */
    const MIDNIGHT_S = Date.UTC(2026, 10, 30, 23) / 1000;
    const at = (atS: number, part: Partial<JournalEntry> = {}) =>
      entryOf({ atS, event: asEventId(`G${atS}`), ...part });

    test('counts what was issued, by the calendar of the scheme', async () => {
      await journal.write([
        at(MIDNIGHT_S - 1),
        at(MIDNIGHT_S),
        at(MIDNIGHT_S + 1, { award: asAwardId('other') }),
        at(MIDNIGHT_S + 2, { earner: asEarnerKey('k2') }),
        at(MIDNIGHT_S + 3, { kind: 'found' }),
        at(MIDNIGHT_S + 4, { kind: 'revoked' }),
      ]);
      expect(await issuedByDay()).toEqual({
        '2026-11-30': { 'communiquer-1': 1 },
        '2026-12-01': { 'communiquer-1': 2, other: 1 },
      });
    });

    test.each([
      [{}, ['2026-11-30', '2026-12-01', '2027-01-15']],
      [{ fromS: MIDNIGHT_S }, ['2026-12-01', '2027-01-15']],
      [{ untilS: MIDNIGHT_S }, ['2026-11-30']],
      [{ untilS: MIDNIGHT_S + 1 }, ['2026-11-30', '2026-12-01']],
      [{ fromS: MIDNIGHT_S, untilS: MIDNIGHT_S + DAY_S }, ['2026-12-01']],
      [{ fromS: MIDNIGHT_S + 60 * DAY_S }, []],
    ])('of %j: whole days, in their order', async (query, days) => {
      await journal.write([at(Date.UTC(2027, 0, 15) / 1000), at(MIDNIGHT_S), at(MIDNIGHT_S - 1)]);
      const read = jest.spyOn(redis.connection, 'hmget');
      expect([...(await journal.issuedByDay(query)).keys()]).toEqual(days);
      expect(read.mock.calls.flatMap(([, ...fields]) => fields)).toHaveLength(days.length);
      read.mockRestore();
    });
  });

  const anyPart = fc.record({
    kind: fc.constantFrom(...JOURNAL_KINDS),
    atS: fc.integer({ min: NOON_S - 40 * DAY_S, max: NOON_S + 40 * DAY_S }),
    award: fc.constantFrom(null, asAwardId('communiquer-1'), asAwardId('communiquer-2')),
    earner: fc.option(
      fc.integer({ min: 1, max: 40 }).map((n) => asEarnerKey(`k${n}`)),
      { freq: 5 },
    ),
    event: fc.uuid().map(asEventId),
  });
  /** About nobody, less is told. */
  const asWritten = (part: Partial<JournalEntry>): JournalEntry =>
    part.earner === null ? entryOf({ ...part, cause: null, assertions: [], event: null }) : entryOf(part);
  const anyQuery = fc.record(
    {
      fromS: fc.integer({ min: NOON_S - 50 * DAY_S, max: NOON_S + 50 * DAY_S }),
      untilS: fc.integer({ min: NOON_S - 50 * DAY_S, max: NOON_S + 50 * DAY_S }),
      award: fc.constant(asAwardId('communiquer-1')),
      kinds: fc.subarray([...JOURNAL_KINDS]),
    },
    { requiredKeys: [] },
  );

  test('whatever is asked, streamed and page by page, both ways: as if every entry were looked at', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPart, { maxLength: 30 }),
        anyQuery,
        fc.integer({ min: 1, max: 7 }),
        async (parts, query, size) => {
          const entries = parts.map(asWritten);
          const fresh = storesIn(redis.connection, `${redis.prefix}${Math.random()}`, vault).journal;
          await fresh.write(entries);
          const { fromS = -Infinity, untilS = Infinity, award, kinds } = query;
          const asked = entries
            .filter(({ atS }) => fromS <= atS && atS < untilS)
            .filter((one) => award === undefined || one.award === award)
            .filter((one) => kinds === undefined || kinds.includes(one.kind));
          const read = await allOf(fresh.read(query));
          expect(sorted(read)).toEqual(sorted(asked));
          expect(read.map(({ atS }) => atS)).toEqual(asked.map(({ atS }) => atS).toSorted((a, b) => a - b));
          for (const way of ['older', 'newer'] as const) {
            const paged: JournalEntry[] = [];
            let beyond: IndexPlace | null = null;
            do {
              const {
                entries: shown,
                older,
                newer,
              } = await fresh.page(query, { size, direction: way, after: beyond });
              expect(shown.length).toBeLessThanOrEqual(size);
              paged.push(...(way === 'older' ? shown : shown.toReversed()));
              beyond = way === 'older' ? older : newer;
            } while (beyond !== null);
            expect(way === 'older' ? paged.toReversed() : paged).toEqual(read);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a page looks at so many places and no more, also where nothing stands any longer', async () => {
    const lost = classOf(5001).map((entry) => ({ member: `${entry.earner}:0`, entry }));
    await createTimeIndex(redis.connection, prefix, ZONE).add(lost);
    const first = await journal.page({}, { size: 10, direction: 'older', after: null });
    expect(first).toMatchObject({ entries: [], isPartial: true });
    expect(first.older).not.toBeNull();
    const second = await journal.page({}, { size: 10, direction: 'older', after: first.older });
    expect(second).toMatchObject({ entries: [], older: null, isPartial: false });
  });

  test('the index is rebuilt from the records, and one that cannot be read keeps the others from nothing', async () => {
    const entries = [...classOf(30), entryOf({ kind: 'erased', ...NOBODY })];
    await journal.write(entries);
    await stores.flags.add({ earner, badgeId: asBadgeId('R1'), atS: NOON_S });
    const [days, flags] = [await issuedByDay(), await stores.flags.list()];
    for (const key of await keysLike(redis.connection, `${prefix}:journal:*`))
      if (!key.endsWith(':general')) await redis.connection.del(key);
    await redis.connection.del(`${prefix}:flags`);
    expect([await everything(), await issuedByDay(), await stores.flags.list()]).toEqual([[], {}, []]);
    const log = createLogger('silent', 'test');
    const rebuild = () => rebuildIndexes({ ...stores, log }, new AbortController().signal);
    await rebuild();
    await rebuild();
    expect(sorted(await everything())).toEqual(sorted(entries));
    expect(sorted(await journal.ofEvent(event))).toEqual(sorted(classOf(30)));
    expect([await issuedByDay(), await stores.flags.list()]).toEqual([days, flags]);
    await breakRecord(redis.connection, prefix, 'k7');
    await rebuild();
    expect(await everything()).toHaveLength(entries.length - 1);
  });

  test('of who is erased it is told that it happened, and counted still', async () => {
    await journal.write(classOf(2));
    const { journal: theirs } = await stores.earners.read(earner);
    await journal.anonymise(earner, theirs);
    await journal.anonymise(earner, theirs);
    await stores.earners.update(earner, (record) => ({ ...record, journal: [] }));
    await journal.unindex(
      earner,
      theirs.map(({ atS }, at) => [at, atS] as const),
    );
    const anonymous = { earner: null, assertions: [], cause: null, event: null };
    expect(sorted(await everything())).toEqual(
      sorted([entryOf(anonymous), entryOf({ earner: asEarnerKey('k0') })]),
    );
    expect(await issuedByDay()).toEqual({ '2026-11-23': { 'communiquer-1': 2 } });
  });

  test('a cursor is one word, and only ours is read', () => {
    const place = { atS: 1_795_000_000, member: 'AbC_-3:12' };
    expect(placeIn(cursorOf(place))).toEqual(place);
    for (const text of ['', '1', '1-2-3', 'a-b:1', '1-k:2 ', `${'9'.repeat(16)}-k:0`])
      expect(placeIn(text)).toBeNull();
  });
});

describe('line', () => {
  test('docs/schema/audit.json is the schema of a line', () => {
    const { file, made } = publishedSchema('audit', journalLineSchema);
    expect(file).toEqual(made);
  });

  test('an entry as a line', () => {
    expect(journalLine(entryOf())).toEqual({
      kind: 'issued',
      at_s: NOON_S,
      at_iso: '2026-11-23T11:00:00.000Z',
      earner: 'k1',
      award: 'communiquer-1',
      badge: 'R1',
      assertions: ['a1', 'a2'],
      cause: 'webhook.event.P1.E1',
      version: '0123456789abcdef',
      event: 'G1',
      detail: null,
    });
  });

  test.each(JOURNAL_KINDS)('a line of kind %s is of the schema', (kind) => {
    const nothing = { earner: null, award: null, badgeId: null, assertions: [], cause: null, event: null };
    expect(journalLineSchema.safeParse(journalLine(entryOf({ kind })))).toMatchObject({ success: true });
    const bare = journalLine(entryOf({ kind, ...nothing, version: null }));
    expect(journalLineSchema.safeParse(bare)).toMatchObject({ success: true });
  });

  test('an instant that no calendar has is told in seconds alone', () => {
    expect(journalLine(entryOf({ atS: 10 ** 14 }))).toMatchObject({ at_s: 10 ** 14, at_iso: null });
  });
});
