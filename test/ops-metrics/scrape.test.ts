import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { asBadgeId, asEarnerKey } from '../../src/ids.js';
import { scrape } from '../../src/ops/metrics/scrape.js';
import { systemClock } from '../../src/platform/clock.js';
import { createMeter } from '../../src/platform/meter.js';
import { closeRedis, isCluster, openOperator } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { QUEUES, type QueueName } from '../../src/queue/jobs.js';
import { scheduleHousekeeping, schedulePolls } from '../../src/workers/runtime/schedules.js';
import { putFailed } from '../ops-web/support/failed-jobs.js';
import { fill } from '../scale/fill.js';
import { parse, REGION } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { ownRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { seriesIn, valueIn, type Series } from './scraped.js';
import { openWatched, type Watched } from './watched.js';
import { readFile } from 'node:fs/promises';
import { alerts, groupingIn, panels, queries, selectorsIn } from './queries.js';
import { wholeScrape } from './whole-scrape.js';

describe('the scrape', () => {
  let watched: Watched;
  beforeEach(async () => {
    watched = await openWatched({ workers: 2 });
  });
  afterEach(() => watched.close());

  /** A partner issues a badge, and tells of it at the door that counts. */
  async function told(badgeId: 'A' | 'B', ...recipients: string[]): Promise<void> {
    const clientId = badgeId === 'A' ? 'P1' : 'P2';
    const { id } = watched.house.issue({ clientId, badgeId, recipients });
    expect(await watched.notify(clientId, id)).toBe(202);
  }
  const bothBadges = async (...recipients: string[]): Promise<void> => {
    await told('A', ...recipients);
    await told('B', ...recipients);
  };

  test('what the door and two workers did is told as one', async () => {
    await bothBadges('lou@example.org', 'zoe@example.org');
    await watched.house.idle();
    expect(watched.house.awards()).toHaveLength(2);
    const series = await watched.series();
    const value = (name: string, labels = {}) => valueIn(series, name, labels);
    expect(value('palier_notices_total', { door: 'webhooks', outcome: 'accepted' })).toBe(2);
    expect(value('palier_awards_issued_total', { award: 'communiquer-1' })).toBe(2);
    expect(value('palier_awards_issued_total', { award: 'communiquer-2' })).toBe(0);
    expect(value('palier_jobs_total', { kind: 'event', outcome: 'done' })).toBe(2);
    const calls = watched.house.sandbox.calls.filter(({ route }) => route === 'POST issue').length;
    expect(value('palier_obf_calls_total', { role: 'region', route: 'POST issue', status: '2xx' })).toBe(
      calls,
    );
    expect(value('palier_batches_total', { outcome: 'issued' })).toBe(calls);
    const evaluations = series.filter(({ name }) => name === 'palier_evaluations_total');
    const judged = evaluations.reduce((sum, one) => sum + one.value, 0);
    expect(value('palier_evaluation_duration_seconds_count')).toBe(judged);
    expect(value('palier_job_duration_seconds_count', { kind: 'evaluate' })).toBe(judged);
    expect(value('palier_quota_floor')).toBe(50);
  });

  test("every call of OBF that was received is counted under its client's role, and none else", async () => {
    await bothBadges('lou@example.org');
    const { assertions } = watched.house.issue({
      clientId: 'P3',
      badgeId: 'D',
      recipients: ['zoe@example.org'],
    });
    expect(await watched.house.push({ 'zoe@example.org': assertions.map(({ url }) => url) })).toBe(200);
    await watched.house.idle();
    const series = await watched.series();
    const counted = (role: string) =>
      series
        .filter(({ name, labels }) => name === 'palier_obf_calls_total' && labels['role'] === role)
        .reduce((sum, { value }) => sum + value, 0);
    const { calls } = watched.house.sandbox;
    const received = (ids: readonly (string | null)[]) =>
      calls.filter(({ clientId }) => ids.includes(clientId)).length;
    expect(received([null])).toBeGreaterThan(0);
    expect([counted('region'), counted('partner'), counted('public')]).toEqual([
      received([REGION]),
      received(['P1', 'P2']),
      received([null]),
    ]);
  });

  test('a histogram is one: its buckets never fall, and the last holds all', async () => {
    await bothBadges('lou@example.org');
    await watched.house.idle();
    const series = await watched.series();
    const sums = series.filter(({ name }) => name.endsWith('_seconds_sum'));
    expect(sums.length).toBeGreaterThan(8);
    for (const { name, labels } of sums) {
      const metric = name.slice(0, -'_sum'.length);
      const buckets = series.filter(
        (one) =>
          one.name === `${metric}_bucket` &&
          Object.entries(labels).every(([label, text]) => one.labels[label] === text),
      );
      const counts = buckets.map(({ value }) => value);
      expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      expect(buckets.at(-1)?.labels['le']).toBe('+Inf');
      expect(counts.at(-1)).toBe(valueIn(series, `${metric}_count`, labels));
    }
  });

  test('how each request at the doors ended is counted, and of a stranger no more than that', async () => {
    const post = (path: string, headers: Record<string, string>, body: string) =>
      fetch(watched.url + path, { method: 'POST', headers, body });
    const json = { 'content-type': 'application/json' };
    expect(await watched.notify('STRANGER', 'E1')).toBe(202);
    expect(await watched.notify('P1', 'E1', 'invoice.paid')).toBe(202);
    await post('/webhooks/obf', json, '{}');
    await post('/webhooks/obf', { 'content-type': 'text/plain' }, '{}');
    await post('/obpv1/factory/users_badges', { ...json, authorization: 'Basic x' }, '{}');
    for (let at = 0; at < 50; at += 1) await post(`/nowhere/${at}?a=jeanne@example.org`, json, '{}');
    const series = (await watched.series()).filter(({ name }) => name === 'palier_notices_total');
    const ends = series.filter(({ value }) => value > 0).map(({ labels }) => Object.values(labels).join(' '));
    expect(ends.toSorted()).toEqual([
      'passport refused basic_invalid 403',
      'webhooks ignored unknown_client 202',
      'webhooks ignored unknown_type 202',
      'webhooks refused credentials_missing 401',
      'webhooks refused media_type_unsupported 415',
    ]);
  });

  test("a partner's wrong key shows from its first refusal, under that partner alone", async () => {
    const refused = (client: string) =>
      watched.value('palier_token_requests_total', { client, outcome: 'refused' });
    expect([await refused('P1'), await refused('P2')]).toEqual([0, 0]);
    watched.house.sandbox.fault({
      route: 'POST token',
      clientId: 'P1',
      kind: 'status',
      status: 403,
      times: 99,
    });
    await bothBadges('lou@example.org');
    const failed = { queue: 'notices', state: 'failed' };
    await until(async () => (await watched.value('palier_queue_jobs', failed)) === 1, 'failed notice');
    expect([await refused('P1'), await refused('P2')]).toEqual([1, 0]);
    expect(await watched.value('palier_jobs_total', { kind: 'event', outcome: 'failed' })).toBe(1);
  });

  test('a call whose answer was lost is a batch of unknown outcome, and its age grows', async () => {
    await watched.close();
    watched = await openWatched({ pace: { settleMs: 600_000, sendWithinMs: 300 } });
    watched.house.sandbox.fault({ route: 'POST issue', kind: 'reply-lost' });
    await bothBadges('lou@example.org');
    await until(
      async () => (await watched.value('palier_batches', { state: 'unknown' })) === 1,
      'batch of unknown outcome',
    );
    expect(await watched.value('palier_batches', { state: 'sending' })).toBe(0);
    expect(await watched.value('palier_batches_total', { outcome: 'unknown' })).toBe(1);
    const later = { ...watched.needs, clock: () => Date.now() + 3_600_000 };
    const age = valueIn(seriesIn(await scrape(later)), 'palier_batch_unknown_oldest_age_seconds');
    expect(age).toBeGreaterThan(3600);
  });

  test('what stands in Redis is told as it is: paused, waiting, flags, quota, changed rules', async () => {
    const [pipeline] = watched.house.pipelines;
    await pipeline.queues.awards.pause();
    await bothBadges('lou@example.org', 'zoe@example.org');
    const waiting = { award: 'communiquer-1' };
    await until(async () => (await watched.value('palier_awards_waiting', waiting)) === 2, 'due awards');
    await pipeline.flags.add({ earner: asEarnerKey('e1'), badgeId: asBadgeId('R1'), atS: 1 });
    await watched.needs.redis.hset(`${watched.needs.prefix}:quota`, {
      left: 1234,
      readMs: Date.now() - 7_200_000,
    });
    await pipeline.schemes.start(parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS));
    const series = await watched.series();
    const value = (name: string, labels = {}) => valueIn(series, name, labels);
    expect(value('palier_queue_paused', { queue: 'awards' })).toBe(1);
    expect(value('palier_queue_paused', { queue: 'notices' })).toBe(0);
    expect(value('palier_flags')).toBe(1);
    expect(value('palier_quota_left')).toBe(1234);
    expect(value('palier_quota_age_seconds')).toBeGreaterThan(7199);
    expect(value('palier_rules_change_waiting')).toBe(1);
    expect(value('palier_build_info', { version: '1.2.3' })).toBe(1);
    expect(value('palier_awards_issued_total', waiting)).toBe(0);
  });

  test('jobs are counted in every queue, whatever they wait for, wherever the queue is', async () => {
    await watched.house.stopWorkers();
    const { queues } = watched.house.pipelines[0];
    const several = <T>(count: number, one: (at: number) => T): T[] =>
      Array.from({ length: count }, (_, at) => one(at));
    const put = (queue: QueueName, count: number, opts: JobsOptions) =>
      queues[queue].addBulk(several(count, () => ({ name: 'any', data: {}, opts })));
    const at = { connection: watched.needs.redis, prefix: watched.house.redisPrefix };
    const expected: Record<string, number> = {};
    for (const [nth, queue] of QUEUES.entries()) {
      await put(queue, nth + 1, {});
      await put(queue, 10, { priority: 1 });
      await put(queue, nth + 20, { delay: 3_600_000 });
      await putFailed(
        at,
        several(nth + 30, (n) => ({ queue, id: `f${n}`, reason: 'any', failedMs: Date.now() })),
      );
      expected[`${queue} waiting`] = nth + 11;
      expected[`${queue} active`] = 0;
      expected[`${queue} delayed`] = nth + 20;
      expected[`${queue} failed`] = nth + 30;
    }
    const counts = (await watched.series()).filter(({ name }) => name === 'palier_queue_jobs');
    const counted = counts.map(({ labels, value }) => [Object.values(labels).join(' '), value] as const);
    expect(Object.fromEntries(counted)).toEqual(expected);
  });

  test('what came in is counted by notice until a worker sorts it', async () => {
    await watched.house.stopWorkers();
    await Promise.all(Array.from({ length: 7 }, (_, at) => watched.notify('P1', `E${at}`)));
    expect(await watched.value('palier_notices_unsorted')).toBe(7);
  });

  test('the oldest notice is found, whether it waits for its turn or for its next attempt', async () => {
    const [pipeline] = watched.house.pipelines;
    const age = async (laterS: number) => {
      const later = { ...watched.needs, clock: () => Date.now() + laterS * 1000 };
      return valueIn(seriesIn(await scrape(later)), 'palier_notices_oldest_age_seconds') ?? 0;
    };
    await schedulePolls(pipeline, 3_600_000);
    const standing = async (state: string) => watched.value('palier_queue_jobs', { queue: 'notices', state });
    await until(async () => (await standing('delayed')) === 3, 'polls that wait for their time');
    await until(async () => (await standing('active')) === 0, 'end of the first polls');
    expect(await age(500)).toBe(0);
    watched.house.sandbox.fault({ route: 'GET event', kind: 'status', status: 500, times: 99 });
    await told('A', 'lou@example.org');
    await until(async () => (await watched.value('palier_jobs_total', { outcome: 'retry' })) ?? 0, 'retry');
    expect(await age(500)).toBeGreaterThanOrEqual(500);
    await pipeline.queues.notices.pause();
    await told('B', 'lou@example.org');
    expect(await age(500)).toBeLessThan(600);
  });

  test('the oldest evaluation is found, and tells its age', async () => {
    const [pipeline] = watched.house.pipelines;
    const age = async (laterS: number) => {
      const later = { ...watched.needs, clock: () => Date.now() + laterS * 1000 };
      return valueIn(seriesIn(await scrape(later)), 'palier_earners_oldest_age_seconds') ?? 0;
    };
    expect(await age(500)).toBe(0);
    await pipeline.queues.earners.pause();
    await told('A', 'lou@example.org');
    await until(async () => (await age(500)) > 0, 'evaluation that waits');
    expect(await age(500)).toBeGreaterThanOrEqual(500);
    expect(await age(500)).toBeLessThan(600);
    await pipeline.queues.earners.resume();
  });

  test('a Redis that takes no write is scraped all the same, and the cause is named', async () => {
    const own = await ownRedis();
    const redis = openOperator(own.address);
    const meter = createMeter(redis, 'full', Date.now);
    const needs = { ...watched.needs, redis, meter, prefix: 'full' };
    const faults = async (): Promise<readonly string[]> =>
      seriesIn(await scrape(needs)).flatMap(({ name, value, labels }) =>
        name === 'palier_redis_fault' && value === 1 ? [labels['fault'] ?? ''] : [],
      );
    const issued = async () =>
      valueIn(seriesIn(await scrape(needs)), 'palier_awards_issued_total', { award: 'communiquer-1' });
    try {
      expect(await faults()).toEqual([]);
      await redis.config('SET', 'maxmemory', '1');
      meter.count('palier_awards_issued_total', { award: 'communiquer-1' });
      expect([await faults(), await issued()]).toEqual([['memory_full'], 0]);
      await redis.config('SET', 'maxmemory', '0');
      expect([await faults(), await issued()]).toEqual([[], 1]);
      await redis.call('REPLICAOF', '127.0.0.1', '1');
      expect(await faults()).toEqual(['read_only']);
    } finally {
      closeRedis(redis);
      await own.stop();
    }
  });

  test('a schedule that nobody follows is late, and a poll that ended well says when', async () => {
    const [pipeline] = watched.house.pipelines;
    await schedulePolls(pipeline, 1000);
    await scheduleHousekeeping(pipeline, 'sweep');
    await scheduleHousekeeping(pipeline, 'clean');
    const polled = (client: string) =>
      watched.value('palier_poll_last_success_timestamp_seconds', { client }).then((atS) => atS ?? 0);
    await until(async () => (await polled('P1')) > 0 && (await polled(REGION)) > 0, 'polls');
    expect(Math.abs((await polled('P1')) - systemClock() / 1000)).toBeLessThan(60);
    const later = { ...watched.needs, clock: () => Date.now() + 7200_000 };
    const series = seriesIn(await scrape(later));
    for (const schedule of ['poll', 'sweep'])
      expect(valueIn(series, 'palier_schedule_lateness_seconds', { schedule })).toBeGreaterThan(7000);
    expect(valueIn(series, 'palier_schedule_lateness_seconds', { schedule: 'clean' })).not.toBeNull();
  });

  test('a worker that stops has stored what it counted', async () => {
    await told('A', 'lou@example.org');
    await watched.house.idle();
    await watched.house.stopWorkers();
    const done = async () =>
      valueIn(seriesIn(await scrape(watched.needs)), 'palier_jobs_total', { kind: 'event', outcome: 'done' });
    // It waits for a second at most: where Redis stands still meanwhile, they arrive later.
    expect(await until(done, 'its last counts')).toBe(1);
  });

  test('no person is in a scrape, and what a label may say is known beforehand', async () => {
    await bothBadges('lou.martin@example.org');
    await watched.house.idle();
    const text = await watched.text();
    const earners: string[] = [];
    for await (const keys of watched.house.pipelines[0].earners.keys()) earners.push(...keys);
    expect(earners).toHaveLength(1);
    for (const earner of earners) expect(text).not.toContain(earner);
    expect(text).not.toMatch(/@|lou|martin/i);
    for (const { labels } of seriesIn(text))
      for (const value of Object.values(labels)) expect(value).toMatch(/^[\w +.-]{1,40}$/);
  });

  /**
   * Listens to all that a server is asked. By hand: what comes together with the answer to MONITOR is more than
   * ioredis understands.
   */
  async function monitored(
    server: Redis,
    tell: (name: string, key: string, line: string) => void,
  ): Promise<{ close(): Promise<void> }> {
    await server.ping();
    const { remoteAddress = '', remotePort = 0 } = server.stream;
    const socket = connect({ host: remoteAddress, port: remotePort });
    const lines = createInterface({ input: socket });
    socket.write('MONITOR\r\n');
    await once(lines, 'line');
    lines.on('line', (line: string) => {
      const [name = '', key = ''] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, arg]) => arg ?? '');
      tell(name, key, line);
    });
    return {
      close: async () => {
        socket.destroy();
        await once(socket, 'close');
      },
    };
  }

  /** What Redis is asked during one scrape. */
  async function commandsOfAScrape(): Promise<readonly string[]> {
    const { redis } = watched.needs;
    const masters = isCluster(redis) ? redis.nodes('master') : [redis];
    const seen: string[] = [];
    const ours = watched.house.redisPrefix.slice(1, -1);
    const monitors = await Promise.all(
      masters.map((master) =>
        monitored(master, (name, key, line) => {
          // A queue that opens writes what it is, some time later.
          const opens = name.toLowerCase() === 'hset' && key.endsWith(':meta');
          if (!opens && line.includes(ours)) seen.push(name);
        }),
      ),
    );
    await scrape(watched.needs);
    await Promise.all(masters.map((master) => master.ping()));
    for (const monitor of monitors) await monitor.close();
    return seen.map((name) => name.toLowerCase().replace('evalsha', 'eval')).toSorted();
  }

  test('five hundred earners more are not one command more', async () => {
    // They look for stalled jobs, and store what they counted, whenever it is time.
    await watched.house.stopWorkers();
    // What the first one writes once is there.
    await scrape(watched.needs);
    const before = await commandsOfAScrape();
    await fill({
      redisUrl: watched.house.redisUrl,
      prefix: watched.needs.prefix,
      vault: createVault(Buffer.alloc(32, 1)),
      region: watched.needs.region,
      scheme: watched.house.scheme,
      earners: 500,
      nowS: Math.floor(Date.now() / 1000),
    });
    const after = await commandsOfAScrape();
    expect(before.length).toBeGreaterThan(10);
    expect(after).toEqual(before);
    expect(after.filter((name) => /scan|keys|smembers/.test(name))).toEqual([]);
  });
});

describe('the dashboard and the alerts', () => {
  const PARTS = /_(bucket|sum|count)$/;
  let text: string;
  let series: readonly Series[];

  beforeAll(async () => {
    text = await wholeScrape();
    series = seriesIn(text);
  });

  test('every selector of the dashboard and of the alerts finds series in a scrape', () => {
    const selectors = queries().flatMap(({ where, expr }) =>
      selectorsIn(expr).map((selector) => ({ where, ...selector })),
    );
    expect(selectors.length).toBeGreaterThan(50);
    const blind = selectors.filter(
      ({ name, matches }) => !series.some((one) => one.name === name && matches(one.labels)),
    );
    expect(blind.map(({ where, text: selector }) => `${where}: ${selector}`)).toEqual([]);
  });

  test('every label that is grouped by, joined on or shown is one of the metric', () => {
    const strange = queries().flatMap(({ where, expr }) =>
      selectorsIn(expr).flatMap(({ name }) => {
        const labels = new Set(
          series.filter((one) => one.name === name).flatMap((one) => Object.keys(one.labels)),
        );
        return groupingIn(expr)
          .filter((label) => !labels.has(label))
          .map((label) => `${where}: ${name} has no ${label}`);
      }),
    );
    expect(strange).toEqual([]);
    const shown = panels().flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat = '' }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => ({ title, expr, label })),
      ),
    );
    const hidden = shown.filter(({ expr, label }) => {
      const grouped = groupingIn(expr);
      if (grouped.length > 0) return !grouped.includes(label);
      return !series.some(({ name, labels }) => expr.includes(name) && labels[label] !== undefined);
    });
    expect(hidden).toEqual([]);
  });

  test('what is looked for in vain is found out', () => {
    const [wrong] = selectorsIn('sum(rate(palier_jobs_total{outcome="finished"}[5m]))');
    expect(series.some(({ name, labels }) => name === wrong?.name && wrong.matches(labels))).toBe(false);
    expect(groupingIn('sum by (queue, le) (x) / on (kind) y')).toEqual(['queue', 'le', 'kind']);
  });

  test('the document names every metric that there is, with its labels, and no other', async () => {
    const document = await readFile('docs/observability.md', 'utf8');
    const told = [...document.matchAll(/^\| `(palier_\w+)`\s*\|\s*([^|]*?)\s*\|/gm)].map(
      ([, name = '', labels = '']) =>
        [
          name,
          labels
            .split(',')
            .map((label) => label.replaceAll('`', '').trim())
            .filter((label) => label !== '')
            .toSorted()
            .join(),
        ] as const,
    );
    const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
    const labelsOf = (name: string): string => {
      const histogram = types.get(name) === 'histogram';
      const own = series.filter(
        (one) => one.name === name || (histogram && one.name.replace(PARTS, '') === name),
      );
      return [...new Set(own.flatMap(({ labels }) => Object.keys(labels)))]
        .filter((label) => label !== 'le')
        .toSorted()
        .join();
    };
    const real = [...types.keys()].map((name) => [name, labelsOf(name ?? '')] as const);
    expect(new Map(told)).toEqual(new Map(real));
  });

  test('every alert has a summary and a description, in words', () => {
    expect(new Set(alerts().map(({ alert }) => alert)).size).toBe(alerts().length);
    for (const { annotations = {} } of alerts()) {
      expect(annotations['summary']).toMatch(/^[A-ZÀ-Ý{].{15,}/);
      expect(annotations['description']).toMatch(/^[A-ZÀ-Ý{].{30,}\.$/);
    }
  });
});
