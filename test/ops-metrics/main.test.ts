import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { basic, eventBody, send } from '../webhooks/harness.js';
import { seriesIn, valueIn } from './scraped.js';
import { createTracing } from '../../src/queue/enqueue.js';
import { openHouse, type House } from '../support/house.js';
import { everythingIn } from '../support/everything.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { recordSpans, type Recorded, type Recorder } from './spans.js';

describe('the figures of a process', () => {
  const TOKEN = 'token-of-the-figures';
  let redis: OwnRedis;
  let child: ChildProcess;
  let output: string;
  beforeEach(async () => {
    redis = await ownRedis();
    output = '';
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await redis.stop();
  });

  /** The web process as the Procfile has it; resolves with its port, once it takes notices. */
  async function web(env: Record<string, string>): Promise<number> {
    const sdk = resolve('test/ops-metrics/printing-sdk.mjs');
    child = spawn(process.execPath, ['--import', sdk, resolve('dist/webhooks/main.js')], {
      cwd: resolve('test/ops-metrics'),
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        REDIS_URL: redis.url,
        OBF_CLIENT_ID: 'region',
        OBF_CLIENT_SECRET: 'secret',
        WEBHOOK_BASIC: 'obf:first:secret',
        PALIER_KEY: Buffer.alloc(32, 5).toString('base64'),
        PALIER_CONFIG: resolve('config'),
        ...env,
      },
    });
    child.stdout?.on('data', (part) => (output += String(part)));
    const started = () => /"port":(\d+).*"msg":"web started"/.exec(output)?.[1];
    const port = Number(await until(started, 'port'));
    await until(async () => (await send(port, { method: 'GET', path: '/readyz' })).status === 200, 'ready');
    return port;
  }

  /** As a sender: told again where Redis stood still. */
  const tell = (port: number): Promise<boolean> =>
    until(async () => {
      const notice = { body: eventBody('region', 'E1'), headers: basic('obf:first:secret') };
      return (await send(port, notice)).status === 202;
    }, 'notice that is taken');

  test('web tells the figures of all, and its spans go to the SDK that it was started with', async () => {
    const port = await web({ METRICS_TOKEN: TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' });
    await tell(port);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await until(async () => {
      const told = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
      return told.ok && told;
    }, 'figures');
    const series = seriesIn(await answer.text());
    expect(valueIn(series, 'palier_notices_total', { door: 'webhooks', outcome: 'accepted' })).toBe(1);
    expect(valueIn(series, 'palier_queue_jobs', { queue: 'arrivals', state: 'waiting' })).toBe(1);
    expect(valueIn(series, 'palier_notices_unsorted')).toBe(1);
    expect(series.find(({ name }) => name === 'palier_build_info')?.labels['version']).toMatch(
      /^\d+\.\d+\.\d+/,
    );
    await until(() => /span ended: add\w* arrivals/.test(output), 'span');
    expect(output).toContain('"metrics":"on","tracing":"on"');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('without the two variables there is neither', async () => {
    const port = await web({});
    await tell(port);
    expect((await send(port, { method: 'GET', path: '/metrics' })).status).toBe(404);
    expect(output).toContain('"metrics":"off","tracing":"off"');
    expect(output).not.toContain('span ended');
  });
});

describe('its spans', () => {
  const SMALL = { scheme: SMALL_SCHEME, partners: SMALL_PARTNERS };
  let recorder: Recorder;
  let house: House;
  beforeEach(() => {
    recorder = recordSpans();
  });
  afterEach(async () => {
    await house.close();
    recorder.stop();
  });

  async function giveOneAward(): Promise<void> {
    for (const [clientId, badgeId] of [
      ['P1', 'A'],
      ['P2', 'B'],
    ] as const) {
      const event = house.issue({ clientId, badgeId, recipients: ['lou@example.org'] });
      expect(await house.notify(event)).toBe(202);
      await house.idle();
    }
    expect(house.awards()).toEqual(['R1 lou@example.org']);
  }

  /** A span and those that it came of, up to the first of its trace. */
  function ancestry(span: Recorded): readonly string[] {
    const parent = recorder.spans.find(({ spanId }) => spanId === span.parentId);
    return [span.name, ...(parent === undefined ? [] : ancestry(parent))];
  }

  test('one trace leads from the notice at the door to the issue call', async () => {
    const telemetry = createTracing(true) ?? undefined;
    house = await openHouse({ ...SMALL, ...(telemetry === undefined ? {} : { telemetry }) });
    await giveOneAward();
    const issuing = recorder.spans.filter(({ name }) => name === 'process awards').at(-1);
    if (issuing === undefined) throw new Error('no job of the awards left a span');
    expect(ancestry(issuing).filter((name) => name.startsWith('process'))).toEqual([
      'process awards',
      'process awards',
      'process earners',
      'process notices',
      'process arrivals',
    ]);
    expect(ancestry(issuing).at(-1)).toMatch(/^add\w* arrivals/);
    await until(
      () => recorder.spans.filter(({ traceId }) => traceId === issuing.traceId).every(({ ended }) => ended),
      'end of every span of the trace',
    );
  });

  test('no person is in a span, nor in what joins one to another', async () => {
    const telemetry = createTracing(true) ?? undefined;
    house = await openHouse({ ...SMALL, ...(telemetry === undefined ? {} : { telemetry }) });
    await giveOneAward();
    expect(recorder.spans.length).toBeGreaterThan(10);
    expect(JSON.stringify(recorder.spans)).not.toMatch(/lou|@example/);
    expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toMatch(/@example/);
  });

  test('off, which is the default, no span is begun, and no job carries one', async () => {
    expect(createTracing(false)).toBeNull();
    house = await openHouse(SMALL);
    await house.pipelines[0].queues.notices.pause();
    const event = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['lou@example.org'] });
    await house.notify(event);
    expect(recorder.spans).toEqual([]);
    expect(await everythingIn(house.redisUrl, house.redisPrefix)).not.toContain('traceparent');
  });
});
