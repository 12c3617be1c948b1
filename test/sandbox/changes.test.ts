import { clientReply, eventReply } from '../../src/obf/wire.js';
import type { EventRecord } from '../../src/sandbox/types.js';
import { issueBody, openBench, type Bench } from './bench.js';

let nowS = 1_740_960_000; // 2025-03-03T00:00:00Z
let bench: Bench;
let event: EventRecord;

beforeEach(async () => {
  nowS = 1_740_960_000;
  bench = await openBench({ clock: () => nowS * 1000, maxRps: null });
  event = byHand('a@example.org', 'b@example.org');
  nowS += 60;
});
afterEach(() => bench.sandbox.close());

const byHand = (...recipients: string[]): EventRecord =>
  bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B1', recipients });

const eventRow = async (id = event.id) => {
  const { data } = await bench.get('/v2/event/P1', 'P1');
  return data.result.find((row: { id: string }) => row.id === id);
};
const one = async (id = event.id) => (await bench.get(`/v2/event/P1/${id}`, 'P1')).data;

/** The first letters of the addresses that a list shows, and its total. */
const listed = async (query = ''): Promise<string> => {
  const { data } = await bench.get(`/v2/event/P1/recipient?${query}`, 'P1');
  const letters = data.result.map(({ email }: { email: string }) => email.charAt(0)).join('');
  return `${letters} of ${data.total}`;
};
const ofEvent = (id = event.id): Promise<string> => listed(`event_id=${id}`);

describe('an event grows', () => {
  test('its count and mtime tell, in the list and alone; the recipient comes last', async () => {
    byHand('c@example.org');
    const grown = bench.sandbox.appendByHand(event.id, ['d@example.org']);
    expect(grown.assertions.map(({ email }) => email)).toEqual([
      'a@example.org',
      'b@example.org',
      'd@example.org',
    ]);
    const row = { id: event.id, recipient_count: 3, ctime: nowS - 60, mtime: nowS };
    expect([await eventRow(), await one()]).toMatchObject([row, row]);
    expect(eventReply.safeParse(await one()).error).toBeUndefined();
    expect([await listed(), await ofEvent()]).toEqual(['abcd of 4', 'abd of 3']);
    expect(bench.sandbox.awarded('d@example.org')).toEqual(['P1/B1']);
  });

  test('mtime stays when it is told to', async () => {
    bench.sandbox.appendByHand(event.id, ['d@example.org'], { movesMtime: false });
    expect(await eventRow()).toMatchObject({ recipient_count: 3, mtime: nowS - 60 });
  });

  test('revoking leaves it, or moves it when it is told to', async () => {
    bench.sandbox.revokeByHand(event.id, ['a@example.org']);
    expect((await eventRow()).mtime).toBe(nowS - 60);
    bench.sandbox.revokeByHand(event.id, ['b@example.org'], { movesMtime: true });
    expect((await eventRow()).mtime).toBe(nowS);
  });
});

test('an event that is removed is nowhere, with its copies', async () => {
  const kept = byHand('c@example.org');
  const paths = event.assertions.map(({ url, urlV1 }) => [url, urlV1].map((to) => new URL(to).pathname));
  bench.sandbox.removeByHand(event.id);
  expect((await bench.get('/v2/event/P1', 'P1')).data).toMatchObject({ result: [{ id: kept.id }], total: 1 });
  expect([await listed(), await ofEvent()]).toEqual(['c of 1', ' of 0']);
  const { status, data } = await bench.get(`/v2/event/P1/${event.id}`, 'P1');
  expect([status, data]).toEqual([404, { status: 404, error: 'Not Found', message: 'no such event' }]);
  for (const path of paths.flat()) expect((await bench.get(path)).status).toBe(404);
  expect(bench.sandbox.awarded('a@example.org')).toEqual([]);
  expect(bench.sandbox.eventsOf('P1').map(({ id }) => id)).toEqual([kept.id]);
  expect(() => bench.sandbox.appendByHand(event.id, ['d@example.org'])).toThrow(event.id);
});

test('a list may hide a recipient whom the list of the event shows', async () => {
  bench.sandbox.hideRecipients(event.id, ['A@example.org']);
  expect([await listed(), await listed('email=a@example.org'), await listed('badge_id=B1')]).toEqual([
    'b of 1',
    ' of 0',
    'b of 1',
  ]);
  expect(await ofEvent()).toBe('ab of 2');
  bench.sandbox.hideRecipients(event.id, ['a@example.org'], false);
  expect(await listed()).toBe('ab of 2');
  expect(() => bench.sandbox.hideRecipients(event.id, ['z@example.org'])).toThrow('none of these');
});

describe('an event that OBF still writes', () => {
  test('shows some of its recipients in every list, and counts them all', async () => {
    bench.sandbox.stillWriting(event.id, 1);
    bench.sandbox.appendByHand(event.id, ['c@example.org']);
    expect([await listed(), await ofEvent(), await listed('email=b@example.org')]).toEqual([
      'a of 1',
      'a of 1',
      ' of 0',
    ]);
    expect([(await eventRow()).recipient_count, (await one()).recipient_count]).toEqual([3, 3]);
    bench.sandbox.stillWriting(event.id, 0);
    expect(await ofEvent()).toBe(' of 0');
    bench.sandbox.written(event.id);
    expect([await listed(), await ofEvent()]).toEqual(['abc of 3', 'abc of 3']);
  });

  test('may be one to come, by hand or by API, of a client or of a badge', async () => {
    bench.sandbox.writeSlowly('P1', 0);
    bench.sandbox.writeSlowly('B2', 1);
    const first = byHand('c@example.org');
    const second = byHand('d@example.org');
    expect([await ofEvent(first.id), await ofEvent(second.id)]).toEqual([' of 0', 'd of 1']);
    const { data } = await bench.post(
      '/v2/event/P1/B2/issue',
      issueBody('e@example.org', 'f@example.org'),
      'P1',
    );
    expect(await ofEvent(data.resource_id)).toBe('e of 1');
    bench.sandbox.written(first.id);
    expect(await ofEvent(first.id)).toBe('c of 1');
    bench.sandbox.stillWriting(second.id, 0);
    bench.sandbox.writeSlowly('B1', 0);
    bench.sandbox.written();
    expect([await ofEvent(second.id), await ofEvent(byHand('g@example.org').id)]).toEqual([
      'd of 1',
      'g of 1',
    ]);
  });
});

describe('lists shift while they are read', () => {
  const pages = async (ask: (offset: number) => Promise<string>): Promise<string[]> => [
    await ask(0),
    await ask(1),
    await ask(2),
  ];
  const recipientAt = (offset: number): Promise<string> => listed(`limit=1&offset=${offset}`);

  test('a row comes in front between two pages: one is read twice, and the total tells', async () => {
    bench.sandbox.orderPages('P1', 'recipients', 'newest-first');
    const seen: unknown[] = [];
    const stop = bench.sandbox.beforePage('P1', 'recipients', (offset, query) => {
      seen.push([offset, query['limit']]);
      if (offset === 1) byHand('c@example.org');
    });
    expect(await pages(recipientAt)).toEqual(['b of 2', 'b of 3', 'a of 3']);
    expect(seen).toEqual([
      [0, '1'],
      [1, '1'],
      [2, '1'],
    ]);
    stop();
    await recipientAt(1);
    expect(seen).toHaveLength(3);
  });

  test('an event removed between two pages takes another out of sight', async () => {
    const others = [byHand('c@example.org'), byHand('d@example.org')];
    bench.sandbox.beforePage('P1', 'events', (offset) => {
      if (offset === 1) bench.sandbox.removeByHand(event.id);
    });
    const ids = await pages(async (offset) => {
      const { data } = await bench.get(`/v2/event/P1?limit=1&offset=${offset}`, 'P1');
      return `${data.result[0]?.id} of ${data.total}`;
    });
    expect(ids).toEqual([`${event.id} of 3`, `${others[1]?.id} of 2`, 'undefined of 2']);
  });

  test('shuffled is another order each time, and the same for a seed; the others stand still', async () => {
    bench.sandbox.appendByHand(event.id, ['c@example.org', 'd@example.org', 'e@example.org']);
    const shuffled = async (seed: number): Promise<string[]> => {
      bench.sandbox.orderPages('P1', 'recipients', 'shuffled', seed);
      return [await listed(), await listed(), await listed()];
    };
    const orders = await shuffled(1);
    expect(new Set(orders).size).toBe(3);
    expect([await shuffled(1), await shuffled(2)]).toEqual([orders, expect.not.arrayContaining(orders)]);
    bench.sandbox.orderPages('P1', 'recipients', 'oldest-first');
    expect(await listed()).toBe('abcde of 5');
  });

  test('badges too', async () => {
    bench.sandbox.orderPages('P1', 'badges', 'newest-first');
    const { data } = await bench.get('/v2/badge/P1?limit=1', 'P1');
    expect(data.result).toMatchObject([{ id: 'B2' }]);
  });
});

describe('odd rows', () => {
  test.each([
    ['events', '/v2/event/P1', (): string => event.id, 'badge_id'],
    ['events', '/v2/event/P1', (): string => event.id, 'recipient_count'],
    ['recipients', '/v2/event/P1/recipient', (): string => event.assertions[1]?.id ?? '', 'assertion_id'],
    ['badges', '/v2/badge/P1', (): string => 'B2', 'id'],
  ] as const)(
    '%s: a field is null until it is mended, and the other rows are good',
    async (kind, path, id, field) => {
      byHand('c@example.org');
      const { result } = (await bench.get(path, 'P1')).data;
      const nulls = async (): Promise<unknown[]> =>
        (await bench.get(path, 'P1')).data.result.filter(
          (row: Record<string, unknown>) => row[field] === null,
        );
      bench.sandbox.oddRow(kind, id(), { [field]: null });
      expect(await nulls()).toHaveLength(1);
      bench.sandbox.mendRows();
      expect((await bench.get(path, 'P1')).data.result).toEqual(result);
    },
  );

  test('the reply about one event may lack its count, while the list has it', async () => {
    bench.sandbox.oddRow('event', event.id, { recipient_count: null });
    bench.sandbox.oddRow('event', event.id, { issued_on: 1_740_960_000_000 });
    expect(await one()).toMatchObject({ id: event.id, recipient_count: null, issued_on: 1_740_960_000_000 });
    expect((await eventRow()).recipient_count).toBe(2);
  });
});

describe('the account changes', () => {
  const give = async (...emails: string[]): Promise<number> =>
    (await bench.post('/v2/event/P1/B1/issue', issueBody(...emails), 'P1')).status;
  const limit = async (clientId = 'P1'): Promise<unknown> =>
    (await bench.get(`/v2/client/${clientId}`, clientId)).data.issuing_limit;

  test('the quota falls and rises, for one client or for each', async () => {
    bench.sandbox.setIssuingLimit('P1', 2);
    expect([await limit(), await limit('R')]).toEqual([2, null]);
    expect([
      await give('c@example.org', 'd@example.org', 'e@example.org'),
      await give('c@example.org'),
    ]).toEqual([400, 200]);
    byHand('d@example.org', 'e@example.org');
    expect(await limit()).toBe(0);
    bench.sandbox.setIssuingLimit('P1', 5);
    expect([await limit(), await give('f@example.org'), await limit()]).toEqual([5, 200, 4]);
    bench.sandbox.setIssuingLimit(null, 1);
    expect([await limit(), await limit('R')]).toEqual([1, 1]);
    bench.sandbox.setIssuingLimit(null, null);
    expect(await limit()).toBeNull();
  });

  test('a badge becomes a draft, or goes', async () => {
    bench.sandbox.setDraft('P1', 'B1', true);
    expect([await give('c@example.org'), (await bench.get('/v2/badge/P1/B1', 'P1')).data.draft]).toEqual([
      400,
      true,
    ]);
    bench.sandbox.setDraft('P1', 'B1', false);
    expect(await give('c@example.org')).toBe(200);
    bench.sandbox.removeBadge('P1', 'B1');
    expect([await give('d@example.org'), (await bench.get('/v2/badge/P1/B1', 'P1')).status]).toEqual([
      400, 404,
    ]);
    expect((await bench.get('/v2/badge/P1', 'P1')).data.result).toMatchObject([{ id: 'B2' }]);
    expect((await one()).badge.id).toBe('B1');
    expect(() => bench.sandbox.setDraft('P1', 'B1', false)).toThrow('B1');
  });

  test('a suspended client gets a token, and nothing else', async () => {
    bench.sandbox.suspend('P1');
    expect((await bench.askToken('P1')).status).toBe(200);
    nowS += 10;
    const { status, data } = await bench.get('/v2/client/P1/ping', 'P1');
    expect([status, data]).toEqual([403, { status: 403, error: 'Forbidden', message: 'client suspended' }]);
    expect([await give('c@example.org'), (await bench.get('/v2/client/R', 'R')).status]).toEqual([403, 200]);
    bench.sandbox.suspend('P1', false);
    const { data: again } = await bench.get('/v2/client/P1', 'P1');
    expect(clientReply.safeParse(again).error).toBeUndefined();
  });
});

test('a hosted credential follows what becomes of its copy', async () => {
  const [first] = event.assertions;
  const credential = async () => (await bench.get(new URL(first?.url ?? '').pathname)).data;
  const revoked = async (): Promise<unknown[]> =>
    (await bench.get('/obv3/revoked/P1/B1')).data.revokedCredential;
  expect([(await credential()).validUntil, await revoked()]).toEqual([undefined, []]);
  bench.sandbox.expire(first?.id ?? '', nowS);
  expect((await credential()).validUntil).toBe('2025-03-03T00:01:00Z');
  bench.sandbox.revokeByHand(event.id, ['a@example.org']);
  expect(await revoked()).toEqual([{ id: (await credential()).id, revoked: true }]);
  const [added] = bench.sandbox.appendByHand(event.id, ['c@example.org']).assertions.slice(-1);
  expect((await bench.get(new URL(added?.url ?? '').pathname)).status).toBe(200);
});
