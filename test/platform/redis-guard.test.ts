import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** `web` and `worker` as processes, on a Redis whose settings are ours to change. */
let redis: OwnRedis;
let sandbox: Sandbox;
let cwd: string;
let started: ChildProcess[] = [];

beforeEach(async () => {
  [redis, sandbox, cwd] = await Promise.all([
    ownRedis(),
    startSandbox({ tokenEveryMs: 0 }),
    mkdtemp(join(tmpdir(), 'palier-guard-')),
  ]);
  for (const id of ['REGION', 'P1', 'P2']) sandbox.addClient({ id, secret: `${id}_key`, name: id });
  await writeFile(join(cwd, 'scheme.yaml'), SMALL_SCHEME);
  await writeFile(join(cwd, 'partners.yaml'), SMALL_PARTNERS);
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await Promise.all(started.map(ended));
  started = [];
  await sandbox.close();
  await redis.stop();
  await rm(cwd, { recursive: true });
});

const ended = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};

async function set(...settings: readonly (readonly [string, string])[]): Promise<void> {
  const admin = new Redis(redis.url);
  for (const [name, value] of settings) await admin.config('SET', name, value);
  admin.disconnect();
}
const WRONG = [
  ['maxmemory-policy', 'allkeys-lru'],
  ['appendonly', 'no'],
] as const;

const MAINS = { web: 'dist/webhooks/main.js', worker: 'dist/workers/main.js' };
type Name = keyof typeof MAINS;

function start(name: Name, env: Record<string, string>) {
  const child = spawn(process.execPath, [resolve(MAINS[name])], {
    cwd: resolve('test/platform'),
    env: {
      PATH: process.env['PATH'],
      REDIS_URL: redis.url,
      PORT: '0',
      OBF_BASE_URL: sandbox.url,
      OBF_CLIENT_ID: 'REGION',
      OBF_CLIENT_SECRET: 'REGION_key',
      KEY_P1: 'P1_key',
      KEY_P2: 'P2_key',
      WEBHOOK_BASIC: 'key:secret',
      PALIER_KEY: Buffer.alloc(32, 9).toString('base64'),
      PALIER_CONFIG: cwd,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const parts: string[] = [];
  child.stdout.on('data', (part) => parts.push(String(part)));
  child.stderr.on('data', (part) => parts.push(String(part)));
  return { child, output: () => parts.join('') };
}
const PRODUCTION = { NODE_ENV: 'production' };
const STARTED = (name: Name): RegExp => new RegExp(`"msg":"${name} started"`);

test.each(['web', 'worker'] as const)(
  '%s in production on a wrong Redis ends with 1, and says which setting, its value, and how to set it',
  async (name) => {
    await set(...WRONG);
    const { child, output } = start(name, PRODUCTION);
    expect(await ended(child)).toBe(1);
    expect(output()).toContain('maxmemory-policy is allkeys-lru');
    expect(output()).toContain('CONFIG SET maxmemory-policy noeviction');
    expect(output()).toContain('appendonly no');
    expect(output()).toContain('CONFIG SET appendonly yes');
    // No worker took anything; the door was open while it asked.
    if (name === 'worker') expect(output()).not.toMatch(STARTED(name));
  },
  30_000,
);

test.each(['web', 'worker'] as const)(
  '%s elsewhere works on it, and warns once',
  async (name) => {
    await set(...WRONG);
    const { child, output } = start(name, {});
    await until(
      () => STARTED(name).test(output()) && output().includes('not set for production'),
      'start',
      20_000,
    );
    expect(output().match(/not set for production/g)).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  },
  30_000,
);

test('in production on a right Redis both start, and stop when asked', async () => {
  for (const name of ['web', 'worker'] as const) {
    const { child, output } = start(name, PRODUCTION);
    await until(() => STARTED(name).test(output()), 'start', 20_000);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(output()).not.toContain('not set for production');
  }
}, 60_000);

test('a Redis that answers late: web listens meanwhile, the worker waits; then both refuse it', async () => {
  await set(...WRONG);
  redis.freeze();
  const web = start('web', PRODUCTION);
  const worker = start('worker', PRODUCTION);
  await until(() => STARTED('web').test(web.output()), 'start of web', 20_000);
  expect([web.child.exitCode, worker.child.exitCode]).toEqual([null, null]);
  redis.thaw();
  expect(await Promise.all([web.child, worker.child].map(ended))).toEqual([1, 1]);
  for (const { output } of [web, worker]) expect(output()).toContain('maxmemory-policy is allkeys-lru');
  expect(worker.output()).not.toMatch(STARTED('worker'));
}, 60_000);

test('under another PALIER_KEY web and worker refuse the Redis that was filled before, until it is emptied', async () => {
  const first = start('worker', {});
  await until(() => STARTED('worker').test(first.output()), 'start', 20_000);
  first.child.kill('SIGTERM');
  expect(await ended(first.child)).toBe(0);

  const other = { PALIER_KEY: Buffer.alloc(32, 1).toString('base64') };
  const second = start('worker', other);
  expect(await ended(second.child)).toBe(1);
  expect(second.output()).toContain('PALIER_KEY is not the one that this Redis was filled under');
  expect(second.output()).not.toMatch(STARTED('worker'));

  const web = start('web', other);
  expect(await ended(web.child)).toBe(1);
  expect(web.output()).toContain('PALIER_KEY is not the one that this Redis was filled under');

  const admin = new Redis(redis.url);
  await admin.flushall();
  admin.disconnect();
  const third = start('worker', other);
  await until(() => STARTED('worker').test(third.output()), 'start', 20_000);
}, 90_000);

test('a worker that still waits for Redis stops when asked', async () => {
  await redis.kill();
  const { child, output } = start('worker', { ...PRODUCTION, LOG_LEVEL: 'debug' });
  await until(() => output().includes('"msg":"Redis"'), 'first attempt', 20_000);
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
}, 30_000);
