import { createServer } from 'node:net';
import { once } from 'node:events';
import { closeRedis, isCluster, openProducer } from '../../src/platform/redis.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../../src/obf/errors.js';
import { keysLike } from '../support/redis.js';
import { until } from '../support/until.js';
import {
  errorOf,
  everythingOf,
  issueTo,
  closeStubs,
  openBench,
  openStub,
  P1,
  SECRET,
  SPACING_MS,
  type Bench,
} from './bench.js';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ tokenTtlS: 3600 });
});
afterAll(() => Promise.all([bench.close(), closeStubs()]));

/** Each test begins with a Redis that knows no token, and an OBF that would make one. */
beforeEach(async () => {
  const last = bench.calls('POST token').at(-1)?.atMs ?? 0;
  await until(() => Date.now() > last + SPACING_MS, 'time for another token');
  bench.fresh();
  bench.sandbox.clearFaults();
});

const tokens = () => bench.calls('POST token');
const since = <T>(list: readonly T[], from: number): readonly T[] => list.slice(from);

test('two processes that start together make one token request', async () => {
  const from = tokens().length;
  const [one, two] = [bench.account(), bench.account()];
  await Promise.all([one.ping(), two.ping(), one.ping(), two.badges(), two.ping()]);
  expect(since(tokens(), from)).toHaveLength(1);
  expect(since(tokens(), from)[0]?.body).toEqual({
    grant_type: 'client_credentials',
    client_id: 'P1',
    client_secret: SECRET,
  });
});

test('in Redis the token is not readable, and goes before OBF gives it up', async () => {
  await bench.account().ping();
  const keys = await keysLike(bench.redis.connection, `${bench.redis.prefix}*:token`);
  const [key = ''] = keys.slice(-1);
  expect(await bench.redis.connection.get(key)).toMatch(/^[\w-]{60,}$/);
  const ttl = await bench.redis.connection.pttl(key);
  expect(ttl).toBeGreaterThan(3_500_000);
  expect(ttl).toBeLessThanOrEqual(3_540_000);
});

test('a 403 renews the token once, for all calls and processes', async () => {
  const [one, two] = [bench.account(), bench.account()];
  await Promise.all([one.ping(), two.ping()]);
  const from = tokens().length;
  bench.sandbox.fault({ route: 'GET ping', kind: 'status', status: 403, times: 4 });
  await Promise.all([one.ping(), two.ping(), one.ping(), two.ping()]);
  expect(since(tokens(), from)).toHaveLength(1);
});

test('when another process has renewed it meanwhile, that one is used and OBF is not asked', async () => {
  const given: string[] = [];
  let slowCall: (() => void) | undefined;
  const stub = await openStub(
    (req, res) => {
      const denied = req.headers.authorization === 'Bearer token-1';
      const reply = () => res.writeHead(denied ? 403 : 200).end('{"result":[]}');
      if (denied && req.url === '/v2/client/P1/ping') slowCall = reply;
      else reply();
    },
    () => `token-${given.push('asked')}`,
  );
  const [one, two] = [bench.account({ baseUrl: stub.url }), bench.account({ baseUrl: stub.url })];
  const waiting = one.ping();
  const answer = await until(() => slowCall, 'call with the first token');
  await two.badges();
  answer();
  await waiting;
  expect(given).toHaveLength(2);
  await stub.close();
});

test('still 403 with a new token: refused for good, after one renewal', async () => {
  const account = bench.account();
  const from = tokens().length;
  bench.sandbox.fault({ route: 'GET client', kind: 'status', status: 403, times: 9 });
  const error = await errorOf(account.issuingLimit());
  expect(error).toBeInstanceOf(ObfRefused);
  expect(error).toMatchObject({ status: 403, call: 'GET client' });
  expect(since(tokens(), from)).toHaveLength(2);
  // Its colleagues go on with the token that there is.
  await account.ping();
  expect(since(tokens(), from)).toHaveLength(2);
});

test('OBF is never asked for two tokens within its spacing', async () => {
  const [one, two] = [bench.account(), bench.account()];
  bench.sandbox.fault({ route: 'GET ping', kind: 'status', status: 403, times: 3 });
  bench.sandbox.fault({ route: 'GET badges', kind: 'status', status: 403, times: 3 });
  await Promise.allSettled([one.ping(), two.badges(), one.badges(), two.ping()]);
  await Promise.allSettled([one.ping(), two.badges()]);
  const at = tokens().map((call) => call.atMs);
  const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SPACING_MS);
  expect(tokens().filter((call) => call.status === 429)).toEqual([]);
});

test('a process that dies while it asks leaves the spacing to the others', async () => {
  const dying = openProducer(bench.redis.address);
  await dying.ping();
  const from = tokens().length;
  bench.sandbox.fault({ route: 'POST token', kind: 'black-hole' });
  const lost = errorOf(bench.account({ redis: dying }).ping());
  await until(() => tokens().length > from, 'token request');
  // From here on it can tell the others nothing.
  closeRedis(dying);
  const tuning = { tokenSpacingMs: SPACING_MS, tokenWaitMs: 100, tokenTimeoutMs: 2000 };
  expect(await errorOf(bench.account({ tuning }).ping())).toBeInstanceOf(ObfNotSent);
  expect(since(tokens(), from)).toHaveLength(1);
  // A cluster's connection that was closed leaves what is asked over it later without an answer.
  if (!isCluster(dying)) expect(await lost).toBeInstanceOf(ObfNotSent);
  await bench.account().ping();
  expect(since(tokens(), from)).toHaveLength(2);
});

test('a refused API key: says whose and what to do, and asks once for all', async () => {
  const wrong = { secrets: new Map([[P1, 'wrong_secret_of_P1']]) };
  const from = tokens().length;
  const [one, two] = [bench.account(wrong), bench.account(wrong)];
  const errors = await Promise.all([errorOf(one.ping()), errorOf(two.ping()), errorOf(one.badges())]);
  for (const error of errors) {
    expect(error).toBeInstanceOf(ObfRefused);
    expect(error).toMatchObject({ call: 'POST token', status: 401 });
    expect(error.message).toContain('check the API key of client P1');
    expect(everythingOf(error)).not.toContain('wrong_secret_of_P1');
  }
  expect(since(tokens(), from)).toHaveLength(1);
  // The right key is not blamed for the wrong one.
  await bench.account().ping();
});

test.each([
  ['429', { kind: 'status', status: 429, retryAfterS: 2 }, ObfThrottled, { retryAfterMs: 2000 }],
  ['503', { kind: 'status', status: 503 }, ObfThrottled, {}],
  ['500', { kind: 'status', status: 500 }, ObfNotSent, {}],
  ['reset', { kind: 'reset' }, ObfNotSent, {}],
  ['no JSON', { kind: 'not-json' }, ObfNotSent, {}],
  ['302', { kind: 'status', status: 302 }, ObfNotSent, {}],
  ['403 of a proxy', { kind: 'status', status: 403, body: '<p>Maintenance</p>' }, ObfNotSent, {}],
  ['401 in plain text', { kind: 'status', status: 401, body: 'no' }, ObfRefused, { status: 401 }],
  ['no answer', { kind: 'black-hole' }, ObfNotSent, {}],
] as const)(
  'a token route that fails (%s): the call, a write too, was certainly not made',
  async (_, fault, type, more) => {
    const issued = bench.calls('POST issue').length;
    bench.sandbox.fault({ route: 'POST token', ...fault });
    const patience = fault.kind === 'black-hole' ? { tokenTimeoutMs: 150 } : {};
    const tuning = { tokenSpacingMs: SPACING_MS, tokenWaitMs: 100, ...patience };
    const error = await errorOf(bench.account({ tuning }).issue(issueTo()));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ call: 'POST token', ...more });
    expect(bench.calls('POST issue')).toHaveLength(issued);
  },
);

test('OBF out of reach: not sent', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  server.close();
  const error = await errorOf(bench.account({ baseUrl: `http://127.0.0.1:${port}` }).ping());
  expect(error).toBeInstanceOf(ObfNotSent);
  expect(error.message).toContain('ECONNREFUSED');
});

test('a caller that gives up does not take the token from the others', async () => {
  const from = tokens().length;
  bench.sandbox.fault({ route: 'POST token', kind: 'slow', ms: 150 });
  const account = bench.account();
  const abort = new AbortController();
  const given = errorOf(account.ping(abort.signal));
  await until(() => tokens().length > from, 'token request');
  abort.abort();
  expect(await given).toBeInstanceOf(ObfNotSent);
  await account.ping();
  expect(since(tokens(), from)).toHaveLength(1);
});
