import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { fillDisk, mayMount, mountSmallDisk, unmount } from '../support/small-disk.js';
import { until } from '../support/until.js';
import {
  basic,
  credentialUrl,
  eventBody,
  harness,
  patiently,
  signed,
  type Answer,
  type Harness,
} from './harness.js';
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
const statusOf = async (eventId: string): Promise<number> => (await patiently(() => told(eventId))).status;
const ready = async (): Promise<number> => (await web.send({ method: 'GET', path: '/readyz' })).status;

const TICK_MS = 10;

/** How long it took by a clock that stands still while a busy machine keeps this process waiting. */
async function timed<T>(work: () => Promise<T>): Promise<T & { ms: number }> {
  let ms = 0;
  const clock = setInterval(() => (ms += TICK_MS), TICK_MS);
  const result = await work().finally(() => clearInterval(clock));
  return { ...result, ms };
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
    expect(await statusOf('before')).toBe(202);
    await until(async () => (await ready()) === 200, 'readiness');
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
  // An answer is kept for a second.
  await until(async () => (await ready()) === 503, 'a 503 of /readyz');
  const probe = await timed(async () => ({ status: await ready() }));
  expect(probe.status).toBe(503);
  expect(probe.ms).toBeLessThan(1500);
  expect((await web.send({ method: 'GET', path: '/healthz' })).status).toBe(200);

  await back(redis);
  await until(async () => (await told('E1')).status === 202, '202');
  await until(async () => (await ready()) === 200, 'readiness');
  expect(await statusOf('E2')).toBe(202);
  expect(await idsInRedis()).toEqual(expect.arrayContaining(['issued.P1.E1', 'issued.P1.E2']));
  expect((await idsInRedis()).filter((id) => id === 'issued.P1.E1')).toHaveLength(1);
  expect(web.lines.join('')).not.toMatch(/@|obv3/);
});

/** Each state in which Redis answers and takes no notice: how it begins, how it ends, what the log calls it. */
const STATES: readonly [fault: string, begin: Act, end: Act][] = [
  [
    'memory_full',
    (admin) => admin.config('SET', 'maxmemory', '1'),
    (admin) => admin.config('SET', 'maxmemory', '0'),
  ],
  ['read_only', (admin) => admin.replicaof('127.0.0.1', '1'), (admin) => admin.replicaof('NO', 'ONE')],
  [
    'replicas_missing',
    (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
    (admin) => admin.config('SET', 'min-replicas-to-write', '0'),
  ],
  [
    'disk_full',
    async (admin) => {
      await mkdir(join(redis.dataDir, 'dump.rdb'));
      await saved(admin, 'err');
    },
    async (admin) => {
      await rmdir(join(redis.dataDir, 'dump.rdb'));
      await saved(admin, 'ok');
    },
  ],
  [
    'credentials',
    async (admin) => {
      await admin.config('SET', 'requirepass', 'geheim');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    },
    (admin) => admin.config('SET', 'requirepass', ''),
  ],
];
type Act = (admin: Redis) => Promise<unknown>;

/** A save that fails, here since a folder stands in its place, stops writes: so does one for want of room. */
async function saved(admin: Redis, status: 'ok' | 'err'): Promise<void> {
  await admin.config('SET', 'save', '3600 1');
  await admin.bgsave();
  await until(
    async () => (await admin.info('persistence')).includes(`rdb_last_bgsave_status:${status}`),
    `a save that is ${status}`,
  );
}

test.each(STATES)(
  'not ready while Redis is %s, said once in the log; 202 afterwards',
  async (fault, begin, end) => {
    web = await harness(redis.address);
    const admin = new Redis(redis.url);
    expect(await statusOf('E1')).toBe(202);
    await until(async () => (await ready()) === 200, 'readiness');
    await begin(admin);
    await until(async () => (await ready()) === 503, 'a 503 of /readyz');
    expect((await told('E2')).status).toBe(503);
    const named = (): string[] => web.lines.flatMap((line) => /"redis":"(\w+)"/.exec(line)?.[1] ?? []);
    await until(async () => (await ready()) === 503 && named().includes(fault), 'the cause in the log');
    for (let asked = 0; asked < 5; asked += 1) await ready();
    await end(admin);
    await until(async () => (await ready()) === 200, 'readiness');
    // Beside it, a busy machine may make Redis look absent for a moment: each change is said.
    expect(named().filter((one, at, all) => one === all[at - 1])).toEqual([]);
    expect(await statusOf('E2')).toBe(202);
    expect(web.lines.join('')).not.toContain('geheim');
    admin.disconnect();
  },
);

(mayMount() ? describe : describe.skip)('a disk of its own, on a machine that lets us mount one', () => {
  test('not ready while it is full to the last byte, said in the log; 202 once there is room', async () => {
    const small = await ownRedis(false, mountSmallDisk);
    try {
      web = await harness(small.address);
      expect(await statusOf('E1')).toBe(202);
      const free = fillDisk(small.dataDir);
      await until(async () => (await told('E2')).status === 503, 'a 503');
      await until(async () => (await ready()) === 503, 'a 503 of /readyz');
      await until(
        () => web.lines.some((line) => line.includes('"redis":"disk_full"')),
        'the cause in the log',
      );
      await free();
      await until(async () => (await ready()) === 200, 'readiness');
      expect(await statusOf('E2')).toBe(202);
    } finally {
      unmount(small.dataDir);
      await small.stop();
    }
  });
});

test('until Redis is found to be ours, not ready, and nothing is stored there', async () => {
  let pass = (): void => {};
  const checked = new Promise<void>((resolve) => (pass = resolve));
  web = await harness(redis.address, undefined, checked);
  const { status, ms } = await timed(() => told('E1'));
  expect([status, await ready()]).toEqual([503, 503]);
  expect(ms).toBeLessThan(2000);
  const admin = new Redis(redis.url);
  expect((await admin.keys('*')).filter((key) => key.includes(':arrivals.'))).toEqual([]);
  admin.disconnect();
  pass();
  expect(await statusOf('E1')).toBe(202);
  await until(async () => (await ready()) === 200, 'readiness');
});

test('however often it is asked, a write a second goes to Redis', async () => {
  web = await harness(redis.address);
  const admin = new Redis(redis.url);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 50 }, ready));
  const seconds = Math.ceil((performance.now() - startedMs) / 1000);
  const [, calls] = /cmdstat_set:calls=(\d+)/.exec(await admin.info('commandstats')) ?? [];
  expect(Number(calls)).toBeLessThanOrEqual(1 + seconds);
  admin.disconnect();
});
