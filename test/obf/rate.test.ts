import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ObfNotSent, ObfThrottled } from '../../src/obf/errors.js';
import { createRate } from '../../src/obf/rate.js';
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
  const [one, two] = [createRate(connection, prefix, 100), createRate(connection, prefix, 100)];
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).take('GET x', 'even')));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19 * 10.5 - 2);
  // Another line is free.
  const waiting = Array.from({ length: 20 }, () => one.take('GET x', 'even'));
  await one.take('GET x', 'other');
  const [even, other] = await Promise.all(
    ['even', 'other'].map(async (line) => Number(await connection.get(`${prefix}:obf:rate:${line}`))),
  );
  // Their next free moments, in microseconds.
  expect((even ?? 0) - (other ?? 0)).toBeGreaterThan(10 * 10_500);
  await Promise.all(waiting);
});

test('a call that overslept its place takes another: it would stand too close to the next', async () => {
  const { connection, prefix } = bench.redis;
  const rate = createRate(connection, prefix, 2);
  await rate.take('GET x', 'late');
  const second = rate.take('GET x', 'late');
  await connection.ping();
  // Nothing runs meanwhile, as when a large answer is parsed.
  const until = performance.now() + 700;
  while (performance.now() < until);
  await second;
  const leftAt = performance.now();
  await rate.take('GET x', 'late');
  expect(performance.now() - leftAt).toBeGreaterThan(250);
});

test('whoever gives up in the line is not sent; a line that is too long takes nobody more', async () => {
  const { connection, prefix } = bench.redis;
  const rate = createRate(connection, prefix, 1);
  const line = randomUUID();
  await rate.take('GET x', line);
  const abort = new AbortController();
  const waiting = errorOf(rate.take('GET x', line, abort.signal));
  abort.abort();
  expect(await waiting).toBeInstanceOf(ObfNotSent);
  const error = await errorOf(rate.take('GET x', line, undefined, 100));
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
  const [one, two] = [createRate(connection, prefix, 20), createRate(connection, prefix, 20)];
  const startedAt = performance.now();
  const left: number[] = [];
  const take = async (rate: typeof one): Promise<void> => {
    await rate.take('GET x', 'held');
    left.push(performance.now() - startedAt);
  };
  // Their places come one after the other.
  await Promise.all(Array.from({ length: 3 }, () => one.take('GET x', 'held')));
  left.length = 0;
  const standing = Promise.all(Array.from({ length: 5 }, () => take(one)));
  await one.hold('held', 600);
  await Promise.all([standing, take(one), take(two)]);
  const heldAt = Math.min(...left);
  expect(heldAt).toBeGreaterThan(550);
  // One after the other again, and not all at its end.
  const sorted = left.toSorted((a, b) => a - b);
  expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeGreaterThan(5 * 52.5);
  await expect(one.take('GET x', 'held', undefined, 60_000)).resolves.toBeUndefined();
  await one.hold('held', 5000);
  await expect(one.take('GET x', 'held', undefined, 1000)).rejects.toBeInstanceOf(ObfThrottled);
});
