import { asAssertionId, asEventId } from '../../src/ids.js';
import { ObfUnreadable } from '../../src/obf/errors.js';
import { readAll } from '../../src/obf/paging.js';
import type { Page } from '../../src/obf/types.js';
import { B1, errorOf, openBench, type Bench } from './bench.js';

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
  const all = await bench.account().recipientsOf(asEventId(event.id));
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
    ['1000', '1000'],
    ['1000', '2000'],
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

/** Serves `rows` by the thousand. */
const pages =
  (rows: readonly number[], total: number | null = null, limit = 1000) =>
  async (offset: number): Promise<Page<number>> => ({ rows: rows.slice(offset, offset + limit), total });
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test.each([
  ['nothing', pages([]), []],
  ['an exact page, no total', pages(numbers(0, 1000)), numbers(0, 1000)],
  ['an exact page, with total', pages(numbers(0, 1000), 1000), numbers(0, 1000)],
  ['two and a half, no total', pages(numbers(0, 2500)), numbers(0, 2500)],
  ['a server that gives less at once than asked', pages(numbers(0, 250), 250, 100), numbers(0, 250)],
  ['a total that counts more than there is', pages(numbers(0, 10), 12), numbers(0, 10)],
  [
    'a list that grows at its head while it is read',
    async (offset: number) => {
      const grown = offset === 0 ? numbers(0, 1500) : [-2, -1, ...numbers(0, 1500)];
      return { rows: grown.slice(offset, offset + 1000), total: grown.length };
    },
    numbers(0, 1500),
  ],
])('a list: %s', async (_, pageAt, expected) => {
  expect(await readAll('GET x', pageAt, String)).toEqual(expected);
});

test.each([
  ['with a total', 2500],
  ['without', null],
])(
  'a server that ignores the offset (%s) is found out: a part never passes for the whole',
  async (_, total) => {
    const same = async (): Promise<Page<number>> => ({ rows: numbers(0, 1000), total });
    expect(await errorOf(readAll('GET x', same, String))).toBeInstanceOf(ObfUnreadable);
  },
);
