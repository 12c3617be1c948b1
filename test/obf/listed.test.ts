import * as fc from 'fast-check';
import { asAssertionId, asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { listCompleteEvents } from '../../src/obf/list.js';
import type { ObfAccount, ObfEvent, ObfRecipient, Page, PageQuery } from '../../src/obf/types.js';

const clientId = asClientId('P1');

const event = (id: string, recipientCount: number | null): ObfEvent => ({
  id: asEventId(id),
  clientId,
  badgeId: asBadgeId('B'),
  issuedOnS: 1,
  expiresOnS: null,
  createdS: 1,
  modifiedS: 1,
  recipientCount,
  logEntry: null,
});

const recipient = (of: string, id: string, email = `${id}@example.org`): ObfRecipient => ({
  assertionId: asAssertionId(id),
  eventId: asEventId(of),
  email,
  name: null,
  issuedOnS: 1,
  expiresOnS: null,
  revoked: false,
});

/** Lists of these rows, in pages of `size`; `total` may be kept back. */
function accountOf(
  events: readonly ObfEvent[],
  recipients: readonly ObfRecipient[],
  { size = 1000, tellsTotal = true } = {},
) {
  const calls: string[] = [];
  const page = <T>(
    name: string,
    all: readonly T[],
    keyOf: (row: T) => string,
    { offset = 0 }: PageQuery,
  ): Page<T> => {
    calls.push(`${name} ${offset}`);
    const rows = all.slice(offset, offset + size);
    return { rows, odd: [], keys: rows.map(keyOf), total: tellsTotal ? all.length : null };
  };
  const account = {
    clientId,
    events: async (query: PageQuery) => page('events', events, ({ id }) => id, query),
    recipients: async (query: PageQuery) =>
      page('recipients', recipients, ({ assertionId }) => assertionId, query),
  } as unknown as ObfAccount;
  return { account, calls };
}

const idsIn = async (account: ObfAccount, calls: number): Promise<readonly string[] | null> => {
  const whole = await listCompleteEvents(account, 0, calls);
  return whole === null ? null : [...whole.keys()];
};

test('two calls for all; an event whose recipients are not as many as its row says is left out', async () => {
  const { account, calls } = accountOf(
    [
      event('one', 1),
      event('two', 2),
      event('short', 2),
      event('more', 1),
      event('silent', null),
      event('none', 0),
    ],
    [
      recipient('two', 'b'),
      recipient('one', 'a'),
      recipient('short', 'c'),
      recipient('more', 'd'),
      recipient('more', 'e'),
      recipient('silent', 'f'),
      recipient('two', 'g'),
      recipient('unknown', 'h'),
    ],
  );
  expect(await idsIn(account, 4)).toEqual(['one', 'two']);
  expect(calls).toEqual(['events 0', 'recipients 0']);
});

test('a recipient without an address counts as read, and is nobody', async () => {
  const { account } = accountOf([event('one', 2)], [recipient('one', 'a'), recipient('one', 'b', '')]);
  const whole = await listCompleteEvents(account, 0, 4);
  expect(whole?.get(asEventId('one'))?.recipients.recipients.map(({ assertionId }) => assertionId)).toEqual([
    'a',
  ]);
});

test('lists that would cost more calls than allowed are given up at their first page', async () => {
  const rows = Array.from({ length: 5000 }, (_, at) => event(`e${at}`, 1));
  const many = accountOf(rows, []);
  expect(await idsIn(many.account, 4)).toBeNull();
  expect(many.calls).toEqual(['events 0']);
  const people = accountOf(
    [event('one', 5000)],
    Array.from({ length: 5000 }, (_, at) => recipient('one', `a${at}`)),
  );
  expect(await idsIn(people.account, 4)).toBeNull();
  expect(people.calls).toEqual(['events 0', 'recipients 0']);
});

test('an OBF that tells of more and gives no more is not believed', async () => {
  const account = {
    clientId,
    events: async () => ({ rows: [], odd: [], keys: [], total: 3 }),
  } as unknown as ObfAccount;
  expect(await idsIn(account, 100)).toBeNull();
});

test('whatever the order and the size of the pages, what is given back is whole', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 1, max: 7 }),
      fc.infiniteStream(fc.nat()),
      async (counts, size, seeds) => {
        const order = <T>(rows: readonly T[]): readonly T[] =>
          rows
            .map((row) => [Number(seeds.next().value), row] as const)
            .toSorted(([a], [b]) => a - b)
            .map(([, row]) => row);
        const events = counts.map((count, at) => event(`e${at}`, count));
        const all = counts.flatMap((count, at) =>
          Array.from({ length: count }, (_, one) => recipient(`e${at}`, `a${at}.${one}`)),
        );
        const { account, calls } = accountOf(order(events), order(all), { size });
        const whole = await listCompleteEvents(account, 0, 1000);
        // Pages overlap by one row.
        const pagesOf = (rows: number): number =>
          size === 1 ? rows : Math.max(1, Math.ceil((rows - 1) / (size - 1)));
        expect(calls.length).toBe(pagesOf(events.length) + pagesOf(all.length));
        expect(
          [...(whole ?? [])].map(([id, { recipients }]) => `${id} ${recipients.distinct}`).toSorted(),
        ).toEqual(counts.map((count, at) => `e${at} ${count}`).toSorted());
      },
    ),
  );
});
