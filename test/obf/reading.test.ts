import { asAssertionId, asBadgeId, asClientId, asEventId, type EventId } from '../../src/ids.js';
import { isIssuedTo } from '../../src/obf/credential.js';
import {
  CredentialAbsent,
  ObfNotSent,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import type { HostedCredentials } from '../../src/obf/hosted.js';
import type { ObfAccount, PageQuery } from '../../src/obf/account.js';
import { IdSet, readList } from '../../src/obf/list.js';
import { changedPages, completenessOf, listCompleteEvents, type ListDepth } from '../../src/obf/events.js';
import { type ObfEvent, type ObfRecipient, type Page, pageForm, recipientRow } from '../../src/obf/wire.js';
import type { EventIndex } from '../../src/obf/read-state.js';
import type { AssertionRecord, EventRecord } from '../../src/sandbox/world.js';
import {
  B1,
  type Bench,
  closeStubs,
  errorOf,
  everythingOf,
  MAIL,
  openBench,
  openStub,
  type Stub,
} from './bench.js';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';

describe('list', () => {
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

  test('events come by the page; badges all, without drafts', async () => {
    const account = bench.account();
    bench.sandbox.addBadge({ clientId: 'P1', id: 'DRAFT', name: 'Draft', draft: true });
    bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B2', recipients: ['a@example.org'] });
    const page = await account.events({ limit: 1, beginS: 0 });
    expect(page).toMatchObject({ total: 3, rows: [{ clientId: 'P1', badgeId: 'B1' }] });
    expect(page.rows).toHaveLength(1);
    expect((await account.events({})).total).toBe(3);
    expect((await account.badges()).map((badge) => badge.id)).toEqual(['B1', 'B2']);
    expect(await account.issuingLimit()).toBeNull();
  });

  const numbers = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i);

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

  test('some deleted before a page, and one inserted before the next: the sum alone would hide them', async () => {
    const lists = [numbers(0, 30), numbers(3, 30), [-1, ...numbers(3, 30)]];
    const read = await readOut((offset, call) => page(lists[Math.min(call, 2)] ?? [], offset, undefined, 10));
    expect(read.isWhole).toBe(true);
    expect(read.rows).toEqual(expect.arrayContaining([-1, 10, 11]));
  });

  test('in another order at each call, and a row deleted: it does not make up for one that was never seen', async () => {
    const pages = [
      [0, 1],
      [2, 0],
      [1, 0],
    ];
    // The fourth of the first pass is never shown; from the second on, 2 is gone.
    const read = await readOut((_, call) => page(pages[call] ?? [0, 1], 0, call < pages.length ? 4 : 3));
    expect(read).toMatchObject({ isWhole: false, distinct: 3 });
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
    const odd = pageForm(asClientId('P1'), 'recipients', recipientRow).parse({
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

  test('a row is known by its id, whatever characters OBF may make ids of', async () => {
    const ids = ['urn:uuid:6f1', 'a/b', 'é', 7];
    const rows = ids.map((assertion_id) => ({ event_id: 'E1', assertion_id, issued_on: 1 }));
    const only = pageForm(asClientId('P1'), 'recipients', recipientRow).parse({ result: rows, total: 4 });
    expect(only.keys).toEqual(ids.map(String));
  });
});

test.each([3, null])(
  'recipients whose list changes each time it is read are not all of them (count %p)',
  (recipientCount) => {
    const read = { recipients: [], distinct: 3, isWhole: false, odd: [] };
    expect(completenessOf({ recipientCount }, read)).toBe('incomplete');
  },
);

describe('listed', () => {
  const clientId = asClientId('P1');

  const event = (id: string, recipientCount: number | null): ObfEvent => ({
    id: asEventId(id),
    clientId,
    badgeId: asBadgeId('B'),
    createdS: 1,
    modifiedS: 1,
    recipientCount,
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
    expect(whole?.get(asEventId('one'))?.recipients.recipients.map(({ assertionId }) => assertionId)).toEqual(
      ['a'],
    );
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
});

describe('changed events', () => {
  const clientId = asClientId('P1');
  const numbered = (from: number, to: number): readonly EventId[] =>
    Array.from({ length: to - from }, (_, at) => asEventId(`e${from + at}`));

  /** OBF lists `listed`, of which we know some, and may know others that it lists no longer. */
  function bench(listed: readonly EventId[], known: readonly EventId[], tellsTotal = true) {
    const offsets: number[] = [];
    const account = {
      clientId,
      events: async ({ offset = 0, limit = 1000 }: PageQuery) => {
        offsets.push(offset);
        const keys = listed.slice(offset, offset + limit);
        const rows = keys.map((id) => ({ id }) as ObfEvent);
        return { rows, odd: [], keys, total: tellsTotal ? listed.length : null };
      },
    } as unknown as ObfAccount;
    const set = new Set(known);
    const events: Pick<EventIndex, 'count' | 'compare'> = {
      count: async () => set.size,
      compare: async (_, rows) => ({
        unread: new Set(rows.map(({ id }) => id).filter((id) => !set.has(id))),
        changed: new Set(),
      }),
    };
    const look = async (how: ListDepth, picksLast: boolean): Promise<string[]> => {
      offsets.length = 0;
      const found = new Set<string>();
      const { signal } = new AbortController();
      for await (const page of changedPages(account, events, how, signal, () => picksLast))
        for (const { id } of page.events) found.add(id);
      return [...found];
    };
    return { look, offsets };
  }

  test.each([true, false])(
    'nothing new, however long the list: a poll is one call (last end: %s)',
    async (heads) => {
      for (const count of [0, 10, 999, 1001, 5000]) {
        const { look, offsets } = bench(numbered(0, count), numbered(0, count));
        expect(await look('an end', heads)).toEqual([]);
        expect([count, offsets.length]).toEqual([count, 1]);
      }
    },
  );

  test.each([true, false])(
    'news is found at once, at whichever end it stands (looks at the last: %s)',
    async (heads) => {
      const oldestFirst = bench(numbered(0, 3005), numbered(0, 3000));
      expect((await oldestFirst.look('an end', heads)).toSorted()).toEqual(numbered(3000, 3005));
      const newestFirst = bench([...numbered(3000, 3005), ...numbered(0, 3000)], numbered(0, 3000));
      expect((await newestFirst.look('an end', heads)).toSorted()).toEqual(numbered(3000, 3005));
    },
  );

  test('what OBF lists no longer hides a new event from one end, and not from the other', async () => {
    // Two gone, two new: the sum is right.
    const { look } = bench([...numbered(2, 3000), ...numbered(3000, 3002)], numbered(0, 3000));
    expect(await look('an end', false)).toEqual([]);
    expect(await look('an end', true)).toEqual(numbered(3000, 3002));
    expect((await look('both ends', false)).toSorted()).toEqual(numbered(3000, 3002));
  });

  test.each([true, false])('OBF lists fewer than we know: both ends are read (%s)', async (heads) => {
    const { look } = bench([...numbered(2000, 5000), asEventId('new')], numbered(0, 5000));
    expect(await look('an end', heads)).toEqual(['new']);
  });

  test.each(['an end', 'both ends', 'all'] as const)(
    'OBF tells no total of a long list: what is new in its middle is found (%s)',
    async (depth) => {
      const listed = numbered(0, 2600);
      const { look } = bench(
        listed,
        listed.filter((id) => id !== 'e1300'),
        false,
      );
      expect(await look(depth, false)).toEqual(['e1300']);
    },
  );

  test('whatever is known, a poll finds all that is new, unless something was taken off the list', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2600 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 2600 }), { maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        async (count, missing, heads, tellsTotal) => {
          const listed = numbered(0, count);
          const fresh = new Set(missing.filter((at) => at < count).map((at) => `e${at}`));
          const { look } = bench(
            listed,
            listed.filter((id) => !fresh.has(id)),
            tellsTotal,
          );
          expect(new Set(await look('an end', heads))).toEqual(fresh);
        },
      ),
    );
  });
});

describe('hosted', () => {
  let bench: Bench;
  let hosted: HostedCredentials;
  beforeAll(async () => {
    bench = await openBench();
    hosted = bench.obf().hosted;
  });
  afterAll(() => Promise.all([bench.close(), closeStubs()]));
  beforeEach(() => bench.sandbox.clearFaults());

  const hash = (text: string, algorithm = 'sha256'): string =>
    `${algorithm}$${createHash(algorithm).update(text).digest('hex')}`;

  const issue = (email: string = MAIL): { event: EventRecord; assertion: AssertionRecord } => {
    const hand = { clientId: 'P1', badgeId: 'B1', issuedOnS: 1_740_787_200, expiresOnS: 1_772_323_200 };
    const event = bench.sandbox.issueByHand({ ...hand, recipients: [email, 'other@example.org'] });
    const [assertion] = event.assertions;
    if (assertion === undefined) throw new Error('nothing issued');
    return { event, assertion };
  };
  const says = (assertion: AssertionRecord, eventId: string | null, revoked = false) => ({
    revokedOnly: false,
    assertionId: assertion.id,
    clientId: 'P1',
    badgeId: 'B1',
    eventId,
    issuedOnS: 1_740_787_200,
    expiresOnS: 1_772_323_200,
    revoked,
  });

  test.each([MAIL, ' jean.dupont@example.org ', 'JEAN.DUPONT@EXAMPLE.ORG'])(
    'a good credential of each format, for an address typed as %j',
    async (email) => {
      // The address in OBF and the one typed for us may differ in letter case.
      const { event, assertion } = issue(email.trim() === MAIL ? MAIL : email.trim().toLowerCase());
      expect(await hosted.read(assertion.url, email)).toEqual(says(assertion, null));
      expect(await hosted.read(assertion.urlV1, email)).toEqual(says(assertion, event.id));
    },
  );

  test('one that was accepted before is read again by its id alone; where OBF has no such format, in the other', async () => {
    const { event, assertion } = issue();
    expect(await hosted.readAgain(asAssertionId(assertion.id), 'v3')).toEqual(says(assertion, null));
    expect(await hosted.readAgain(asAssertionId(assertion.id), 'v2')).toEqual(says(assertion, event.id));
    bench.sandbox.fault({ route: 'GET credential', kind: 'status', status: 404 });
    expect(await hosted.readAgain(asAssertionId(assertion.id), 'v3')).toEqual(says(assertion, event.id));
    bench.sandbox.fault({ route: 'GET assertion', kind: 'status', status: 404 });
    expect(await hosted.readAgain(asAssertionId(assertion.id), 'v2')).toEqual(says(assertion, null));
    bench.sandbox.fault({ route: 'GET credential', kind: 'status', status: 500 });
    expect(await errorOf(hosted.readAgain(asAssertionId(assertion.id), 'v3'))).toBeInstanceOf(ObfNotSent);
  });

  test('a forged recipient is refused, and nothing more is read for it', async () => {
    const { assertion } = issue();
    for (const url of [assertion.url, assertion.urlV1]) {
      const from = bench.sandbox.calls.length;
      const error = await errorOf(hosted.read(url, 'thief@example.org'));
      expect(error).toBeInstanceOf(ObfRefused);
      expect(error).toMatchObject({ status: 422, detail: 'it was made for another address' });
      expect(everythingOf(error)).not.toContain('thief');
      expect(bench.sandbox.calls).toHaveLength(from + 1);
    }
  });

  test('a revoked one is found out in each format', async () => {
    const { event, assertion } = issue();
    bench.sandbox.revokeByHand(event.id, [MAIL]);
    expect(await hosted.read(assertion.url, MAIL)).toEqual(says(assertion, null, true));
    // Of its 2.0 form, OBF says nothing but that it is revoked: not even whose it was.
    expect(await hosted.read(assertion.urlV1, MAIL)).toEqual({
      revokedOnly: true,
      assertionId: assertion.id,
    });
    const [, other] = event.assertions;
    expect(await hosted.read(other?.url ?? '', 'other@example.org')).toMatchObject({ revoked: false });
  });

  test.each([
    ['another host', (url: URL) => `https://evil.example${url.pathname}`],
    ['a host that begins like ours', (url: URL) => `http://${url.host}.evil.example${url.pathname}`],
    ['another port', (url: URL) => `http://127.0.0.1:1${url.pathname}`],
    ['another scheme', (url: URL) => `https://${url.host}${url.pathname}`],
    ['credentials in it', (url: URL) => `http://me:pw@${url.host}${url.pathname}`],
    ['our host as a name', (url: URL) => `http://${url.host}@evil.example${url.pathname}`],
    ['a file', () => 'file:///etc/passwd'],
    ['no address', () => 'hello'],
    ['a route of the API', (url: URL) => `${url.origin}/v2/client/P1`],
    ['a file that somebody may have put there', (url: URL) => `${url.origin}/c/file/credentials.json`],
    ['a way around', (url: URL) => `${url.origin}/obv3/credentials/../../v2/client/P1`],
    ['an id that is none', (url: URL) => `${url.origin}/obv3/credentials/a%2Fb`],
  ])('an address that is %s is refused without a call', async (_, forge) => {
    const from = bench.sandbox.calls.length;
    const url = forge(new URL(issue().assertion.url));
    expect(await errorOf(hosted.read(url, MAIL))).toMatchObject({
      status: 422,
      detail: "its address is not that of a credential on OBF's host",
    });
    expect(bench.sandbox.calls).toHaveLength(from);
  });

  test('no call carries credentials, and all stand in one line under the rate', async () => {
    const { assertion } = issue();
    const slow = [bench.obf({ maxRps: 4 }).hosted, bench.obf({ maxRps: 4 }).hosted];
    const from = bench.sandbox.calls.length;
    await Promise.all(slow.map((one) => one.read(assertion.url, MAIL)));
    const calls = bench.sandbox.calls.slice(from);
    expect(calls.map((call) => call.clientId)).toEqual([null, null, null, null]);
    const [first, last] = [calls.at(0)?.atMs ?? 0, calls.at(-1)?.atMs ?? 0];
    // Four places of one line, not two of two.
    expect(last - first).toBeGreaterThan(400);
  });

  test.each([
    ['404', { kind: 'status', status: 404 }, CredentialAbsent],
    ['302', { kind: 'status', status: 302 }, ObfNotSent],
    ['400', { kind: 'status', status: 400 }, ObfRefused],
    ['429', { kind: 'status', status: 429, retryAfterS: 0.25 }, ObfThrottled],
    ['503', { kind: 'status', status: 503, retryAfterS: 0.25 }, ObfThrottled],
    ['500', { kind: 'status', status: 500 }, ObfNotSent],
    ['reset', { kind: 'reset' }, ObfNotSent],
    ['no answer', { kind: 'black-hole' }, ObfNotSent],
    ['not JSON', { kind: 'not-json' }, ObfUnreadable],
  ] as const)('OBF fails (%s), at any of the calls that a credential takes', async (_, fault, type) => {
    const { assertion } = issue();
    const reader = fault.kind === 'black-hole' ? bench.obf({ timeoutMs: 200 }).hosted : hosted;
    const calls = [
      ['GET credential', assertion.url],
      ['GET assertion', assertion.urlV1],
      ['GET badgeclass', assertion.urlV1],
      ...(fault.kind === 'status' && fault.status === 404 ? [] : [['GET revoked', assertion.url] as const]),
    ] as const;
    for (const [route, url] of calls) {
      bench.sandbox.fault({ route, ...fault });
      expect(await errorOf(reader.read(url, MAIL))).toBeInstanceOf(type);
    }
  });

  describe('what a hostile or an odd OBF may answer', () => {
    let stub: Stub;
    let own: HostedCredentials;
    const pages = new Map<string, { status?: number; body: unknown; headers?: Record<string, string> }>();
    beforeAll(async () => {
      stub = await openStub((req, res) => {
        const page = pages.get(req.url ?? '') ?? { status: 404, body: {} };
        const text = typeof page.body === 'string' ? page.body : JSON.stringify(page.body);
        res.writeHead(page.status ?? 200, page.headers).end(text);
      });
      own = bench.obf({ baseUrl: stub.url }).hosted;
    });
    beforeEach(() => {
      pages.clear();
      stub.seen.length = 0;
    });

    const SALT = 'R4qr2lVG0K';
    const URL_V3 = () => `${stub.url}/obv3/credentials/A1`;
    const URL_V2 = () => `${stub.url}/v1/assertion/A1`;
    const LIST = () => `${stub.url}/obv3/revoked/P1/B1`;

    const v2Form = { recipient: {}, badge: 'x' };
    /** The form of a real one, cut to what matters and to some of what does not. */
    const v3 = (more: Record<string, unknown> = {}) => ({
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'OpenBadgeCredential'],
      id: URL_V3(),
      issuer: { id: 'did:key:z6Mk', otherIdentifier: [{ identifier: 'P1', identifierType: 'systemId' }] },
      validFrom: '2025-11-08T08:38:36Z',
      credentialSubject: {
        identifier: [
          {
            type: 'IdentityObject',
            identityType: 'emailAddress',
            hashed: true,
            salt: SALT,
            identityHash: hash(MAIL + SALT),
          },
        ],
        achievement: { id: `${stub.url}/obv3/achievements/B1?cid=92&lang=en` },
      },
      credentialStatus: { id: LIST(), type: '1EdTechRevocationList' },
      ...more,
    });
    const v2 = (more: Record<string, unknown> = {}) => ({
      id: URL_V2(),
      recipient: { type: 'email', hashed: true, salt: SALT, identity: hash(MAIL + SALT) },
      badge: `${stub.url}/v1/badge/_/B1.json?v=2.0&event=E1`,
      issuedOn: '2025-11-08T08:38:36+00:00',
      ...more,
    });
    const at = (path: string, body: unknown, more = {}) => void pages.set(path, { body, ...more });
    const readV3 = (body: unknown, more = {}) => {
      at('/obv3/credentials/A1', body, more);
      return own.read(URL_V3(), MAIL);
    };
    const readV2 = (body: unknown, more = {}) => {
      at('/v1/assertion/A1', body, more);
      return own.read(URL_V2(), MAIL);
    };

    test.each([
      [
        'ids, as the specification has it',
        () => ({ revokedCredential: [{ id: URL_V3(), revoked: true, revocationReason: 'x' }] }),
        true,
      ],
      ['the plural', () => ({ revokedCredentials: [{ id: URL_V3() }] }), true],
      ['plain texts', () => ({ revokedCredential: [URL_V3()] }), true],
      ['bare ids', () => ({ revokedCredential: ['A1'] }), true],
      ['with .json', () => ({ revokedCredential: [`${URL_V3()}.json`] }), true],
      ['the name of 2.0', () => ({ revokedAssertions: [URL_V3()] }), true],
      ['a bare list', () => [URL_V3()], true],
      ['lifted again', () => ({ revokedCredential: [{ id: URL_V3(), revoked: false }] }), false],
      ['others only', () => ({ revokedCredential: [{ id: `${URL_V3()}2` }] }), false],
      ['an empty one', () => ({ revokedCredential: [] }), false],
    ])('a revocation list: %s', async (_, list, revoked) => {
      at('/obv3/revoked/P1/B1', list());
      expect(await readV3(v3())).toMatchObject({ revoked });
    });

    test('no list is there: OBF knows of no revocation. A list of no known form is no empty list', async () => {
      expect(await readV3(v3())).toMatchObject({ revoked: false });
      at('/obv3/revoked/P1/B1', { something: [] });
      expect(await errorOf(readV3(v3()))).toBeInstanceOf(ObfUnreadable);
      const bits = { id: LIST(), type: 'BitstringStatusListEntry' };
      expect(await errorOf(readV3(v3({ credentialStatus: bits })))).toBeInstanceOf(ObfUnreadable);
      expect(await readV3(v3({ credentialStatus: undefined }))).toMatchObject({ revoked: false });
    });

    test.each([
      ['seconds', 1_762_591_116],
      ['milliseconds', 1_762_591_116_789],
      ['milliseconds in a text', '1762591116789'],
    ])('dates in %s', async (_, date) => {
      const dated = { issuedOnS: 1_762_591_116, expiresOnS: 1_762_591_116 };
      expect(
        await readV3(v3({ validFrom: date, validUntil: date, credentialStatus: undefined })),
      ).toMatchObject(dated);
      const badge = { id: v2().badge, issuer: `${stub.url}/v1/client/?key=P1` };
      expect(await readV2(v2({ badge, issuedOn: date, expires: date }))).toMatchObject(dated);
    });

    test('nothing leads away from the host', async () => {
      const away = await openStub((_, res) => res.end('{}'));
      const status = { id: `${away.url}/obv3/revoked/P1/B1`, type: '1EdTechRevocationList' };
      expect(await errorOf(readV3(v3({ credentialStatus: status })))).toMatchObject({
        status: 422,
        message: "OBF GET revoked: its address is not on OBF's host",
      });
      expect(await errorOf(readV2(v2({ badge: `${away.url}/v1/badge/_/B1.json` })))).toBeInstanceOf(
        ObfUnreadable,
      );
      const redirect = { status: 302, headers: { Location: `${away.url}/obv3/credentials/A1` } };
      expect(await errorOf(readV3('', redirect))).toBeInstanceOf(ObfNotSent);
      at('/v1/badge/_/B1.json?v=2.0&event=E1', { issuer: `${away.url}/v1/client/?key=P1` });
      expect(await errorOf(readV2(v2()))).toBeInstanceOf(ObfUnreadable);
      expect(away.seen).toEqual([]);
      await away.close();
    });

    test.each([
      ['another assertion', () => `${stub.url}/obv3/credentials/A2`],
      ['another host', () => 'https://evil.example/obv3/credentials/A1'],
      ['no address', () => 'urn:uuid:A1'],
    ])('its own id is %s: refused', async (_, id) => {
      const refused = { status: 422, detail: 'its own id is not the one that it was read under' };
      expect(await errorOf(readV3(v3({ id: id() })))).toMatchObject(refused);
      expect(await errorOf(readV2(v2({ id: id() })))).toMatchObject(refused);
      expect(await errorOf(readV2({ id: id(), revoked: true }))).toMatchObject(refused);
    });

    test.each([
      ['issuer.otherIdentifier', () => v3({ issuer: { id: 'did:key:z6Mk' } })],
      [
        'issuer.otherIdentifier',
        () => v3({ issuer: { otherIdentifier: [{ identifier: 'P1', identifierType: 'ext:other' }] } }),
      ],
      [
        'issuer.otherIdentifier',
        () =>
          v3({
            issuer: {
              otherIdentifier: ['P1', 'P2'].map((identifier) => ({ identifier, identifierType: 'systemId' })),
            },
          }),
      ],
      ['validFrom', () => v3({ validFrom: 'yesterday' })],
      ['id', () => v3({ id: undefined })],
      [
        'credentialSubject.achievement',
        () => v3({ credentialSubject: { identifier: v3().credentialSubject.identifier } }),
      ],
      ['credentialSubject', () => v3({ credentialSubject: null })],
    ])('a 3.0 credential without a good %s is unreadable', async (field, credential) => {
      const error = await errorOf(readV3(credential()));
      expect(error).toBeInstanceOf(ObfUnreadable);
      expect(error.message).toContain(`field ${field}`);
    });

    test.each([
      ['in an assertion', `/v1/client/?key=P1&v=2.0&event=E1`],
      ['named otherwise', '/v1/client/P1.json?v=2.0'],
    ])('the issuer of a 2.0 assertion: %s', async (_, path) => {
      const expected = { clientId: 'P1', badgeId: 'B1', eventId: 'E1', revoked: false, expiresOnS: null };
      at('/v1/badge/_/B1.json?v=2.0&event=E1', { issuer: { id: `${stub.url}${path}`, name: 'x' } });
      expect(await readV2(v2())).toMatchObject(expected);
      stub.seen.length = 0;
      const badge = { id: v2().badge, issuer: `${stub.url}${path}` };
      expect(await readV2(v2({ badge }))).toMatchObject(expected);
      expect(stub.seen).toEqual(['GET /v1/assertion/A1']);
    });

    test.each([
      ['410 with nothing', '', { status: 410 }],
      ['410 with a page', '<p>gone</p>', { status: 410 }],
      ['410', { revoked: true }, { status: 410 }],
      ['200', { revoked: true }, {}],
      ['with its id', { id: '@', revoked: true }, {}],
      ['beside all the rest', { ...v2Form, id: '@', revoked: true }, {}],
    ])('revoked, and nothing else is said: %s', async (_, body, more) => {
      const page = typeof body === 'object' && 'id' in body ? { ...body, id: URL_V2() } : body;
      expect(await readV2(page, more)).toEqual({ revokedOnly: true, assertionId: 'A1' });
    });

    test.each([
      [
        'too large',
        () => JSON.stringify({ ...v3(), padding: 'x'.repeat(1024 * 1024) }),
        { status: 422, detail: 'it is too large' },
      ],
      ['too deep', () => '['.repeat(30_000) + ']'.repeat(30_000), { code: 'obf_unreadable' }],
      [
        'too deep inside',
        () => JSON.stringify(v3()).replace('{', `{"x":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)},`),
        { clientId: 'P1', revoked: false },
      ],
      [
        'polluting',
        () =>
          JSON.stringify(v3()).replace(
            '{',
            '{"__proto__":{"revoked":true},"constructor":{"prototype":{"x":1}},',
          ),
        { clientId: 'P1', revoked: false },
      ],
      ['something else', () => JSON.stringify({ hello: 'world' }), { code: 'obf_unreadable' }],
      ['a list', () => JSON.stringify([v3()]), { code: 'obf_unreadable' }],
      ['a text', () => '"x"', { code: 'obf_unreadable' }],
    ])('a credential that is %s', async (_, body, expected) => {
      const outcome = await readV3(body()).catch((error: unknown) => error);
      expect(outcome).toMatchObject(expected);
      expect(Reflect.get({}, 'x')).toBeUndefined();
    });
  });

  const ADDRESS = 'rene.Lefèvre@example.org';

  test.each([
    ['as typed', { hashed: true, identity: hash(`${ADDRESS}s`), salt: 's' }, ADDRESS, true],
    ['without salt', { hashed: true, identity: hash(ADDRESS), salt: null }, ADDRESS, true],
    [
      'lower-cased by OBF',
      { hashed: true, identity: hash(ADDRESS.toLowerCase()), salt: null },
      ADDRESS,
      true,
    ],
    [
      'capitalised by OBF',
      { hashed: true, identity: hash('Rene.lefèvre@example.org'), salt: null },
      ADDRESS,
      true,
    ],
    [
      'upper-cased by OBF',
      { hashed: true, identity: hash(ADDRESS.toUpperCase()), salt: null },
      ADDRESS,
      true,
    ],
    [
      'decomposed by the sender',
      { hashed: true, identity: hash(ADDRESS), salt: null },
      ` ${ADDRESS.normalize('NFD')}`,
      true,
    ],
    [
      'in upper-case hex',
      { hashed: true, identity: hash(ADDRESS).toUpperCase().replace('SHA', 'sha'), salt: null },
      ADDRESS,
      true,
    ],
    ['another salt', { hashed: true, identity: hash(`${ADDRESS}s`), salt: 't' }, ADDRESS, false],
    [
      'another address',
      { hashed: true, identity: hash(ADDRESS), salt: null },
      'rene.lefevre@example.org',
      false,
    ],
    ['MD5', { hashed: true, identity: hash(ADDRESS, 'md5'), salt: null }, ADDRESS, false],
    ['a cut hash', { hashed: true, identity: hash(ADDRESS).slice(0, 40), salt: null }, ADDRESS, false],
    ['no hash', { hashed: true, identity: '', salt: null }, ADDRESS, false],
    ['plain', { hashed: false, identity: ADDRESS.toUpperCase(), salt: null }, ADDRESS, true],
    ['plain, of another', { hashed: false, identity: 'x@example.org', salt: null }, ADDRESS, false],
    ['a hash said to be plain', { hashed: false, identity: hash(ADDRESS), salt: null }, ADDRESS, false],
  ])('the recipient: %s', (_, recipient, address, expected) => {
    expect(isIssuedTo(recipient, address)).toBe(expected);
  });
});

describe('the ids of a whole list', () => {
  test('each is known once it was added, and counted once', () => {
    const ids = Array.from({ length: 50_000 }, (_, at) => `id-${at}`);
    const set = new IdSet();
    for (const id of [...ids, ...ids.slice(0, 1000)]) set.add(id);
    expect(set.size).toBe(ids.length);
    expect(ids.every((id) => set.has(id))).toBe(true);
    expect(ids.some((id) => set.has(`other-${id}`))).toBe(false);
  });
});
