import {
  badgeRow,
  clientReply,
  eventOf,
  issueReply,
  pageReply,
  recipientRow,
  revokeReply,
  tokenReply,
} from '../../src/obf/wire.js';
import type { AssertionRecord, EventRecord } from '../../src/sandbox/world.js';
import type { Fault } from '../../src/sandbox/exchange.js';
import { passportNotice, postNotice, signedNotice } from '../../src/sandbox/webhooks.js';
import { asClientId } from '../../src/ids.js';
import { until } from '../support/until.js';
import { type Bench, issueBody, openBench, secretOf } from './bench.js';
import axios, { type AxiosResponse } from 'axios';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';

describe('api', () => {
  /** A page whose rows can all be read. */
  const pageOf = (row: z.ZodType) => pageReply.extend({ result: z.array(row) });

  const DAY_S = 86_400;
  let nowS = 1_740_960_000; // 2025-03-03T00:00:00Z
  let bench: Bench;

  beforeEach(async () => {
    nowS = 1_740_960_000;
    bench = await openBench({ clock: () => nowS * 1000, maxRps: null, tokenTtlS: 30 * DAY_S });
  });
  afterEach(() => bench.sandbox.close());

  const issue = async (...emails: string[]): Promise<string> =>
    (await bench.post('/v2/event/P1/B1/issue', issueBody(...emails), 'P1')).data.resource_id;

  describe('each reply is one that the real client can read', () => {
    test.each([
      ['token', tokenReply, () => bench.askToken('R')],
      ['client', clientReply, () => bench.get('/v2/client/P1', 'P1')],
      ['badges', pageOf(badgeRow), () => bench.get('/v2/badge/P1?draft=0&external=1', 'P1')],
      ['events', pageOf(eventOf(asClientId('P1'))), () => bench.get('/v2/event/P1', 'P1')],
      [
        'event',
        eventOf(asClientId('P1')),
        async () => bench.get(`/v2/event/P1/${await issue('c@example.org')}`, 'P1'),
      ],
      ['recipients', pageOf(recipientRow), () => bench.get('/v2/event/P1/recipient', 'P1')],
      ['issue', issueReply, () => bench.post('/v2/event/P1/B1/issue', issueBody('b@example.org'), 'P1')],
      [
        'revoke',
        revokeReply,
        async () =>
          bench.put(
            `/v2/event/P1/${await issue('d@example.org')}/revoke`,
            { recipient: ['d@example.org'] },
            'P1',
          ),
      ],
    ])('%s', async (_name, schema, call) => {
      bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B1', recipients: ['a@example.org'] });
      const { status, data } = await call();
      expect(status).toBe(200);
      expect(schema.safeParse(data).error).toBeUndefined();
      // A list that is empty would prove nothing of its rows.
      expect(data.result).not.toEqual([]);
    });

    test('ping', async () => {
      expect((await bench.get('/v2/client/P1/ping', 'P1')).data).toEqual({ success: true });
    });

    test('what is nullable is null and not absent, and an address is as typed', async () => {
      const id = await issue('Claire.DUVAL@Example.org');
      const { data: event } = await bench.get(`/v2/event/P1/${id}`, 'P1');
      expect(event).toMatchObject({
        client_alias_id: null,
        expires_on: null,
        earnable_application_id: null,
        email_message: null,
        api_consumer_id: 'palier',
        ctime: nowS,
        issued_on: 1_740_787_200,
        log_entry: '{"award":"communiquer-1"}',
        badge: { id: 'B1', creator: null },
      });
      const { data: recipients } = await bench.get(`/v2/event/P1/recipient?event_id=${id}`, 'P1');
      expect(recipients.result[0]).toMatchObject({
        email: 'Claire.DUVAL@Example.org',
        expires_on: null,
        revoked: false,
      });
    });
  });

  describe('lists', () => {
    /** Three events, a day apart: two of B1 (by hand, by API), one of B2. */
    beforeEach(async () => {
      bench.sandbox.issueByHand({
        clientId: 'P1',
        badgeId: 'B1',
        recipients: ['a@example.org', 'b@example.org'],
      });
      nowS += DAY_S;
      await issue('A@example.org');
      nowS += DAY_S;
      bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B2', recipients: ['c@example.org'] });
      bench.sandbox.issueByHand({ clientId: 'R', badgeId: 'R1', recipients: ['a@example.org'] });
    });

    test.each([
      ['/v2/event/P1', 3],
      ['/v2/event/P1?badge_id=B1', 2],
      ['/v2/event/P1?email=a%40EXAMPLE.org', 2],
      ['/v2/event/P1?api_consumer_id=palier', 1],
      [`/v2/event/P1?begin=${1_740_960_000 + DAY_S}`, 2],
      [`/v2/event/P1?end=${1_740_960_000 + DAY_S}`, 2],
      ['/v2/event/P1/recipient', 4],
      ['/v2/event/P1/recipient?badge_id=B1', 3],
      ['/v2/event/P1/recipient?email=a%40example.org', 2],
      [`/v2/event/P1/recipient?begin=${1_740_960_000 + 1}&email=a%40example.org`, 1],
      ['/v2/event/P1/recipient?event_id=NONE', 0],
    ])('%s: %i rows', async (path, expected) => {
      const { data } = await bench.get(path, 'P1');
      expect([data.result.length, data.total]).toEqual([expected, expected]);
    });

    test('pages together give every row once, in the order of recording, however many come meanwhile', async () => {
      const whole = (await bench.get('/v2/event/P1/recipient', 'P1')).data.result;
      const pages: unknown[] = [];
      for (const offset of [0, 1, 2, 3]) {
        const { data } = await bench.get(`/v2/event/P1/recipient?limit=1&offset=${offset}`, 'P1');
        pages.push(...data.result);
        expect(data.total).toBe(4 + offset);
        bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B1', recipients: ['later@example.org'] });
      }
      expect(pages).toEqual(whole);
      expect(whole.map(({ email }: { email: string }) => email)).toEqual([
        'a@example.org',
        'b@example.org',
        'A@example.org',
        'c@example.org',
      ]);
    });

    test.each(['limit=1001', 'limit=0', 'limit=x', 'offset=-1', 'emial=a%40example.org'])(
      '?%s is refused',
      async (query) => {
        const { status, data } = await bench.get(`/v2/event/P1?${query}`, 'P1');
        expect([status, data.error]).toEqual([400, 'Bad Request']);
      },
    );

    test('drafts are listed apart, and no total is given', async () => {
      bench.sandbox.addBadge({ clientId: 'P1', id: 'B3', name: 'Brouillon', draft: true });
      const ids = async (draft: number): Promise<string[]> => {
        const { data } = await bench.get(`/v2/badge/P1?draft=${draft}`, 'P1');
        expect(data).not.toHaveProperty('total');
        return data.result.map(({ id }: { id: string }) => id);
      };
      expect([await ids(0), await ids(1)]).toEqual([['B1', 'B2'], ['B3']]);
    });
  });

  describe('issue', () => {
    const { recipient: _recipient, ...withoutRecipient } = issueBody();
    test.each([
      ['no recipient list', 'B1', withoutRecipient],
      ['an empty one', 'B1', issueBody()],
      ['no address', 'B1', issueBody('a@example.org', 'nobody')],
      ['no name', 'B1', { ...issueBody(), recipient: [{ email: 'a@example.org' }] }],
      ['an address that OBF refuses', 'B1', issueBody('a@example.org', 'x.refused-by-obf@example.org')],
      ['a log entry that is no object', 'B1', { ...issueBody('a@example.org'), log_entry: 'text' }],
      ['milliseconds as text', 'B1', { ...issueBody('a@example.org'), issued_on: '1740787200' }],
      ['a field unknown to OBF', 'B1', { ...issueBody('a@example.org'), idempotency_key: 'x' }],
      ['an unknown badge', 'NONE', issueBody('a@example.org')],
      ["somebody else's badge", 'R1', issueBody('a@example.org')],
      ['not JSON', 'B1', 'recipient=a@example.org'],
    ])('%s: 400, and nothing is issued', async (_name, badge, body) => {
      const { status, data } = await bench.post(`/v2/event/P1/${badge}/issue`, body, 'P1');
      expect([status, data.error]).toEqual([400, 'Bad Request']);
      expect(bench.sandbox.eventsOf('P1')).toHaveLength(0);
      expect(bench.sandbox.issues()).toMatchObject([{ eventId: null, badgeId: badge, status: 400 }]);
    });

    test('one call is one event for all its recipients; twice is twice', async () => {
      const ids = [await issue('a@example.org', 'b@example.org'), await issue('a@example.org')];
      expect(new Set(ids).size).toBe(2);
      expect(bench.sandbox.issues()).toMatchObject([
        { clientId: 'P1', badgeId: 'B1', recipients: ['a@example.org', 'b@example.org'], eventId: ids[0] },
        { recipients: ['a@example.org'], eventId: ids[1], body: issueBody('a@example.org') },
      ]);
      expect(bench.sandbox.awarded('A@EXAMPLE.ORG')).toEqual(['P1/B1', 'P1/B1']);
      expect(ids.every((id) => /^\w{12,15}$/.test(id))).toBe(true);
    });

    test('the quota counts down, and holds', async () => {
      const limited = await openBench({ issuingLimit: 2 });
      const give = (...emails: string[]) =>
        limited.post('/v2/event/R/R1/issue', issueBody(...emails), 'R').then(({ status }) => status);
      expect(await give('a@example.org')).toBe(200);
      expect((await limited.get('/v2/client/R', 'R')).data.issuing_limit).toBe(1);
      expect(await give('b@example.org', 'c@example.org')).toBe(400);
      expect(await give('b@example.org')).toBe(200);
      await limited.sandbox.close();
    });
  });

  test('revoking concerns the recipients that are named, in any letter case', async () => {
    const id = await issue('a@example.org', 'b@example.org');
    const revoke = (recipient: unknown, of = id) =>
      bench
        .put(`/v2/event/P1/${of}/revoke`, { recipient }, 'P1')
        .then(({ status, data }) => [status, data.count]);
    expect(await revoke(['A@Example.org', 'z@example.org'])).toEqual([200, 1]);
    expect(await revoke([])).toEqual([400, undefined]);
    expect(await revoke(['a@example.org'], 'NONE')).toEqual([404, undefined]);
    const { data } = await bench.get(`/v2/event/P1/recipient?event_id=${id}`, 'P1');
    expect(data.result.map(({ revoked }: { revoked: boolean }) => revoked)).toEqual([true, false]);
    expect([bench.sandbox.awarded('a@example.org'), bench.sandbox.awarded('b@example.org')]).toEqual([
      [],
      ['P1/B1'],
    ]);
  });

  test("another client's event, or an unknown one, is not found", async () => {
    const id = await issue('a@example.org');
    expect((await bench.get(`/v2/event/R/${id}`, 'R')).status).toBe(404);
    expect((await bench.get('/v2/nothing', 'R')).status).toBe(404);
    expect((await bench.put('/v2/event/R', {}, 'R')).status).toBe(405);
  });

  test('by hand: midnight, no consumer, an end when it is set', async () => {
    nowS += 3600;
    const event = bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B1', recipients: ['a@example.org'] });
    expect((await bench.get('/v2/event/P1', 'P1')).data.result).toMatchObject([
      { id: event.id, issued_on: 1_740_960_000, ctime: nowS, expires_on: null, api_consumer_id: null },
    ]);
    const [assertion] = event.assertions;
    bench.sandbox.expire(assertion?.id ?? '', 1_741_000_000);
    const { data } = await bench.get('/v2/event/P1/recipient', 'P1');
    expect(data.result).toMatchObject([{ assertion_id: assertion?.id, expires_on: 1_741_000_000 }]);
  });

  test('calls are written down with who, what and how it ended', async () => {
    await bench.get('/v2/event/P1?limit=5', 'P1');
    await bench.post('/v2/client/oauth2/token', '{', undefined);
    expect(bench.sandbox.calls).toMatchObject([
      { route: 'POST token', clientId: 'P1', status: 200, method: 'POST', atMs: nowS * 1000 },
      { route: 'GET events', clientId: 'P1', status: 200, path: '/v2/event/P1', query: { limit: '5' } },
      { route: 'POST token', clientId: null, status: 400 },
    ]);
    expect(bench.sandbox.calls[0]?.body).toMatchObject({ client_secret: secretOf('P1') });
  });
});

describe('changes', () => {
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

  const rowOf = async (id = event.id) => {
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
      expect([await rowOf(), await one()]).toMatchObject([row, row]);
      expect(eventOf(asClientId('P1')).safeParse(await one()).error).toBeUndefined();
      expect([await listed(), await ofEvent()]).toEqual(['abcd of 4', 'abd of 3']);
      expect(bench.sandbox.awarded('d@example.org')).toEqual(['P1/B1']);
    });

    test('mtime stays when it is told to', async () => {
      bench.sandbox.appendByHand(event.id, ['d@example.org'], { movesMtime: false });
      expect(await rowOf()).toMatchObject({ recipient_count: 3, mtime: nowS - 60 });
    });

    test('revoking leaves it, or moves it when it is told to', async () => {
      bench.sandbox.revokeByHand(event.id, ['a@example.org']);
      expect((await rowOf()).mtime).toBe(nowS - 60);
      bench.sandbox.revokeByHand(event.id, ['b@example.org'], { movesMtime: true });
      expect((await rowOf()).mtime).toBe(nowS);
    });
  });

  test('an event that is removed is nowhere, with its copies', async () => {
    const kept = byHand('c@example.org');
    const paths = event.assertions.map(({ url, urlV1 }) => [url, urlV1].map((to) => new URL(to).pathname));
    bench.sandbox.removeByHand(event.id);
    expect((await bench.get('/v2/event/P1', 'P1')).data).toMatchObject({
      result: [{ id: kept.id }],
      total: 1,
    });
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
      bench.sandbox.eventNamed(event.id).visible = 1;
      bench.sandbox.appendByHand(event.id, ['c@example.org']);
      expect([await listed(), await ofEvent(), await listed('email=b@example.org')]).toEqual([
        'a of 1',
        'a of 1',
        ' of 0',
      ]);
      expect([(await rowOf()).recipient_count, (await one()).recipient_count]).toEqual([3, 3]);
      bench.sandbox.eventNamed(event.id).visible = 0;
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
      bench.sandbox.eventNamed(second.id).visible = 0;
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
      bench.sandbox.lists.orderPages('P1', 'recipients', 'newest-first');
      const seen: unknown[] = [];
      const stop = bench.sandbox.lists.beforePage('P1', 'recipients', (offset, query) => {
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
      bench.sandbox.lists.beforePage('P1', 'events', (offset) => {
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
        bench.sandbox.lists.orderPages('P1', 'recipients', 'shuffled', seed);
        return [await listed(), await listed(), await listed()];
      };
      const orders = await shuffled(1);
      expect(new Set(orders).size).toBe(3);
      expect([await shuffled(1), await shuffled(2)]).toEqual([orders, expect.not.arrayContaining(orders)]);
      bench.sandbox.lists.orderPages('P1', 'recipients', 'oldest-first');
      expect(await listed()).toBe('abcde of 5');
    });

    test('badges too', async () => {
      bench.sandbox.lists.orderPages('P1', 'badges', 'newest-first');
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
        bench.sandbox.lists.oddRow(kind, id(), { [field]: null });
        expect(await nulls()).toHaveLength(1);
        bench.sandbox.lists.mendRows();
        expect((await bench.get(path, 'P1')).data.result).toEqual(result);
      },
    );

    test('the reply about one event may lack its count, while the list has it', async () => {
      bench.sandbox.lists.oddRow('event', event.id, { recipient_count: null });
      bench.sandbox.lists.oddRow('event', event.id, { issued_on: 1_740_960_000_000 });
      expect(await one()).toMatchObject({
        id: event.id,
        recipient_count: null,
        issued_on: 1_740_960_000_000,
      });
      expect((await rowOf()).recipient_count).toBe(2);
    });
  });

  describe('the account changes', () => {
    const give = async (...emails: string[]): Promise<number> =>
      (await bench.post('/v2/event/P1/B1/issue', issueBody(...emails), 'P1')).status;
    const limit = async (clientId = 'P1'): Promise<unknown> =>
      (await bench.get(`/v2/client/${clientId}`, clientId)).data.issuing_limit;

    test('the quota of one client falls and rises, and has no end', async () => {
      bench.sandbox.clientNamed('P1').issuingLimit = 2;
      expect([await limit(), await limit('R')]).toEqual([2, null]);
      expect([
        await give('c@example.org', 'd@example.org', 'e@example.org'),
        await give('c@example.org'),
      ]).toEqual([400, 200]);
      byHand('d@example.org', 'e@example.org');
      expect(await limit()).toBe(0);
      bench.sandbox.clientNamed('P1').issuingLimit = 5;
      expect([await limit(), await give('f@example.org'), await limit()]).toEqual([5, 200, 4]);
      bench.sandbox.clientNamed('P1').issuingLimit = null;
      expect(await limit()).toBeNull();
    });

    test('a badge becomes a draft, or goes', async () => {
      bench.sandbox.badgeNamed('P1', 'B1').draft = true;
      expect(await give('c@example.org')).toBe(400);
      expect((await bench.get('/v2/badge/P1?draft=1', 'P1')).data.result).toMatchObject([{ id: 'B1' }]);
      bench.sandbox.badgeNamed('P1', 'B1').draft = false;
      expect(await give('c@example.org')).toBe(200);
      bench.sandbox.badges.delete('P1/B1');
      expect(await give('d@example.org')).toBe(400);
      expect((await bench.get('/v2/badge/P1', 'P1')).data.result).toMatchObject([{ id: 'B2' }]);
      expect((await one()).badge.id).toBe('B1');
      expect(() => Object.assign(bench.sandbox.badgeNamed('P1', 'B1'), { draft: false })).toThrow('B1');
    });

    test('a suspended client gets a token, and nothing else', async () => {
      bench.sandbox.clientNamed('P1').suspended = true;
      expect((await bench.askToken('P1')).status).toBe(200);
      nowS += 10;
      const { status, data } = await bench.get('/v2/client/P1/ping', 'P1');
      expect([status, data]).toEqual([403, { status: 403, error: 'Forbidden', message: 'client suspended' }]);
      expect([await give('c@example.org'), (await bench.get('/v2/client/R', 'R')).status]).toEqual([
        403, 200,
      ]);
      bench.sandbox.clientNamed('P1').suspended = false;
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
});

describe('credentials', () => {
  const ADDRESS = 'Claire.Duval@example.org';
  let bench: Bench;
  let event: EventRecord;
  let assertion: AssertionRecord;
  let other: AssertionRecord;

  beforeAll(async () => {
    bench = await openBench({ clock: () => 1_740_960_000_000 });
    event = bench.sandbox.issueByHand({
      clientId: 'P1',
      badgeId: 'B1',
      recipients: [ADDRESS, 'other@example.org'],
      issuedOnS: 1_740_787_200,
      expiresOnS: 1_772_323_200,
    });
    [assertion, other] = event.assertions as [AssertionRecord, AssertionRecord];
  });
  afterAll(() => bench.sandbox.close());

  const hashOf = (email: string, salt: string): string =>
    `sha256$${createHash('sha256')
      .update(email + salt)
      .digest('hex')}`;

  test('Open Badges 3.0: who, what, when, by whom; the hash is of that address and of no other', async () => {
    const { status, data } = await bench.get(assertion.url.replace(bench.sandbox.url, ''));
    expect(status).toBe(200);
    expect(data).toMatchObject({
      id: assertion.url.replace('.json', ''),
      type: ['VerifiableCredential', 'OpenBadgeCredential'],
      validFrom: '2025-03-01T00:00:00Z',
      validUntil: '2026-03-01T00:00:00Z',
      credentialStatus: { id: `${bench.sandbox.url}/obv3/revoked/P1/B1`, type: '1EdTechRevocationList' },
      proof: [{ type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' }],
    });
    expect(data.issuer.otherIdentifier).toEqual([
      { type: 'IdentifierEntry', identifier: 'P1', identifierType: 'systemId' },
    ]);
    const achievement = new URL(data.credentialSubject.achievement.id);
    expect([achievement.pathname, achievement.searchParams.has('cid')]).toEqual([
      '/obv3/achievements/B1',
      true,
    ]);
    const [identifier] = data.credentialSubject.identifier;
    expect(identifier).toMatchObject({ identityType: 'emailAddress', hashed: true });
    expect(identifier.identityHash).toBe(hashOf(ADDRESS, identifier.salt));
    expect(identifier.identityHash).not.toBe(hashOf('other@example.org', identifier.salt));
  });

  test('Open Badges 2.0: assertion, badge class and issuer lead from one to the next', async () => {
    const { data } = await bench.get(assertion.urlV1.replace(bench.sandbox.url, ''));
    expect(data).toMatchObject({
      '@context': 'https://w3id.org/openbadges/v2',
      type: 'Assertion',
      id: assertion.urlV1,
      badge: `${bench.sandbox.url}/v1/badge/_/B1.json?v=2.0&event=${event.id}`,
      issuedOn: '2025-03-01T00:00:00Z',
      expires: '2026-03-01T00:00:00Z',
      recipient: { type: 'email', hashed: true, identity: hashOf(ADDRESS, data.recipient.salt) },
    });
    const badge = (await bench.get(data.badge.replace(bench.sandbox.url, ''))).data;
    expect(badge).toMatchObject({ type: 'BadgeClass', id: data.badge, name: 'Badge B1' });
    const issuer = (await bench.get(badge.issuer.replace(bench.sandbox.url, ''))).data;
    expect(issuer).toMatchObject({ type: 'Issuer', name: 'Organisme P1' });
    expect(new URL(badge.issuer).searchParams.get('key')).toBe('P1');
  });

  test('two clients that have a badge of the same id are told apart by the event', async () => {
    bench.sandbox.addBadge({ clientId: 'R', id: 'B1', name: 'Another' });
    const second = bench.sandbox.issueByHand({ clientId: 'R', badgeId: 'B1', recipients: [ADDRESS] });
    const issuerOf = async (eventId: string): Promise<string> =>
      (await bench.get(`/v1/badge/_/B1.json?v=2.0&event=${eventId}`)).data.issuer;
    expect(await issuerOf(event.id)).toContain('?key=P1&');
    expect(await issuerOf(second.id)).toContain('?key=R&');
  });

  test('a revoked one: on the list in 3.0, gone in 2.0; the others stay', async () => {
    const revoked = async (): Promise<unknown> =>
      (await bench.get('/obv3/revoked/P1/B1')).data.revokedCredential;
    expect(await revoked()).toEqual([]);
    bench.sandbox.revokeByHand(event.id, [ADDRESS]);
    expect(await revoked()).toEqual([{ id: assertion.url.replace('.json', ''), revoked: true }]);
    const gone = await bench.get(`/v1/assertion/${assertion.id}`);
    expect([gone.status, gone.data]).toEqual([410, { revoked: true }]);
    expect((await bench.get(`/v1/assertion/${other.id}`)).status).toBe(200);
  });

  test.each([
    '/obv3/credentials/none.json',
    '/v1/assertion/none',
    '/obv3/revoked/P1/B7',
    '/v1/client/?key=P7',
  ])('%s is not found', async (path) => {
    expect((await bench.get(path)).status).toBe(404);
  });
});

describe('faults', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench({ maxRps: null });
  });
  afterEach(() => bench.sandbox.close());

  const issue = (clientId = 'R', badge = 'R1'): Promise<AxiosResponse> =>
    bench.post(`/v2/event/${clientId}/${badge}/issue`, issueBody('a@example.org'), clientId);

  /** What a client sees: a status, or the code of the error it gets. */
  const seen = (call: Promise<AxiosResponse>): Promise<unknown> =>
    call.then(
      ({ status }) => status,
      (error: unknown) => Reflect.get(Object(error), 'code'),
    );

  test.each<[Fault, { sees: unknown; written: unknown; committed: boolean }]>([
    [
      { route: 'POST issue', kind: 'status', status: 503 },
      { sees: 503, written: 503, committed: false },
    ],
    [
      { route: 'POST issue', kind: 'reset' },
      { sees: 'ECONNRESET', written: 'reset', committed: false },
    ],
    [
      { route: 'POST issue', kind: 'slow', ms: 40 },
      { sees: 200, written: 200, committed: true },
    ],
    [
      { route: 'POST issue', kind: 'not-json' },
      { sees: 200, written: 200, committed: true },
    ],
    [
      { route: 'POST issue', kind: 'reply-lost' },
      { sees: 'ECONNRESET', written: 'lost', committed: true },
    ],
    [
      { route: /issue$/, kind: 'status-after-commit', status: 500 },
      { sees: 500, written: 500, committed: true },
    ],
  ])('%o', async (fault, { sees, written, committed }) => {
    bench.sandbox.fault(fault);
    expect(await seen(issue())).toBe(sees);
    expect(bench.sandbox.awarded('a@example.org')).toEqual(committed ? ['R/R1'] : []);
    const [received] = bench.sandbox.issues();
    const [event] = bench.sandbox.eventsOf('R');
    expect([received?.status, received?.eventId]).toEqual([written, committed ? event?.id : null]);
    // Once, and no more: the next call goes well, and OBF issues again.
    expect(await seen(issue())).toBe(200);
    expect(bench.sandbox.awarded('a@example.org')).toHaveLength(committed ? 2 : 1);
  });

  test('a status may come with Retry-After and a body of its own', async () => {
    bench.sandbox.fault({
      route: 'GET ping',
      kind: 'status',
      status: 429,
      retryAfterS: 7,
      body: { error: 'slow down' },
    });
    const { status, headers, data } = await bench.get('/v2/client/P1/ping', 'P1');
    expect([status, headers['retry-after'], data]).toEqual([429, '7', { error: 'slow down' }]);
  });

  test('what is not JSON says so', async () => {
    bench.sandbox.fault({ route: 'GET ping', kind: 'not-json' });
    const { headers, data } = await bench.get('/v2/client/P1/ping', 'P1');
    expect([headers['content-type'], data]).toEqual([
      expect.stringContaining('text/html'),
      expect.stringContaining('<p>'),
    ]);
  });

  test('as often as asked, for the client that is meant, until they are cleared', async () => {
    bench.sandbox.fault({ route: 'POST issue', clientId: 'P1', times: 2, kind: 'status', status: 500 });
    bench.sandbox.fault({ route: /GET/, times: 9, kind: 'status', status: 502 });
    const statuses = [];
    for (const [client, badge] of [
      ['R', 'R1'],
      ['P1', 'B1'],
      ['P1', 'B1'],
      ['P1', 'B1'],
    ])
      statuses.push(await seen(issue(client, badge)));
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect(await seen(bench.get('/v2/client/R/ping', 'R'))).toBe(502);
    bench.sandbox.clearFaults();
    expect(await seen(bench.get('/v2/client/R/ping', 'R'))).toBe(200);
  });

  test('a fault after the deed waits for a call that OBF does not refuse', async () => {
    bench.sandbox.fault({ route: 'POST issue', kind: 'status-after-commit', status: 500 });
    expect(await seen(issue('P1', 'NONE'))).toBe(400);
    expect(await seen(issue('P1', 'B1'))).toBe(500);
  });

  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  test('the black hole answers nobody, does nothing, and lets go at the end', async () => {
    const before = timers();
    bench.sandbox.fault({ route: 'POST issue', kind: 'black-hole' });
    bench.sandbox.fault({ route: 'GET ping', kind: 'slow', ms: 20_000 });
    const calls = [seen(issue()), seen(bench.get('/v2/client/P1/ping', 'P1'))];
    const waiting = () => bench.sandbox.calls.filter(({ status }) => status === 'lost');
    await until(() => waiting().length === 2, 'calls that wait');
    expect(bench.sandbox.awarded('a@example.org')).toEqual([]);
    await bench.sandbox.close();
    expect(await Promise.all(calls)).toEqual(['ECONNRESET', 'ECONNRESET']);
    await until(() => timers() <= before, 'end of the timers');
  });
});

describe('limits', () => {
  let bench: Bench;
  let nowMs = 1_740_960_000_000;
  afterEach(() => bench.sandbox.close());

  const ping = (clientId = 'P1') => bench.get(`/v2/client/${clientId}/ping`, clientId);

  const pingWith = (token: string, clientId = 'P1'): Promise<number> =>
    axios
      .get(`${bench.sandbox.url}/v2/client/${clientId}/ping`, {
        headers: { Authorization: `Bearer ${token}`, Connection: 'close' },
        validateStatus: () => true,
      })
      .then(({ status }) => status);

  describe('tokens', () => {
    beforeEach(async () => {
      bench = await openBench({ clock: () => nowMs });
    });

    test('one per client every ten seconds; earlier ones stay good', async () => {
      const first = await bench.askToken('P1');
      expect(first.data).toEqual({
        access_token: expect.any(String),
        expires_in: 3600,
        token_type: 'Bearer',
      });
      const soon = await bench.askToken('P1');
      expect([soon.status, soon.data.error, soon.headers['retry-after']]).toEqual([
        429,
        'Too Many Requests',
        '10',
      ]);
      expect((await bench.askToken('R')).status).toBe(200);
      nowMs += 10_000;
      const second = await bench.askToken('P1');
      for (const { data } of [first, second]) expect(await pingWith(data.access_token)).toBe(200);
    });

    test('by HTTP Basic too', async () => {
      const { status } = await axios.post(
        `${bench.sandbox.url}/v2/client/oauth2/token`,
        'grant_type=client_credentials',
        { auth: { username: 'P1', password: secretOf('P1') }, headers: { Connection: 'close' } },
      );
      expect(status).toBe(200);
    });

    test.each([
      ['a wrong secret', () => bench.askToken('P1', 'wrong'), 403],
      ['an unknown client', () => bench.askToken('P9'), 403],
      ['another grant', () => bench.post('/v2/client/oauth2/token', 'grant_type=password'), 400],
      ['JSON without the grant', () => bench.post('/v2/client/oauth2/token', { client_id: 'P1' }), 400],
    ])('%s is refused, and costs no token', async (_name, ask, expected) => {
      const { status, data } = await ask();
      expect([status, typeof data.error]).toEqual([expected, 'string']);
      expect((await bench.askToken('P1')).status).toBe(200);
    });

    test('an expired token, an unknown one, none, and one of another client are forbidden', async () => {
      const { access_token } = (await bench.askToken('P1')).data;
      expect(await pingWith('unknown')).toBe(403);
      expect(await pingWith(access_token, 'R')).toBe(403);
      expect((await bench.get('/v2/client/P1/ping')).data).toBe('403 Forbidden');
      nowMs += 3_599_000;
      expect(await pingWith(access_token)).toBe(200);
      nowMs += 1000;
      expect(await pingWith(access_token)).toBe(403);
    });
  });

  describe('rate', () => {
    test('ten calls per client in any second; the eleventh is told to wait, and others are let in', async () => {
      bench = await openBench({ clock: () => nowMs });
      await ping();
      const statuses = await Promise.all(
        Array.from({ length: 11 }, () => ping().then(({ status }) => status)),
      );
      expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 9 }, () => 200), 429, 429]);
      const refused = await ping();
      expect([refused.status, refused.data.error, refused.headers['retry-after']]).toEqual([
        429,
        'Too Many Requests',
        '1',
      ]);
      expect((await ping('R')).status).toBe(200);
      nowMs += 1000;
      expect((await ping()).status).toBe(200);
    });

    test('a clock that stands still does not hold the limit for ever', async () => {
      bench = await openBench({ clock: () => 0, maxRps: 1 });
      await ping();
      expect((await ping()).status).toBe(429);
      await until(async () => (await ping()).status === 200, 'call let in again');
    });

    test('none, when asked for', async () => {
      bench = await openBench({ maxRps: null });
      await ping();
      const statuses = await Promise.all(
        Array.from({ length: 50 }, () => ping().then(({ status }) => status)),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
    });
  });
});

describe('webhooks', () => {
  const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const CONTENT = { type: 'badge.issued', client_id: 'P1', event_id: 'E1' };

  interface Post {
    readonly headers: Record<string, string>;
    readonly body: string;
  }
  let server: Server;
  let url: string;
  let posts: Post[];

  beforeEach(async () => {
    posts = [];
    server = createServer((req, res) => {
      void keep(req).finally(() => res.writeHead(202).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/webhooks/obf`;
  });
  const keep = async (req: IncomingMessage): Promise<void> => {
    posts.push({ headers: { ...req.headers } as Record<string, string>, body: await text(req) });
  };
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('a signed notice verifies with its secret and with no other', async () => {
    expect(await postNotice(url, signedNotice(SECRET, CONTENT, Date.now))).toBe(202);
    const [post] = posts;
    expect(new Webhook(SECRET).verify(post?.body ?? '', post?.headers ?? {})).toEqual({
      type: 'badge.issued',
      data: { client_id: 'P1', event_id: 'E1' },
    });
    const other = new Webhook(Buffer.alloc(24, 8).toString('base64'));
    expect(() => other.verify(post?.body ?? '', post?.headers ?? {})).toThrow(WebhookVerificationError);
  });

  test('a clock that is late makes a stale one', async () => {
    await postNotice(
      url,
      signedNotice(SECRET, CONTENT, () => Date.now() - 400_000),
    );
    expect(() => new Webhook(SECRET).verify(posts[0]?.body ?? '', posts[0]?.headers ?? {})).toThrow(
      'too old',
    );
  });

  test('the push to a Passport', async () => {
    await postNotice(url, passportNotice({ key: 'k', secret: 's:1' }, { 'a@example.org': ['http://obf/1'] }));
    expect(posts).toMatchObject([
      {
        headers: {
          authorization: `Basic ${Buffer.from('k:s:1').toString('base64')}`,
          'content-type': 'application/json',
        },
        body: '{"a@example.org":["http://obf/1"]}',
      },
    ]);
  });

  test('a repeat is the same notice', async () => {
    const notice = signedNotice(SECRET, CONTENT, Date.now);
    await Promise.all([postNotice(url, notice), postNotice(url, notice)]);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });
});
