import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../../src/queue/names.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { basic, credentialUrl, eventBody, harness, signed, type Answer, type Harness } from './harness.js';
import { sortedNotices } from './sorted-notices.js';

let redis: OwnRedis;
let web: Harness;

beforeEach(async () => {
  redis = await ownRedis();
});
afterEach(async () => {
  await web.close();
  await redis.stop();
});

const told = (eventId: string): Promise<Answer> => {
  const body = eventBody('P1', eventId);
  return web.send({ body, headers: signed(body) });
};
const ready = async (): Promise<number> => (await web.send({ method: 'GET', path: '/readyz' })).status;

/** How long it took, less what a busy machine kept this process waiting. */
async function timed<T>(work: () => Promise<T>): Promise<T & { ms: number }> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const before = performance.now();
  const result = await work();
  const ms = performance.now() - before;
  delay.disable();
  return { ...result, ms: ms - delay.max / 1e6 };
}

async function idsInRedis(): Promise<(string | undefined)[]> {
  const connection = new Redis(redis.url);
  const queue = sortedNotices(connection, DEFAULT_PREFIX);
  const jobs = await queue.jobs();
  await queue.close();
  connection.disconnect();
  return jobs.map(({ id }) => id).toSorted();
}

type Step = (redis: OwnRedis) => void | Promise<void>;
const kill: Step = (own) => own.kill();
const restart: Step = (own) => own.restart();
const freeze: Step = (own) => own.freeze();
const thaw: Step = (own) => own.thaw();

test.each<[string, Step, Step, boolean]>([
  ['was never up', kill, restart, false],
  ['was frozen from the beginning', freeze, thaw, false],
  ['is killed', kill, restart, true],
  ['is frozen', freeze, thaw, true],
])('503 in time while Redis %s, and 202 when it is back', async (_, away, back, upBefore) => {
  if (!upBefore) await away(redis);
  web = await harness(redis.address);
  if (upBefore) {
    expect((await told('before')).status).toBe(202);
    expect(await ready()).toBe(200);
    await away(redis);
  }
  const refused = await Promise.all([
    timed(() => told('E1')),
    timed(() => told('E1')),
    timed(() =>
      web.send({
        path: '/obpv1/factory/users_badges',
        headers: basic(),
        body: JSON.stringify({ 'jeanne@example.net': [credentialUrl(1)] }),
      }),
    ),
  ]);
  for (const { status, json, headers, ms } of refused) {
    expect([status, json['code']]).toEqual([503, 'try_again']);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(ms).toBeLessThan(2000);
  }
  const probe = await timed(async () => ({ status: await ready() }));
  expect(probe.status).toBe(503);
  expect(probe.ms).toBeLessThan(1500);
  expect((await web.send({ method: 'GET', path: '/healthz' })).status).toBe(200);

  await back(redis);
  await until(async () => (await told('E1')).status === 202, '202');
  await until(async () => (await ready()) === 200, 'readiness');
  expect((await told('E2')).status).toBe(202);
  expect(await idsInRedis()).toEqual(expect.arrayContaining(['issued.P1.E1', 'issued.P1.E2']));
  expect((await idsInRedis()).filter((id) => id === 'issued.P1.E1')).toHaveLength(1);
  expect(web.lines.join('')).not.toMatch(/@|obv3/);
});

test('a Redis that takes no more writes is a 503, and no crash', async () => {
  web = await harness(redis.address);
  const admin = new Redis(redis.url);
  await admin.config('SET', 'maxmemory', '1');
  expect((await told('E1')).status).toBe(503);
  await admin.config('SET', 'maxmemory', '0');
  expect((await told('E1')).status).toBe(202);
  admin.disconnect();
});
