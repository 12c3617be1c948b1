import { z } from 'zod';
import {
  badgeRow,
  clientReply,
  eventReply,
  eventRow,
  issueReply,
  pageReply,
  recipientRow,
  revokeReply,
  tokenReply,
} from '../../src/obf/wire.js';
import { issueBody, openBench, secretOf, type Bench } from './bench.js';

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
    ['events', pageOf(eventRow), () => bench.get('/v2/event/P1', 'P1')],
    ['event', eventReply, async () => bench.get(`/v2/event/P1/${await issue('c@example.org')}`, 'P1')],
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

  test('ping, alias and one badge', async () => {
    expect((await bench.get('/v2/client/P1/ping', 'P1')).data).toEqual({ success: true });
    expect((await bench.get('/v2/client/P1/alias', 'P1')).data).toEqual({ result: [] });
    const { data } = await bench.get('/v2/badge/P1/B1', 'P1');
    expect(data).toMatchObject({
      id: 'B1',
      expires: 0,
      email_message: null,
      content: [{ name: 'Badge B1' }],
    });
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
  expect((await bench.get('/v2/badge/R/B1', 'R')).status).toBe(404);
  expect((await bench.get('/v2/nothing', 'R')).status).toBe(404);
  expect((await bench.put('/v2/event/R', {}, 'R')).status).toBe(405);
});

test('by hand: midnight, no consumer, an end after the months of the badge', async () => {
  nowS += 3600;
  bench.sandbox.addBadge({ clientId: 'P1', id: 'B9', name: 'Sécurité', expiresMonths: 12 });
  const event = bench.sandbox.issueByHand({ clientId: 'P1', badgeId: 'B9', recipients: ['a@example.org'] });
  expect((await bench.get('/v2/event/P1', 'P1')).data.result).toMatchObject([
    { id: event.id, issued_on: 1_740_960_000, ctime: nowS, expires_on: 1_772_496_000, api_consumer_id: null },
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
