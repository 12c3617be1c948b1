import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
  retryAfterMsOf,
} from '../../src/obf/errors.js';
import type { OnCall } from '../../src/obf/http.js';
import { createObf, type Obf, type ObfOptions } from '../../src/obf/obf.js';
import { createRateLimiter } from '../../src/obf/rate-limiter.js';
import type { ObfAccount } from '../../src/obf/account.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, isCluster, openOperator } from '../../src/platform/redis.js';
import type { Fault } from '../../src/sandbox/exchange.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import {
  accountOf,
  B1,
  type Bench,
  closeStubs,
  errorOf,
  everythingOf,
  issueTo,
  MAIL,
  NO_EVENT,
  openBench,
  openStub,
  optionsFor,
  P1,
  SECRET,
  SPACING_MS,
  type Stub,
  TOKEN,
} from './bench.js';
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1';

describe('certainty', () => {
  let bench: Bench;
  let account: ObfAccount;
  beforeAll(async () => {
    bench = await openBench();
    account = bench.account();
    await account.ping();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.sandbox.clearFaults());

  /** Of a call that OBF received: one that was given up before it left shows nothing. */
  async function errorOnceReceived(route: string, call: () => Promise<unknown>): Promise<Error> {
    const from = bench.calls(route).length;
    for (;;) {
      const error = await errorOf(call());
      if (bench.calls(route).length > from) return error;
    }
  }

  type WithoutRoute<F> = F extends unknown ? Omit<F, 'route'> : never;
  /** Where no answer will come, one need not wait long for it. */
  const accountFor = (fault: WithoutRoute<Fault>): ObfAccount =>
    fault.kind === 'black-hole' ? bench.account({ timeoutMs: 200 }) : account;
  const status = (code: number, more = {}) => ({ kind: 'status', status: code, ...more }) as const;

  const PAGE = '<!doctype html><title>Maintenance</title>';

  const READS: [string, WithoutRoute<Fault>, unknown, object][] = [
    ['400', status(400), ObfRefused, { status: 400 }],
    ['404', status(404), ObfRefused, { status: 404 }],
    ['405', status(405), ObfRefused, { status: 405 }],
    ['408', status(408), ObfNotSent, {}],
    ['429', status(429, { retryAfterS: 0.3 }), ObfThrottled, { retryAfterMs: 300 }],
    ['500', status(500), ObfNotSent, {}],
    ['502', status(502), ObfNotSent, {}],
    ['503', status(503, { retryAfterS: 0.7 }), ObfThrottled, { retryAfterMs: 700 }],
    ['302', status(302), ObfNotSent, {}],
    ['a redirect of a proxy', status(307, { body: PAGE }), ObfNotSent, {}],
    ['404 of a proxy', status(404, { body: PAGE }), ObfNotSent, {}],
    ['400 without a word', status(400, { body: {} }), ObfNotSent, {}],
    ['reset', { kind: 'reset' }, ObfNotSent, {}],
    ['no answer', { kind: 'black-hole' }, ObfNotSent, {}],
    ['reply lost', { kind: 'reply-lost' }, ObfNotSent, {}],
    ['not JSON', { kind: 'not-json' }, ObfUnreadable, {}],
  ];

  test.each(READS)('a read, %s', async (_, fault, type, more) => {
    const from = bench.calls('GET events').length;
    bench.sandbox.fault({ route: 'GET events', ...fault });
    const error = await errorOnceReceived('GET events', () => accountFor(fault).events({}));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ call: 'GET events', ...more });
    expect(error.message).toContain('OBF GET events: ');
    // Nothing is repeated behind the caller's back.
    expect(bench.calls('GET events')).toHaveLength(from + 1);
  });

  const WRITES: [string, WithoutRoute<Fault>, unknown, 0 | 1][] = [
    ['400', status(400), ObfRefused, 0],
    ['404 of a proxy', status(404, { body: PAGE }), ObfRefused, 0],
    ['413', status(413), ObfRefused, 0],
    ['429', status(429, { retryAfterS: 0.25 }), ObfThrottled, 0],
    ['408', status(408), ObfOutcomeUnknown, 0],
    ['302', status(302), ObfOutcomeUnknown, 0],
    ['500', status(500), ObfOutcomeUnknown, 0],
    ['503', status(503), ObfOutcomeUnknown, 0],
    ['reset', { kind: 'reset' }, ObfOutcomeUnknown, 0],
    ['no answer', { kind: 'black-hole' }, ObfOutcomeUnknown, 0],
    ['reply lost', { kind: 'reply-lost' }, ObfOutcomeUnknown, 1],
    ['not JSON', { kind: 'not-json' }, ObfOutcomeUnknown, 1],
    ['500 after it was done', { kind: 'status-after-commit', status: 500 }, ObfOutcomeUnknown, 1],
  ];

  test.each(WRITES)('a write, %s', async (name, fault, type, issued) => {
    const email = `${name.replaceAll(/\W/g, '')}.write@example.org`;
    const from = bench.sandbox.issues().length;
    bench.sandbox.fault({ route: 'POST issue', ...fault });
    const error = await errorOnceReceived('POST issue', () => accountFor(fault).issue(issueTo(email)));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ call: 'POST issue' });
    // One call whatever happened, and as many badges as OBF says.
    expect(bench.sandbox.issues()).toHaveLength(from + 1);
    expect(bench.sandbox.awarded(email)).toHaveLength(issued);
  });

  test('a write to an OBF that is not there was certainly not made', async () => {
    // The token is in Redis already: only the write itself goes to the closed port.
    const gone = bench.account({ baseUrl: NOBODY });
    const error = await errorOf(gone.issue(issueTo()));
    expect(error).toBeInstanceOf(ObfNotSent);
    expect(error).toMatchObject({ call: 'POST issue' });
    const nowhere = bench.account({ baseUrl: 'https://obf.invalid', timeoutMs: 5000 });
    expect(await errorOf(nowhere.issue(issueTo()))).toBeInstanceOf(ObfNotSent);
  });

  test('a write whose connection never came about (no TLS) was certainly not made', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const mute = bench.account({ baseUrl: `https://127.0.0.1:${port}`, timeoutMs: 150 });
    const error = await errorOf(mute.issue(issueTo()));
    silent.close();
    expect(error).toBeInstanceOf(ObfNotSent);
    expect(error.message).toContain('no answer in time');
  });

  test('a write given up before it leaves was not made; after, nobody knows', async () => {
    const before = await errorOf(account.issue(issueTo(), AbortSignal.abort()));
    expect(before).toBeInstanceOf(ObfNotSent);
    const from = bench.calls('POST issue').length;
    bench.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 300 });
    const abort = new AbortController();
    const late = errorOf(account.issue(issueTo(), abort.signal));
    await until(() => bench.calls('POST issue').length > from, 'issue call');
    abort.abort();
    expect(await late).toBeInstanceOf(ObfOutcomeUnknown);
  });

  test('a 403 of a write was a no: it is made once more with a new token, and once only', async () => {
    const from = bench.sandbox.issues().length;
    bench.sandbox.fault({ route: 'POST issue', kind: 'status', status: 403 });
    const eventId = await account.issue(issueTo('again@example.org'));
    expect(bench.sandbox.issues()).toHaveLength(from + 2);
    expect(bench.sandbox.awarded('again@example.org')).toEqual(['P1/B1']);
    expect(await account.event(eventId)).toMatchObject({
      id: eventId,
      badgeId: B1,
      logEntry: { award: 'communiquer-1' },
    });
  });

  test('what the issue call carries', async () => {
    await account.issue({ ...issueTo(MAIL), recipients: [{ email: MAIL, name: null }], sendEmail: false });
    expect(bench.sandbox.issues().at(-1)?.body).toEqual({
      recipient: [{ email: MAIL, name: '' }],
      issued_on: 1_740_787_200,
      api_consumer_id: 'palier',
      send_email: false,
      show_report: true,
      log_entry: { award: 'communiquer-1' },
    });
    await account.issue(issueTo());
    expect(bench.sandbox.issues().at(-1)?.body.send_email).toBe(true);
  });

  test('revoking says how many, and is a write', async () => {
    const eventId = await account.issue(issueTo('r@example.org'));
    expect(await account.revoke(eventId, ['R@example.org'])).toBe(1);
    expect(bench.sandbox.awarded('r@example.org')).toEqual([]);
    bench.sandbox.fault({ route: 'PUT revoke', kind: 'reply-lost' });
    expect(await errorOf(account.revoke(eventId, ['r@example.org']))).toBeInstanceOf(ObfOutcomeUnknown);
  });

  test('calls without recipients are refused before they leave', async () => {
    const from = bench.sandbox.calls.length;
    expect(await errorOf(account.issue({ ...issueTo(), recipients: [] }))).toBeInstanceOf(ObfRefused);
    expect(await errorOf(account.revoke(NO_EVENT, []))).toBeInstanceOf(ObfRefused);
    expect(bench.sandbox.calls).toHaveLength(from);
  });

  test.each([
    ['3', 3000],
    ['0', 250],
    ['Wed, 05 Mar 2025 12:00:10 GMT', 10_000],
    ['Wed, 05 Mar 2020 12:00:10 GMT', 250],
    ['86400', 300_000],
    ['soon', 5000],
    [null, 5000],
  ])('Retry-After: %s', (header, ms) => {
    expect(retryAfterMsOf(header, 'Wed, 05 Mar 2025 12:00:00 GMT')).toBe(ms);
  });

  test('a date to wait for is compared with the clock of OBF; where its answer has none, it says nothing', () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    expect(retryAfterMsOf(inAMinute, null)).toBe(5000);
  });
});

describe('rate', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => Promise.all([bench.close(), closeStubs()]));

  /** The most that any span of so many milliseconds held. */
  const mostWithin = (spanMs: number, atMs: readonly number[]): number =>
    Math.max(...atMs.map((start) => atMs.filter((ms) => ms >= start && ms < start + spanMs).length));

  test('two processes at 20 a second: OBF never sees more than 20 in any second, failures included', async () => {
    let seen = 0;
    const stub = await openStub((_, res) => {
      seen += 1;
      res.writeHead(seen % 5 === 0 ? 500 : 200).end('{"result":[]}');
    });
    /** When each left: a busy machine may let it stand before OBF. */
    const at: number[] = [];
    const report: OnCall = ({ durationMs }) => void at.push(performance.now() - durationMs);
    const shared = { baseUrl: stub.url, maxRps: 20, report };
    const [one, two] = [bench.account(shared), bench.account(shared)];
    await Promise.all([one.ping(), two.ping()]);
    at.length = 0;
    await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).badges()),
    );
    expect(at).toHaveLength(40);
    expect(mostWithin(1000, at)).toBeLessThanOrEqual(20);
    // And not much slower than that: a rate that is never used would pass the line above.
    expect(Math.max(...at) - Math.min(...at)).toBeLessThan(10 * 40 * 52.5);
  });

  test('a token request stands in the line too', async () => {
    bench.fresh();
    const left: { route: string; atMs: number }[] = [];
    const report: OnCall = ({ route, durationMs }) =>
      void left.push({ route, atMs: performance.now() - durationMs });
    await bench.account({ maxRps: 2, report }).ping();
    expect(left.map(({ route }) => route)).toEqual(['POST token', 'GET ping']);
    const [token, ping] = left;
    expect((ping?.atMs ?? 0) - (token?.atMs ?? 0)).toBeGreaterThan(250);
  });

  test('places are given evenly, on one clock for all', async () => {
    const { connection, prefix } = bench.redis;
    const [one, two] = [
      createRateLimiter(connection, prefix, 100),
      createRateLimiter(connection, prefix, 100),
    ];
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).acquire('GET x', 'even')),
    );
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19 * 10.5 - 2);
    // Another line is free. All are asked at once: what stands in a line is forgotten a second later.
    const waiting = Array.from({ length: 20 }, () => one.acquire('GET x', 'even'));
    waiting.push(one.acquire('GET x', 'other'));
    const [even, other] = await Promise.all(
      ['even', 'other'].map(async (line) => Number(await connection.get(`${prefix}:obf:rate:${line}`))),
    );
    // Their next free moments, in microseconds.
    expect((even ?? 0) - (other ?? 0)).toBeGreaterThan(10 * 10_500);
    await Promise.all(waiting);
  });

  test('a call that overslept its place takes another: it would stand too close to the next', async () => {
    const { connection, prefix } = bench.redis;
    const rate = createRateLimiter(connection, prefix, 2);
    await rate.acquire('GET x', 'late');
    const second = rate.acquire('GET x', 'late');
    await connection.ping();
    // Nothing runs meanwhile, as when a large answer is parsed.
    const busyUntil = performance.now() + 700;
    while (performance.now() < busyUntil);
    await second;
    const leftAt = performance.now();
    await rate.acquire('GET x', 'late');
    expect(performance.now() - leftAt).toBeGreaterThan(250);
  });

  test('a call that gives up is not sent; a line that is too long takes no more', async () => {
    const { connection, prefix } = bench.redis;
    // A place in nearly a minute: none comes while a busy machine stands still.
    const rate = createRateLimiter(connection, prefix, 1 / 50);
    const line = randomUUID();
    await rate.acquire('GET x', line);
    const abort = new AbortController();
    const waiting = errorOf(rate.acquire('GET x', line, { signal: abort.signal }));
    abort.abort();
    expect(await waiting).toBeInstanceOf(ObfNotSent);
    const error = await errorOf(rate.acquire('GET x', line, { maxWaitMs: 100 }));
    expect(error).toBeInstanceOf(ObfThrottled);
    expect((error as ObfThrottled).retryAfterMs).toBeGreaterThan(900);
  });

  test('a call that was given up in the line never reaches OBF', async () => {
    const account = bench.account({ maxRps: 2 });
    await account.ping();
    const abort = new AbortController();
    const from = bench.sandbox.calls.length;
    const given = errorOf(account.badges(abort.signal));
    abort.abort();
    expect(await given).toBeInstanceOf(ObfNotSent);
    await account.ping();
    expect(bench.sandbox.calls.slice(from).map((call) => call.route)).toEqual(['GET ping']);
  });

  test('OBF asks to wait: who stands in the line already waits too, here and in another process', async () => {
    const { connection, prefix } = bench.redis;
    const [one, two] = [createRateLimiter(connection, prefix, 20), createRateLimiter(connection, prefix, 20)];
    const startedAt = performance.now();
    const left: number[] = [];
    const take = async (rate: typeof one): Promise<void> => {
      await rate.acquire('GET x', 'held');
      left.push(performance.now() - startedAt);
    };
    // Their places come one after the other.
    await Promise.all(Array.from({ length: 3 }, () => one.acquire('GET x', 'held')));
    left.length = 0;
    const standing = Promise.all(Array.from({ length: 5 }, () => take(one)));
    await one.hold('held', 600);
    await Promise.all([standing, take(one), take(two)]);
    const heldAt = Math.min(...left);
    expect(heldAt).toBeGreaterThan(550);
    // One after the other again, and not all at its end.
    const sorted = left.toSorted((a, b) => a - b);
    expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeGreaterThan(4 * 52.5);
    await expect(one.acquire('GET x', 'held')).resolves.toBeUndefined();
    await one.hold('held', 60_000);
    await expect(one.acquire('GET x', 'held', { maxWaitMs: 1000 })).rejects.toBeInstanceOf(ObfThrottled);
  });

  test('one process is 120 s behind, one 600 s ahead: one token, the rate is kept, and no wait is longer', async () => {
    const at: number[] = [];
    const tokens: string[] = [];
    const stub = await openStub(
      (_, res) => {
        at.push(performance.now());
        // The first call is to wait until an instant of OBF's clock.
        const instant = new Date(Date.now() + 1000).toUTCString();
        if (at.length === 1) res.writeHead(429, { 'Retry-After': instant }).end();
        else res.end('{"result":[]}');
      },
      () => `token-${tokens.push('asked')}`,
    );
    const { address, prefix } = bench.redis;
    const job = JSON.stringify({ address, prefix: `${prefix}:skewed`, baseUrl: stub.url, calls: 20 });
    const run = async (skewMs: number) => {
      const args = [
        '--import',
        'tsx',
        '--import',
        './test/support/clock-skew.mjs',
        'test/obf/caller-process.ts',
        job,
      ];
      const env = { PATH: process.env['PATH'], CLOCK_SKEW_MS: String(skewMs) };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      const { clockMs, waits } = JSON.parse(stdout) as { clockMs: number; waits: number[] };
      return { offS: Math.round((clockMs - Date.now()) / 60_000) * 60, waits };
    };
    const [behind, ahead] = await Promise.all([run(-120_000), run(600_000)]);
    expect([behind.offS, ahead.offS]).toEqual([-120, 600]);
    expect(tokens).toHaveLength(1);
    expect(at).toHaveLength(40);
    // A busy machine may see one later than it left.
    expect(mostWithin(700, at)).toBeLessThanOrEqual(20);
    expect([...behind.waits, ...ahead.waits]).toHaveLength(1);
    expect(Math.max(...behind.waits, ...ahead.waits)).toBeLessThanOrEqual(2000);
  });

  test('a Redis whose clock was set back: what was reserved before it holds nobody up', async () => {
    const { connection, prefix } = bench.redis;
    const rate = createRateLimiter(connection, prefix, 100);
    const [seconds] = await connection.time();
    await connection.set(`${prefix}:obf:rate:back`, (Number(seconds) + 600) * 1e6);
    const turns = [1, 2].map(() => rate.acquire('GET x', 'back', { maxWaitMs: 1000 }));
    await expect(Promise.all(turns)).resolves.toEqual([undefined, undefined]);
  });
});

describe('token', () => {
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
  /** As if the time had passed that a mark in Redis stands for: each has one. */
  async function endSpacing(): Promise<void> {
    const { connection, prefix } = bench.redis;
    for (const key of await keysLike(connection, `${prefix}*:asked`)) {
      expect(await connection.pttl(key)).toBeGreaterThan(0);
      await connection.del(key);
    }
  }
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
    const keys = await keysLike(bench.redis.connection, `${bench.redis.prefix}*:token:*`);
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
    const dying = openOperator(bench.redis.address);
    await dying.ping();
    const from = tokens().length;
    bench.sandbox.fault({ route: 'POST token', kind: 'black-hole' });
    const obf = bench.obf({ redis: dying });
    const lost = errorOf(accountOf(obf).ping());
    await until(() => tokens().length > from, 'token request');
    // From here on it can tell the others nothing.
    closeRedis(dying);
    obf.close();
    const tuning = { tokenSpacingMs: SPACING_MS, tokenWaitMs: 100 };
    expect(await errorOf(bench.account({ tuning }).ping())).toBeInstanceOf(ObfNotSent);
    expect(since(tokens(), from)).toHaveLength(1);
    await endSpacing();
    // A cluster's connection that was closed leaves what is asked over it later without an answer.
    if (!isCluster(dying)) expect(await lost).toBeInstanceOf(ObfNotSent);
    await bench.account().ping();
    expect(since(tokens(), from)).toHaveLength(2);
  });

  test('a refused API key: says whose and what to do, and asks once for all', async () => {
    // Nobody asks again while a busy machine stands still.
    const tuning = { tokenSpacingMs: 30_000, tokenWaitMs: 60_000 };
    const wrong = { secrets: new Map([[P1, 'wrong_secret_of_P1']]), tuning };
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
    // The right key is not blamed for the wrong one: it waits for its turn.
    const hasty = bench.account({ tuning: { ...tuning, tokenWaitMs: 100 } });
    expect(await errorOf(hasty.ping())).toBeInstanceOf(ObfThrottled);
    await endSpacing();
    await bench.account({ tuning }).ping();
  });

  test('a token serves its own API key alone: a wrong one is refused, though the right one has a token', async () => {
    const right = bench.account();
    await right.ping();
    const from = tokens().length;
    await until(() => Date.now() > (tokens().at(-1)?.atMs ?? 0) + SPACING_MS, 'time for another token');
    const wrong = bench.account({ secrets: new Map([[P1, 'wrong_secret_of_P1']]) });
    expect(await errorOf(wrong.ping())).toMatchObject({ call: 'POST token', status: 401 });
    // It takes nothing from the right one.
    await right.ping();
    await bench.account().ping();
    expect(since(tokens(), from)).toHaveLength(1);
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
    const error = await errorOf(bench.account({ baseUrl: NOBODY }).ping());
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
});

describe('transport', () => {
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
    expect(await errorOf(account({ timeoutMs: 60_000 }).badges())).toBeInstanceOf(ObfUnreadable);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    answer = (_, res) => void res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
    expect(await errorOf(account({ timeoutMs: 60_000 }).badges())).toBeInstanceOf(ObfUnreadable);
    expect(await errorOf(account({ timeoutMs: 60_000 }).issue(issueTo()))).toBeInstanceOf(ObfOutcomeUnknown);
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
          createdS: null,
          modifiedS: 1,
          recipientCount: null,
        },
      ],
      odd: [],
      keys: ['12'],
      total: 1,
    });
  });

  test('milliseconds are read as such, and the last second of 9999 as that', async () => {
    const rows = [
      { event_id: 'E1', assertion_id: 'A1', issued_on: 1_740_787_200_123, expires_on: '1740787200999' },
      { event_id: 'E1', assertion_id: 'A2', issued_on: 253_402_300_799 },
    ];
    answer = says(200, JSON.stringify({ result: rows, total: 2 }));
    expect((await account().recipients({})).rows).toMatchObject([
      { issuedOnS: 1_740_787_200, expiresOnS: 1_740_787_200 },
      { issuedOnS: 253_402_300_799 },
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
});
