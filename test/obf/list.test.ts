import * as fc from 'fast-check';
import { asAssertionId, asClientId, asEventId } from '../../src/ids.js';
import { readList } from '../../src/obf/list.js';
import { recipientPage } from '../../src/obf/rows.js';
import type { Page } from '../../src/obf/types.js';
import { B1, openBench, type Bench } from './bench.js';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('2 500 recipients of one event come in three calls, each once; those of other events stay out', async () => {
  const addresses = Array.from({ length: 2500 }, (_, index) => `earner.${index}@example.org`);
  const hand = { clientId: 'P1', badgeId: B1 };
  bench.sandbox.issueByHand({ ...hand, recipients: ['other@example.org'] });
  const event = bench.sandbox.issueByHand({ ...hand, recipients: addresses, issuedOnS: 5, expiresOnS: 9 });
  bench.sandbox.revokeByHand(event.id, ['earner.7@example.org']);
  const { recipients: all, ...read } = await bench.account().recipientsOf(asEventId(event.id));
  expect(read).toEqual({ distinct: 2500, isWhole: true, odd: [] });
  expect(all.map((one) => one.email)).toEqual(addresses);
  expect(all[7]).toEqual({
    assertionId: asAssertionId(event.assertions[7]?.id ?? ''),
    eventId: event.id,
    email: 'earner.7@example.org',
    name: expect.anything(),
    issuedOnS: 5,
    expiresOnS: 9,
    revoked: true,
  });
  expect(all.filter((one) => one.revoked)).toHaveLength(1);
  const offsets = bench.calls('GET recipient').map(({ query }) => [query['limit'], query['offset']]);
  expect(offsets).toEqual([
    ['1000', '0'],
    ['1000', '999'],
    ['1000', '1998'],
  ]);
});

test('events come by the page, filtered; badges all, without drafts', async () => {
  const account = bench.account();
  bench.sandbox.addBadge({ clientId: 'P1', id: 'DRAFT', name: 'Draft', draft: true });
  bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B2', recipients: ['a@example.org'] });
  const page = await account.events({ badgeId: B1, limit: 1, beginS: 0 });
  expect(page).toMatchObject({ total: 2, rows: [{ clientId: 'P1', badgeId: 'B1', logEntry: null }] });
  expect(page.rows).toHaveLength(1);
  expect((await account.events({})).total).toBe(3);
  expect((await account.badges()).map((badge) => badge.id)).toEqual(['B1', 'B2']);
  expect(await account.issuingLimit()).toBeNull();
});

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** One page of these rows. */
const page = (
  rows: readonly number[],
  offset: number,
  total: number | null = rows.length,
  limit = 1000,
): Page<number> => {
  const some = rows.slice(offset, offset + limit);
  return { rows: some, odd: [], keys: some.map(String), total };
};

/** Reads a list that `pageAt` serves; with the offsets that were asked for. */
async function readOut(pageAt: (offset: number, call: number) => Page<number>) {
  const [rows, offsets]: [number[], number[]] = [[], []];
  const read = await readList<number>({
    pageAt: async (offset) => pageAt(offset, offsets.push(offset) - 1),
    keyOf: String,
    onRows: (more) => void rows.push(...more),
  });
  return { ...read, rows: rows.toSorted((a, b) => a - b), offsets };
}

test.each([
  ['nothing', 0, null, 1],
  ['an exact page, no total', 1000, null, 2],
  ['an exact page, with total', 1000, 1000, 1],
  ['two and a half, no total', 2500, null, 3],
  ['two and a half, with total', 2500, 2500, 3],
])('a list that holds still is read once: %s', async (_, count, total, calls) => {
  const read = await readOut((offset) => page(numbers(0, count), offset, total));
  expect(read).toMatchObject({ rows: numbers(0, count), distinct: count, isWhole: true, odd: [] });
  expect(read.offsets).toHaveLength(calls);
});

test('a server that gives less at once than asked', async () => {
  const read = await readOut((offset) => page(numbers(0, 250), offset, 250, 100));
  expect(read).toMatchObject({ rows: numbers(0, 250), isWhole: true });
});

test('1 001 rows and one inserted in front between two pages: read again, nobody is missing', async () => {
  const read = await readOut((offset, call) =>
    page(call === 0 ? numbers(0, 1001) : numbers(-1, 1001), offset),
  );
  expect(read).toMatchObject({ rows: numbers(-1, 1001), isWhole: true, total: 1002 });
  expect(read.offsets).toEqual([0, 999, 0, 999]);
});

test('2 001 rows, one deleted and one added in the middle while they are read: the sum hides neither', async () => {
  const before = numbers(0, 2001);
  const after = [...numbers(1, 1500), 9999, ...numbers(1500, 2001)];
  const read = await readOut((offset, call) => page(call === 0 ? before : after, offset));
  expect(read.isWhole).toBe(true);
  expect(read.rows).toEqual(expect.arrayContaining([9999, 1000]));
});

test('another order at each call: whole once all passes together saw as many as there are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat()), async (limit, seeds) => {
      const all = numbers(0, 9);
      const shuffled = (): number[] =>
        all
          .map((row) => [Number(seeds.next().value), row] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, row]) => row);
      const read = await readOut((offset) => page(shuffled(), offset, all.length, limit));
      // A part is never taken for the whole.
      expect(read.isWhole ? read.rows : all).toEqual(all);
      if (read.rows.length < all.length) expect(read.isWhole).toBe(false);
    }),
  );
});

test.each([
  ['a total that counts more than there is', (offset: number) => page(numbers(0, 10), offset, 12), 10],
  ['a server that ignores the offset', () => page(numbers(0, 1000), 0, 2500), 1000],
  ['a server that ignores it, without a total', () => page(numbers(0, 1000), 0, null), 1000],
])('a part never passes for the whole, and the reading ends: %s', async (_, pageAt, seen) => {
  const read = await readOut(pageAt);
  expect(read).toMatchObject({ isWhole: false, distinct: seen });
  expect(read.offsets.length).toBeLessThanOrEqual(8);
});

test('rows that cannot be read count as rows, and are named without what they hold', async () => {
  const row = { event_id: 'E1', email: 'lou@example.org', issued_on: 1 };
  const odd = recipientPage(asClientId('P1'), {
    result: [
      { ...row, assertion_id: null },
      { ...row, assertion_id: 'A2' },
      { ...row, event_id: null, assertion_id: 'A3' },
    ],
    total: 3,
  });
  expect(odd.rows.map(({ assertionId }) => assertionId)).toEqual(['A2']);
  expect(odd.odd).toEqual([
    { clientId: 'P1', list: 'recipients', eventId: 'E1', field: 'assertion_id' },
    { clientId: 'P1', list: 'recipients', eventId: null, field: 'event_id' },
  ]);
  expect(JSON.stringify([odd.odd, odd.keys])).not.toContain('lou');
  expect(new Set(odd.keys).size).toBe(3);
});
