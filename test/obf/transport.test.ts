import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import { createLogger } from '../../src/platform/logger.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import {
  accountOf,
  closeStubs,
  errorOf,
  everythingOf,
  issueTo,
  MAIL,
  NO_EVENT,
  openStub,
  optionsFor,
  SECRET,
  TOKEN,
  type Stub,
} from './bench.js';
import { createObf, type Obf, type ObfOptions } from '../../src/obf/obf.js';

let redis: TestRedis;
let stub: Stub;
let answer: RequestListener;
const opened: Obf[] = [];
let generation = 0;

beforeAll(async () => {
  redis = await testRedis();
  stub = await openStub((req, res) => answer(req, res));
});
afterAll(async () => {
  for (const obf of opened) obf.close();
  await closeStubs();
  await redis.close();
});
beforeEach(() => {
  stub.seen.length = 0;
});

const account = (options: Partial<ObfOptions> = {}) => {
  generation += 1;
  const obf = createObf({ ...optionsFor(stub.url, redis, generation), ...options });
  opened.push(obf);
  return accountOf(obf);
};
const says =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_, res) =>
    void res.writeHead(status, headers).end(body);

test('a redirect is not followed: the token goes nowhere else', async () => {
  const elsewhere: (string | undefined)[] = [];
  const other = await openStub((req, res) => {
    elsewhere.push(req.headers.authorization);
    res.end('{"result":[]}');
  });
  answer = says(302, '', { Location: `${other.url}/v2/badge/P1` });
  expect(await errorOf(account().badges())).toBeInstanceOf(ObfNotSent);
  expect(await errorOf(account().issue(issueTo()))).toBeInstanceOf(ObfOutcomeUnknown);
  expect(elsewhere).toEqual([]);
  await other.close();
});

test('an http_proxy of the environment is not given our tokens', async () => {
  const through: string[] = [];
  const proxy = await openStub((req, res) => {
    through.push(String(req.url));
    res.end('{"result":[]}');
  });
  const before = { ...process.env };
  Object.assign(process.env, { http_proxy: proxy.url, HTTP_PROXY: proxy.url, no_proxy: '', NO_PROXY: '' });
  answer = says(200, '{"result":[]}');
  try {
    await account().badges();
  } finally {
    process.env = before;
  }
  expect([through, stub.seen.length]).toEqual([[], 1]);
  await proxy.close();
});

test.each([
  ['http://evil.example/x', '/v2/event/P1/http%3A%2F%2Fevil.example%2Fx'],
  ['//evil.example', '/v2/event/P1/%2F%2Fevil.example'],
  ['../../client/P2', '/v2/event/P1/..%2F..%2Fclient%2FP2'],
  ['E1?x=1#y', '/v2/event/P1/E1%3Fx%3D1%23y'],
  ['é\\@', '/v2/event/P1/%C3%A9%5C%40'],
])('an id stays in its place: %s', async (id, path) => {
  answer = says(404, '{"error":"Not Found"}');
  expect(await errorOf(account().event(asEventId(id)))).toMatchObject({ status: 404 });
  expect(stub.seen).toEqual([`GET ${path}`]);
});

test.each(['..', '.', '', '\ud800'])(
  'an id that no encoding holds in its place is refused here: %j',
  async (id) => {
    answer = says(200, '{}');
    expect(await errorOf(account().event(asEventId(id)))).toBeInstanceOf(ObfRefused);
    expect(await errorOf(account().issue({ ...issueTo(), badgeId: asBadgeId(id) }))).toBeInstanceOf(
      ObfRefused,
    );
    expect(stub.seen).toEqual([]);
  },
);

test('an API under a path of its host is called there', async () => {
  answer = says(200, '{"result":[]}');
  await account({ baseUrl: `${stub.url}/obf/` }).badges();
  expect(stub.seen).toEqual(['GET /obf/v2/badge/P1?draft=0&limit=1000&offset=0']);
});

test('an answer beyond 20 MiB, packed or not, is cut off', async () => {
  answer = says(200, `"${'x'.repeat(21 * 1024 * 1024)}"`);
  expect(await errorOf(account({ timeoutMs: 5000 }).badges())).toBeInstanceOf(ObfUnreadable);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  answer = (_, res) => void res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
  expect(await errorOf(account({ timeoutMs: 5000 }).badges())).toBeInstanceOf(ObfUnreadable);
  expect(await errorOf(account({ timeoutMs: 5000 }).issue(issueTo()))).toBeInstanceOf(ObfOutcomeUnknown);
});

test('an answer that drips has an end', async () => {
  answer = (_, res) => {
    res.writeHead(200);
    const drip = setInterval(() => res.write(' '), 20);
    res.on('close', () => clearInterval(drip));
  };
  const error = await errorOf(account({ timeoutMs: 200 }).badges());
  expect(error).toBeInstanceOf(ObfNotSent);
  expect(error.message).toContain('no answer in time');
});

test('an answer that breaks off', async () => {
  answer = (_, res) => {
    res.writeHead(200, { 'Content-Length': '1000' }).write('{"result":[');
    setTimeout(() => res.destroy(), 10);
  };
  expect(await errorOf(account().badges())).toBeInstanceOf(ObfNotSent);
  expect(await errorOf(account().issue(issueTo()))).toBeInstanceOf(ObfOutcomeUnknown);
});

test('reads keep their connection, a write has its own', async () => {
  const ports: (number | undefined)[] = [];
  answer = (req, res) => {
    ports.push(req.socket.remotePort);
    res.end(req.method === 'GET' ? '{"result":[]}' : '{"success":true,"resource_id":"E1"}');
  };
  const one = account();
  await one.badges();
  await one.issue(issueTo());
  await one.issue(issueTo());
  await one.badges();
  expect(new Set(ports).size).toBe(3);
  expect(ports[0]).toBe(ports[3]);
});

const FIELDS: [string, unknown, string][] = [
  ['no list', { total: 3 }, 'result'],
  ['no object', 'hello', '(whole)'],
];
test.each(FIELDS)('an answer with %s: the error names the call and the field', async (_, body, field) => {
  answer = says(200, JSON.stringify(body));
  const error = await errorOf(account().events({}));
  expect(error).toBeInstanceOf(ObfUnreadable);
  expect(error.message).toContain(`OBF GET events: field ${field}: `);
});

test.each([
  ['a missing field', { id: 'E2', issued_on: 1 }, 'badge_id'],
  ['a field of another kind', { id: 'E2', badge_id: 'B1', issued_on: 'soon' }, 'issued_on'],
])('one row with %s is named, and the others of its page are read', async (_, row, field) => {
  const good = { id: 'E1', badge_id: 'B1', issued_on: 1 };
  answer = says(200, JSON.stringify({ result: [good, row], total: 2 }));
  const page = await account().events({});
  expect(page.rows.map(({ id }) => id)).toEqual(['E1']);
  expect(page.odd).toEqual([{ clientId: 'P1', list: 'events', eventId: 'E2', field }]);
});

test('nulls, numbers as ids, unknown fields and other ways to say "never" are no faults', async () => {
  const row = {
    id: 12,
    badge_id: 'B1',
    issued_on: '1740787200',
    expires_on: 0,
    ctime: null,
    mtime: 1,
    new_field: {},
  };
  answer = says(200, JSON.stringify({ result: [row], total: '1', __proto__: { x: 1 } }));
  expect(await account().events({})).toEqual({
    rows: [
      {
        id: '12',
        clientId: 'P1',
        badgeId: 'B1',
        issuedOnS: 1_740_787_200,
        expiresOnS: null,
        createdS: null,
        modifiedS: 1,
        recipientCount: null,
        logEntry: null,
      },
    ],
    odd: [],
    keys: ['12'],
    total: 1,
  });
});

test('milliseconds are read as such, and the last second of 9999 as that', async () => {
  const row = { id: 'E1', badge_id: 'B1', issued_on: 1_740_787_200_123 };
  const times = { expires_on: '1740787200999', ctime: 253_402_300_799 };
  answer = says(200, JSON.stringify({ result: [{ ...row, ...times }], total: 1 }));
  expect((await account().events({})).rows).toMatchObject([
    { issuedOnS: 1_740_787_200, expiresOnS: 1_740_787_200, createdS: 253_402_300_799 },
  ]);
});

test('a recipient of another event is left out, should OBF not heed the filter', async () => {
  const rows = ['E1', 'E2'].map((event_id) => ({
    event_id,
    assertion_id: `A-${event_id}`,
    email: MAIL,
    issued_on: 1,
  }));
  answer = says(200, JSON.stringify({ result: rows, total: 2 }));
  const { recipients, distinct } = await account().recipientsOf(asEventId('E2'));
  expect(recipients.map((recipient) => recipient.assertionId)).toEqual(['A-E2']);
  expect(distinct).toBe(1);
});

test.each([
  ['{"award":"x"}', { award: 'x' }],
  ['not JSON', 'not JSON'],
  [null, null],
  [undefined, null],
  [{ award: 'y' }, { award: 'y' }],
])('log_entry %j', async (entry, expected) => {
  answer = says(
    200,
    JSON.stringify({ id: 'E1', badge: { id: 'B9' }, issued_on: 1, expires_on: null, log_entry: entry }),
  );
  expect(await account().event(NO_EVENT)).toMatchObject({ badgeId: 'B9', logEntry: expected });
});

const LEAKS: [string, RequestListener][] = [
  [
    'refused',
    (req, res) => {
      const name = req.method === 'POST' ? 'Jean Dupont' : 'nobody';
      const message = `no ${MAIL}, "odd one"@example.org, ${name}, ${TOKEN}`;
      res.writeHead(400).end(JSON.stringify({ error: 'Bad Request', message }));
    },
  ],
  ['refused at length', says(400, `${'x '.repeat(1988)}${MAIL} and more`)],
  ['in HTML', says(500, `<p>${MAIL.replace('@', '%40')} ${TOKEN}</p>`)],
  ['throttled', says(429, MAIL, { 'Retry-After': '0.25' })],
  ['unreadable', says(200, `{"success": "${MAIL}", "resource_id": {"${MAIL}": "${TOKEN}"}}`)],
  ['reset', (_, res) => res.socket?.resetAndDestroy()],
  ['no answer', () => {}],
];
test.each(LEAKS)(
  'no token, secret, address or name in an error, however deep one looks: %s',
  async (name, listener) => {
    answer = listener;
    const lines: string[] = [];
    const log = createLogger('trace', 'test', { write: (line) => void lines.push(line) });
    const one = account({ log, timeoutMs: name === 'no answer' ? 150 : 5000 });
    const recipients = [
      { email: MAIL, name: 'Jean Dupont' },
      { email: '"odd one"@example.org', name: null },
    ];
    const errors = [
      await errorOf(one.issue({ ...issueTo(), recipients })),
      await errorOf(one.revoke(NO_EVENT, [MAIL, '"odd one"@example.org'])),
      await errorOf(one.events({})),
    ];
    for (const err of errors) log.error({ err }, 'failed');
    const all = errors.map(everythingOf).join('\n') + lines.join('\n');
    for (const secret of [TOKEN, SECRET, 'Dupont', 'dupont', 'odd one', 'Bearer'])
      expect(all).not.toContain(secret);
    expect(all).toContain('OBF POST issue');
    for (const error of errors) expect(error.message.length).toBeLessThan(320);
  },
);

test("OBF's own words are kept, as far as they may be", async () => {
  answer = says(400, '{"status":400,"error":"Bad Request","message":"issued_on: missing"}');
  const error = await errorOf(account().issue(issueTo()));
  expect(error.message).toBe('OBF POST issue: 400 Bad Request: issued_on: missing');
  answer = says(429, '', { 'Retry-After': '0.3' });
  expect(await errorOf(account().issue(issueTo()))).toMatchObject({ retryAfterMs: 300 });
  expect(await errorOf(account().issue(issueTo()))).toBeInstanceOf(ObfThrottled);
});

test('a client whose API key we do not have has no account; a closed client sends nothing', async () => {
  answer = says(200, '{"result":[]}');
  const obf = createObf(optionsFor(stub.url, redis, 1000));
  expect(obf.account(asClientId('P2'))).toBeNull();
  const one = accountOf(obf);
  expect(accountOf(obf)).toBe(one);
  await one.badges();
  obf.close();
  stub.seen.length = 0;
  expect(await errorOf(one.issue(issueTo()))).toBeInstanceOf(ObfNotSent);
  expect(stub.seen).toEqual([]);
});

test('without Redis nothing is sent', async () => {
  const other = await testRedis();
  await other.close();
  answer = says(200, '{"success":true,"resource_id":"E1"}');
  const error = await errorOf(account({ redis: other.connection }).issue(issueTo()));
  expect(error).toBeInstanceOf(ObfNotSent);
  expect(error.message).toContain('Redis did not answer');
  expect(stub.seen).toEqual([]);
});

test('a token that would break out of its header is none', async () => {
  const bad = await openStub(says(200, '{}'), () => `a\r\nX-Evil: ${randomBytes(4).toString('hex')}`);
  expect(await errorOf(account({ baseUrl: bad.url }).issue(issueTo()))).toBeInstanceOf(ObfNotSent);
  expect(bad.seen).toEqual([]);
  await bad.close();
});
