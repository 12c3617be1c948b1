import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { ObfNotSent, ObfThrottled } from '../../src/obf/errors.js';
import { createRateLimiter } from '../../src/obf/rate-limiter.js';
import { closeStubs, errorOf, openBench, openStub, type Bench } from './bench.js';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => Promise.all([bench.close(), closeStubs()]));

/** The most that any span of so many milliseconds held. */
const mostWithin = (spanMs: number, atMs: readonly number[]): number =>
  Math.max(...atMs.map((start) => atMs.filter((ms) => ms >= start && ms < start + spanMs).length));

test('two processes at 20 a second: OBF never sees more than 20 in any second, failures included', async () => {
  const at: number[] = [];
  const stub = await openStub((_, res) => {
    at.push(performance.now());
    res.writeHead(at.length % 5 === 0 ? 500 : 200).end('{"result":[]}');
  });
  const shared = { baseUrl: stub.url, maxRps: 20 };
  const [one, two] = [bench.account(shared), bench.account(shared)];
  // Code that has never run is slow: that would be measured, and not the distance between calls.
  await Promise.all([one.ping(), two.ping()]);
  at.length = 0;
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();
  await Promise.allSettled(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).badges()));
  expect(at).toHaveLength(40);
  stalls.disable();
  // On a busy machine this very process stands still at times, and sees a call that much later than it
  // came: a second is then only known to so much less.
  const stalledMs = Math.max(0, stalls.max / 1e6 - 25);
  expect(mostWithin(1000 - stalledMs, at)).toBeLessThanOrEqual(20);
  // And not much slower than that: a rate that is never used would pass the line above.
  expect(Math.max(...at) - Math.min(...at)).toBeLessThan(2 * 40 * 52.5);
});

test('a token request stands in the line too', async () => {
  bench.fresh();
  const from = bench.sandbox.calls.length;
  await bench.account({ maxRps: 2 }).ping();
  const [token, ping] = bench.sandbox.calls.slice(from);
  expect([token?.route, ping?.route]).toEqual(['POST token', 'GET ping']);
  expect((ping?.atMs ?? 0) - (token?.atMs ?? 0)).toBeGreaterThan(250);
});

test('places are given evenly, on one clock for all', async () => {
  const { connection, prefix } = bench.redis;
  const [one, two] = [createRateLimiter(connection, prefix, 100), createRateLimiter(connection, prefix, 100)];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).acquire('GET x', 'even')),
  );
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19 * 10.5 - 2);
  // Another line is free.
  const waiting = Array.from({ length: 20 }, () => one.acquire('GET x', 'even'));
  await one.acquire('GET x', 'other');
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
  const until = performance.now() + 700;
  while (performance.now() < until);
  await second;
  const leftAt = performance.now();
  await rate.acquire('GET x', 'late');
  expect(performance.now() - leftAt).toBeGreaterThan(250);
});

test('whoever gives up in the line is not sent; a line that is too long takes nobody more', async () => {
  const { connection, prefix } = bench.redis;
  const rate = createRateLimiter(connection, prefix, 1);
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
  expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeGreaterThan(5 * 52.5);
  await expect(one.acquire('GET x', 'held')).resolves.toBeUndefined();
  await one.hold('held', 5000);
  await expect(one.acquire('GET x', 'held', { maxWaitMs: 1000 })).rejects.toBeInstanceOf(ObfThrottled);
});

test('one process is 120 s behind, one 600 s ahead: one token, the rate is kept, and no wait is longer', async () => {
  const at: number[] = [];
  const tokens: string[] = [];
  const stub = await openStub(
    (_, res) => {
      at.push(performance.now());
      // The first call is to wait until an instant of OBF's clock.
      const until = new Date(Date.now() + 1000).toUTCString();
      if (at.length === 1) res.writeHead(429, { 'Retry-After': until }).end();
      else res.end('{"result":[]}');
    },
    () => `token-${tokens.push('asked')}`,
  );
  const startedMs = performance.now();
  const { address, prefix } = bench.redis;
  const job = JSON.stringify({ address, prefix: `${prefix}:skewed`, baseUrl: stub.url, calls: 20 });
  const run = async (skewMs: number) => {
    const args = [
      '--import',
      'tsx',
      '--import',
      './test/support/skewed-clock.mjs',
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
  expect(mostWithin(900, at)).toBeLessThanOrEqual(20);
  expect([...behind.waits, ...ahead.waits]).toHaveLength(1);
  expect(Math.max(...behind.waits, ...ahead.waits)).toBeLessThanOrEqual(2000);
  expect(performance.now() - startedMs).toBeLessThan(60_000);
}, 90_000);

test('a Redis whose clock was set back: what was reserved before it holds nobody up', async () => {
  const { connection, prefix } = bench.redis;
  const rate = createRateLimiter(connection, prefix, 100);
  const [seconds] = await connection.time();
  await connection.set(`${prefix}:obf:rate:back`, (Number(seconds) + 600) * 1e6);
  const turns = [1, 2].map(() => rate.acquire('GET x', 'back', { maxWaitMs: 1000 }));
  await expect(Promise.all(turns)).resolves.toEqual([undefined, undefined]);
});
