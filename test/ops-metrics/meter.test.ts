import fc from 'fast-check';
import { asClientId, asEarnerKey } from '../../src/ids.js';
import { readCountedMetrics } from '../../src/ops/metrics/counted.js';
import { createLogger } from '../../src/platform/logger.js';
import {
  BUCKETS_S,
  countersKey,
  createMeter,
  flushPeriodically,
  type Meter,
} from '../../src/platform/meter.js';
import { openConsumer, type RedisConnection } from '../../src/platform/redis.js';
import { parse } from '../support/house.js';
import { ownRedis } from '../support/own-redis.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import type { WebhookDeps } from '../../src/webhooks/context.js';
import { startWebhooks, type RunningWebhooks } from '../../src/webhooks/server.js';
import { Problem } from '../../src/webhooks/problems.js';
import { send, type Answer } from '../webhooks/harness.js';

describe('what is counted', () => {
  const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);
  const log = createLogger('silent', 'test');
  let redis: TestRedis;
  let runs = 0;
  /** Of keys that nobody has used. */
  const freshPrefix = (): string => `${redis.prefix}${(runs += 1)}`;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.close());

  /** What the scrape tells of what was counted, by `name values`, without the zeros. */
  async function told(connection: RedisConnection, prefix: string): Promise<Record<string, number>> {
    const needs = { redis: connection, prefix, scheme, region: asClientId('REGION') };
    const families = await readCountedMetrics(needs);
    return Object.fromEntries(
      families.flatMap(({ name, samples }) =>
        samples
          .filter(({ value }) => value !== 0)
          .map(({ metricName, labels, value }) => [
            [metricName ?? name, ...Object.values(labels)].join(' '),
            value,
          ]),
      ),
    );
  }

  const batch = (meter: Meter, by?: number): void =>
    meter.count('palier_batches_total', { outcome: 'issued' }, by);

  test('whatever processes count, in whatever order they store it, the scrape tells the sum of it', async () => {
    const run = fc.record({
      process: fc.nat(2),
      outcome: fc.constantFrom('done', 'retry'),
      ms: fc.oneof(
        fc.nat(100_000),
        fc.constantFrom(...BUCKETS_S.map((limit) => limit * 1000)),
        fc.double({ min: 0, max: 70_000, noNaN: true }),
      ),
      thenFlush: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 30 }), async (all) => {
        const prefix = freshPrefix();
        const meters = [0, 1, 2].map(() => createMeter(redis.connection, prefix, Date.now));
        for (const { process, outcome, ms, thenFlush } of all) {
          const meter = meters[process];
          meter?.count('palier_jobs_total', { queue: 'awards', kind: 'batch', outcome });
          meter?.time('palier_job_duration_seconds', { queue: 'awards', kind: 'batch' }, ms);
          if (thenFlush) await meter?.flush();
        }
        await Promise.all(meters.map((meter) => meter.flush()));
        const figures = await told(redis.connection, prefix);
        const name = 'palier_job_duration_seconds';
        for (const outcome of ['done', 'retry'])
          expect(figures[`palier_jobs_total awards batch ${outcome}`] ?? 0).toBe(
            all.filter((one) => one.outcome === outcome).length,
          );
        for (const limit of BUCKETS_S)
          expect(figures[`${name}_bucket awards batch ${limit}`] ?? 0).toBe(
            all.filter(({ ms }) => ms / 1000 <= limit).length,
          );
        expect(figures[`${name}_bucket awards batch +Inf`] ?? 0).toBe(all.length);
        const sumS = all.reduce((sum, { ms }) => sum + ms / 1000, 0);
        expect(figures[`${name}_sum awards batch`] ?? 0).toBeCloseTo(sumS, 3);
      }),
      { numRuns: 50 },
    );
  });

  test('the later mark stands', async () => {
    const prefix = freshPrefix();
    const meter = createMeter(redis.connection, prefix, Date.now);
    for (const atS of [100, 200]) {
      meter.mark('palier_poll_last_success_timestamp_seconds', { client: 'P1' }, atS);
      await meter.flush();
    }
    expect(await told(redis.connection, prefix)).toEqual({
      'palier_poll_last_success_timestamp_seconds P1': 200,
    });
  });

  test('what an older version counted by other labels hides nothing', async () => {
    const prefix = freshPrefix();
    const meter = createMeter(redis.connection, prefix, Date.now);
    batch(meter);
    await meter.flush();
    await redis.connection.hset(countersKey(prefix), '["palier_batches_total","issued","R1"]', 5);
    await redis.connection.hset(countersKey(prefix), '["palier_gone_total","x"]', 5);
    expect(await told(redis.connection, prefix)).toEqual({ 'palier_batches_total issued': 1 });
  });

  test('what is counted while Redis is away is stored when it is back, once', async () => {
    const own = await ownRedis();
    const connection = openConsumer(own.address);
    connection.on('error', () => {});
    const meter = createMeter(connection, 'p', Date.now);
    const stop = flushPeriodically(meter, log, 20);
    batch(meter);
    await until(
      async () => (await told(connection, 'p'))['palier_batches_total issued'] === 1,
      'first count',
    );
    await own.kill();
    batch(meter, 2);
    await own.restart();
    batch(meter, 4);
    await until(
      async () => ((await told(connection, 'p'))['palier_batches_total issued'] ?? 0) > 6,
      'all counts',
    );
    expect(await told(connection, 'p')).toEqual({ 'palier_batches_total issued': 7 });
    await stop();
    connection.disconnect();
    await own.stop();
  });

  test('a count that Redis refuses is kept for the next time', async () => {
    const prefix = freshPrefix();
    const meter = createMeter(redis.connection, prefix, Date.now);
    await redis.connection.set(countersKey(prefix), 'not a hash');
    batch(meter, 3);
    await expect(meter.flush()).rejects.toThrow('WRONGTYPE');
    await redis.connection.del(countersKey(prefix));
    await meter.flush();
    expect(await told(redis.connection, prefix)).toEqual({ 'palier_batches_total issued': 3 });
  });

  test('a process that stops waits for its last counts, but not for a Redis that is frozen', async () => {
    const prefix = freshPrefix();
    const meter = createMeter(redis.connection, prefix, Date.now);
    const stop = flushPeriodically(meter, log, 3_600_000);
    batch(meter);
    await stop();
    // It waits for a second at most: where Redis stands still meanwhile, they arrive later.
    const stored = async () => (await told(redis.connection, prefix))['palier_batches_total issued'];
    expect(await until(stored, 'last counts')).toBe(1);

    const own = await ownRedis();
    const connection = openConsumer(own.address);
    connection.on('error', () => {});
    await connection.ping();
    const frozen = createMeter(connection, 'p', Date.now);
    const stopFrozen = flushPeriodically(frozen, log, 3_600_000);
    own.freeze();
    batch(frozen);
    await stopFrozen();
    connection.disconnect();
    own.thaw();
    await own.stop();
  });
});

describe('GET /metrics', () => {
  const TOKEN = 'a-token/of.44~characters+that=nobody-guesses';
  const TEXT = '# HELP palier_flags é\n# TYPE palier_flags gauge\npalier_flags 1\n';
  const lines: string[] = [];
  let web: RunningWebhooks;
  let read: () => Promise<string>;

  async function serve(metrics: WebhookDeps['metrics'] | null): Promise<void> {
    web = await startWebhooks(
      {
        participants: new Set(),
        authenticate: () => new Problem('credentials_missing'),
        obfBaseUrl: 'https://obf.example.org',
        enqueueNotices: () => Promise.resolve(),
        ready: () => Promise.resolve(null),
        earnerKeyOf: asEarnerKey,
        seal: (text) => text,
        log: createLogger('debug', 'web', { write: (text) => void lines.push(text) }),
        ...(metrics === null || metrics === undefined ? {} : { metrics }),
      },
      0,
    );
  }
  beforeEach(() => {
    lines.length = 0;
    read = () => Promise.resolve(TEXT);
  });
  afterEach(() => web.close());

  const meter = { count() {}, time() {}, mark() {}, flush: () => Promise.resolve() };
  const withToken = () => serve({ token: TOKEN, read: () => read(), meter });
  /** The body is no JSON where it is good. */
  const get = async (authorization?: string, method = 'GET'): Promise<Omit<Answer, 'json'>> => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`http://127.0.0.1:${web.port}/metrics`, { method, headers });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      text: await answer.text(),
    };
  };

  test('the token opens the metrics, as Prometheus reads them', async () => {
    await withToken();
    const { status, headers, text } = await get(`Bearer ${TOKEN}`);
    expect([status, text]).toEqual([200, TEXT]);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(await get(`bearer  ${TOKEN} `)).toMatchObject({ status: 200 });
    expect(await get(`Bearer ${TOKEN}`, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    ['nothing', undefined],
    ['an empty word', ''],
    ['no token', 'Bearer'],
    ['another', `Bearer ${TOKEN.slice(0, -1)}x`],
    ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
    ['more than it', `Bearer ${TOKEN}x`],
    ['two', `Bearer ${TOKEN} ${TOKEN}`],
    ['it as Basic', `Basic ${Buffer.from(TOKEN).toString('base64')}`],
    ['it alone', TOKEN],
  ])('who sends %s is not', async (_, authorization) => {
    read = () => Promise.reject(new Error('was read all the same'));
    await withToken();
    const { status, headers, text } = await get(authorization);
    expect([status, JSON.parse(text)]).toEqual([401, expect.objectContaining({ code: 'token_invalid' })]);
    expect(headers['www-authenticate']).toBe('Bearer realm="Palier"');
    expect(text + lines.join('')).not.toContain(TOKEN.slice(0, 20));
  });

  test('another method is told which will do', async () => {
    await withToken();
    expect(await get(`Bearer ${TOKEN}`, 'POST')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  test('where there is no token, nothing shows that there could be one, whatever is asked', async () => {
    await serve(null);
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, text, headers } = await get('Bearer x', method);
      expect([status, headers['allow'], headers['www-authenticate']]).toEqual([404, undefined, undefined]);
      expect(text).toBe((await send(web.port, { method: 'GET', path: '/nowhere' })).text);
    }
  });

  test('figures that cannot be read are a 503 in words, and the reason is in the log alone', async () => {
    read = () => Promise.reject(new Error('Redis is frozen'));
    await withToken();
    const { status, headers, text } = await get(`Bearer ${TOKEN}`);
    expect([status, headers['retry-after']]).toEqual([503, '10']);
    expect(text).toContain('metrics_unavailable');
    expect(text).not.toContain('frozen');
    expect(lines.join('')).toContain('Redis is frozen');
  });

  test('a scrape every few seconds is no news', async () => {
    await withToken();
    await get(`Bearer ${TOKEN}`);
    await get('Bearer wrong');
    const said = lines.map((line) => JSON.parse(line) as { level: number; status: number; route: string });
    expect(said.map(({ level, status, route }) => [route, status, level])).toEqual([
      ['metrics', 200, 20],
      ['metrics', 401, 30],
    ]);
  });
});
