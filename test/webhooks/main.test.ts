import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { markKey } from '../../src/platform/key-guard.js';
import { hashPassword } from '../../src/platform/secrets.js';
import { createVault } from '../../src/platform/vault.js';
import { DATA_PREFIX } from '../../src/queue/jobs.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { eventBody, patiently, SECRETS, send, signed } from './harness.js';

const KEY = Buffer.alloc(32, 5).toString('base64');
const GOOD = {
  PORT: '0',
  OBF_CLIENT_ID: 'region',
  OBF_CLIENT_SECRET: 'apisecret',
  WEBHOOK_SECRETS: SECRETS.join(','),
  PALIER_KEY: KEY,
  PALIER_CONFIG: resolve('config'),
};

interface Web {
  readonly child: ChildProcess;
  /** Resolves once it has ended, and all that it wrote has been read. */
  readonly closed: Promise<unknown>;
  readonly out: () => string;
  readonly err: () => string;
  /** Of the log line that says that it started. */
  readonly port: () => number;
}

let started: Web[] = [];

/** The process of the Procfile, from the sources. */
function web(env: Record<string, string>): Web {
  const child = spawn(process.execPath, [resolve('dist/webhooks/main.js')], {
    // A developer's own .env stays out of it.
    cwd: resolve('test/webhooks'),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (part) => (text.out += String(part)));
  child.stderr.on('data', (part) => (text.err += String(part)));
  const running = {
    child,
    closed: once(child, 'close'),
    out: () => text.out,
    err: () => text.err,
    port: () => Number(/"port":(\d+).*"msg":"web started"/.exec(text.out)?.[1] ?? 0),
  };
  started.push(running);
  return running;
}

const ended = async ({ child, closed }: Web): Promise<number | null> => {
  await closed;
  return child.exitCode;
};

afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(ended));
  started = [];
});

test('every fault of the environment is told by its name, no value of it, and nothing starts', async () => {
  const faulty = web({
    ...GOOD,
    OBF_BASE_URL: 'http://elsewhere.example',
    PALIER_KEY: 'c2hvcnQ=',
    PORT: 'x',
  });
  expect(await ended(faulty)).toBe(1);
  for (const name of ['REDIS_URL', 'OBF_BASE_URL', 'PALIER_KEY', 'PORT'])
    expect(faulty.err()).toContain(name);
  expect(faulty.err() + faulty.out()).not.toMatch(/elsewhere|c2hvcnQ|apisecret|whsec/);
});

test('a scheme that cannot be read starts nothing', async () => {
  const lost = web({ ...GOOD, REDIS_URL: 'redis://127.0.0.1:1', PALIER_CONFIG: 'no-such-folder' });
  expect(await ended(lost)).toBe(1);
  expect(lost.err()).toContain('scheme.yaml');
  expect(lost.err()).toContain('PALIER_CONFIG');
});

test('a Redis filled under another PALIER_KEY: nothing is stored, pages and log say why; it serves once that is ours', async () => {
  const redis = await ownRedis();
  const admin = new Redis(redis.url);
  const foreign = createVault(Buffer.alloc(32, 6));
  const saysWhy = (): number => running.out().split('"redis":"key_changed"').length - 1;
  const users = `camille:${await hashPassword('geheim geheim')}`;
  await markKey(admin, DATA_PREFIX, foreign);
  const running = web({ ...GOOD, REDIS_URL: redis.url, OPS_USERS: users });
  try {
    const port = await until(running.port, 'web process');
    const get = (path: string) => send(port, { method: 'GET', path });
    const told = (eventId: string) => {
      const body = eventBody('region', eventId);
      return patiently(() => send(port, { body, headers: signed(body) }));
    };
    const isForeign = async (): Promise<boolean> => {
      const { status, json } = await get('/readyz');
      return status === 503 && json['code'] === 'key_changed';
    };
    const isReady = async (): Promise<boolean> => (await get('/readyz')).status === 200;
    await until(isForeign, 'a 503 that says why');
    expect(await told('E1')).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
    const page = await fetch(`http://127.0.0.1:${port}/ops`);
    expect([page.status, await page.text()]).toEqual([
      503,
      expect.stringContaining('rempli sous une autre clé'),
    ]);
    await until(() => saysWhy() > 0, 'a line that says why');
    await pause(1500);
    expect([saysWhy(), running.child.exitCode]).toEqual([1, null]);
    // Queues are named there, OBF's calls counted, and the first question for readiness tried a write.
    const kept = (await admin.keys('*')).filter((key) => !/:(meta|metrics.*|writable)$/.test(key));
    expect(kept).toEqual([`${DATA_PREFIX}:key-mark`]);

    await admin.del(`${DATA_PREFIX}:key-mark`);
    await until(isReady, 'readiness in an emptied Redis');
    expect((await told('E2')).status).toBe(202);
    await markKey(admin, DATA_PREFIX, foreign);
    await until(isForeign, 'a 503 since another filled it meanwhile');
    expect((await told('E3')).status).toBe(503);
    await admin.del(`${DATA_PREFIX}:key-mark`);
    await markKey(admin, DATA_PREFIX, createVault(Buffer.alloc(32, 5)));
    await until(isReady, 'readiness under our key');
    expect((await told('E4')).status).toBe(202);
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

describe('with a Redis that comes late', () => {
  let redis: OwnRedis;
  beforeEach(async () => {
    redis = await ownRedis();
    await redis.kill();
  });
  afterEach(() => redis.stop());

  test('it listens without Redis, takes notices with it, and ends well', async () => {
    const running = web({ ...GOOD, REDIS_URL: redis.url, LOG_LEVEL: 'debug' });
    const port = await until(running.port, 'web process');
    const body = eventBody('region', 'E1');
    const told = async (): Promise<number> => (await send(port, { body, headers: signed(body) })).status;
    const ready = async (): Promise<number> => (await send(port, { method: 'GET', path: '/readyz' })).status;
    expect([await told(), await ready()]).toEqual([503, 503]);
    await redis.restart();
    await until(async () => (await told()) === 202, '202');
    await until(async () => (await ready()) === 200, 'readiness');
    running.child.kill('SIGTERM');
    expect(await ended(running)).toBe(0);
    expect(running.err()).toBe('');
    expect(running.out()).not.toMatch(/apisecret|whsec/);
    expect(running.out()).not.toContain(KEY);
  });
});
