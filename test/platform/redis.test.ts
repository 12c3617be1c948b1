import { createLogger } from '../../src/platform/logger.js';
import { refusalOf } from '../../src/platform/redis-faults.js';
import { judgeRedis, logConnectionErrors } from '../../src/platform/redis-health.js';
import {
  closeRedis,
  openConsumer,
  openOperator,
  openProducer,
  type RedisAddress,
} from '../../src/platform/redis.js';
import { createReplicationBarrier } from '../../src/platform/replication.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { addressOf } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { credentialUrl, eventBody, harness, patiently, signed } from '../webhooks/harness.js';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

describe('redis guard', () => {
  /** `web` and `worker` as processes, on a Redis whose settings are ours to change. */
  let redis: OwnRedis;
  let sandbox: Sandbox;
  let cwd: string;
  interface Started {
    readonly child: ChildProcess;
    readonly closed: Promise<unknown>;
    readonly output: () => string;
  }
  let started: Started[] = [];

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
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(ended));
    started = [];
    await sandbox.close();
    await redis.stop();
    await rm(cwd, { recursive: true });
  });

  /** Once all that it wrote has been read, too. */
  const ended = async ({ child, closed }: Started): Promise<number | null> => {
    await closed;
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

  function start(name: Name, env: Record<string, string>): Started {
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
    const parts: string[] = [];
    child.stdout.on('data', (part) => parts.push(String(part)));
    child.stderr.on('data', (part) => parts.push(String(part)));
    const running = { child, closed: once(child, 'close'), output: () => parts.join('') };
    started.push(running);
    return running;
  }
  const PRODUCTION = { NODE_ENV: 'production' };
  const STARTED = (name: Name): RegExp => new RegExp(`"msg":"${name} started"`);

  test.each(['web', 'worker'] as const)(
    '%s in production on a wrong Redis ends with 1, and says which setting, its value, and how to set it',
    async (name) => {
      await set(...WRONG);
      const running = start(name, PRODUCTION);
      const { output } = running;
      expect(await ended(running)).toBe(1);
      expect(output()).toContain('maxmemory-policy is allkeys-lru');
      expect(output()).toContain('CONFIG SET maxmemory-policy noeviction');
      expect(output()).toContain('appendonly no');
      expect(output()).toContain('CONFIG SET appendonly yes');
      // No worker took anything; the door was open while it asked.
      if (name === 'worker') expect(output()).not.toMatch(STARTED(name));
    },
  );

  test.each(['web', 'worker'] as const)('%s elsewhere works on it, and warns once', async (name) => {
    await set(...WRONG);
    const running = start(name, {});
    const { child, output } = running;
    await until(() => STARTED(name).test(output()) && output().includes('not set for production'), 'start');
    expect(output().match(/not set for production/g)).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await ended(running)).toBe(0);
  });

  test('in production on a right Redis both start, and stop when asked', async () => {
    for (const name of ['web', 'worker'] as const) {
      const running = start(name, PRODUCTION);
      const { child, output } = running;
      await until(() => STARTED(name).test(output()), 'start');
      child.kill('SIGTERM');
      expect(await ended(running)).toBe(0);
      expect(output()).not.toContain('not set for production');
    }
  });

  test('a Redis that answers late: web listens meanwhile, the worker waits; then both refuse it', async () => {
    await set(...WRONG);
    redis.freeze();
    const web = start('web', PRODUCTION);
    const worker = start('worker', PRODUCTION);
    await until(() => STARTED('web').test(web.output()), 'start of web');
    expect([web.child.exitCode, worker.child.exitCode]).toEqual([null, null]);
    redis.thaw();
    expect(await Promise.all([web, worker].map(ended))).toEqual([1, 1]);
    for (const { output } of [web, worker]) expect(output()).toContain('maxmemory-policy is allkeys-lru');
    expect(worker.output()).not.toMatch(STARTED('worker'));
  });

  test('a worker that cannot read the rules ends, and says why', async () => {
    const admin = new Redis(redis.url);
    await admin.set(`${DATA_PREFIX}:{scheme}:state`, 'what a hand wrote');
    const running = start('worker', {});
    expect(await ended(running)).toBe(1);
    expect(running.output()).toContain('rules in force cannot be read');
    await admin.flushall();
    admin.disconnect();
  });

  test('under another PALIER_KEY a worker refuses the Redis that was filled before, until it is emptied', async () => {
    const first = start('worker', {});
    await until(() => STARTED('worker').test(first.output()), 'start');
    first.child.kill('SIGTERM');
    expect(await ended(first)).toBe(0);

    const other = { PALIER_KEY: Buffer.alloc(32, 1).toString('base64') };
    const second = start('worker', other);
    expect(await ended(second)).toBe(1);
    expect(second.output()).toContain('PALIER_KEY is not the one that this Redis was filled under');
    expect(second.output()).not.toMatch(STARTED('worker'));

    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    const third = start('worker', other);
    await until(() => STARTED('worker').test(third.output()), 'start');
  });

  test('a worker that still waits for Redis stops when asked', async () => {
    await redis.kill();
    const running = start('worker', { ...PRODUCTION, LOG_LEVEL: 'debug' });
    const { child, output } = running;
    await until(() => output().includes('"msg":"Redis"'), 'first attempt');
    child.kill('SIGTERM');
    expect(await ended(running)).toBe(0);
  });
});

describe('redis patience', () => {
  let redis: OwnRedis;

  afterEach(() => redis.stop());

  test('Redis is silent for a while: a request fails at once, a command waits', async () => {
    redis = await ownRedis();
    const producer = openProducer(redis.address);
    const operator = openOperator(redis.address);
    try {
      await until(() => Promise.all([producer.ping(), operator.ping()]), 'connections');
      redis.freeze();
      const later = operator.incr('asked');
      await expect(producer.incr('asked')).rejects.toThrow('Command timed out');
      redis.thaw();
      await expect(later).resolves.toEqual(expect.any(Number));
    } finally {
      [producer, operator].forEach(closeRedis);
    }
  });

  test('a cluster is gone: a request fails at once then, too', async () => {
    redis = await ownRedis(true);
    const producer = openProducer(redis.address);
    producer.on('error', () => undefined);
    try {
      await until(() => producer.set('held', 'yes'), 'connection');
      await redis.kill();
      await expect(producer.get('held')).rejects.toThrow(/timed out|closed|refresh slots/);
      // In between two tries to connect there is no node that could count the time.
      await expect(producer.get('held')).rejects.toThrow('Command timed out');
    } finally {
      closeRedis(producer);
    }
  });
});

describe('redis refusal', () => {
  const URL_OF_ONE = 'rediss://palier:geheim@redis.example:6380';
  const SINGLE: RedisAddress = { kind: 'single', urls: [URL_OF_ONE] };
  const CLUSTER: RedisAddress = { kind: 'cluster', urls: [URL_OF_ONE, 'rediss://palier:geheim@other:6381'] };

  const withCode = (code: string): Error => Object.assign(new Error('from TLS'), { code });
  const answered = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
  const ofCluster = (lastNodeError: Error): Error =>
    Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError });

  test.each([
    [
      answered('WRONGPASS invalid username-password pair or user is disabled.'),
      'password is refused',
      'REDIS_URL',
    ],
    [answered('NOAUTH Authentication required.'), 'lacks a password', 'REDIS_URL'],
    [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'authority that is unknown', 'NODE_EXTRA_CA_CERTS'],
    [withCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'authority that is unknown', 'NODE_EXTRA_CA_CERTS'],
    [withCode('CERT_HAS_EXPIRED'), 'has expired', 'Renew'],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'another name', 'REDIS_URL'],
  ])(
    '%s: what, where and what to do, and no secret, of one server and of a cluster',
    (error, what, remedy) => {
      for (const [told, where] of [
        [refusalOf(error, SINGLE), '(redis.example:6380)'],
        [refusalOf(ofCluster(error), CLUSTER), '(redis.example:6380, other:6381)'],
      ] as const) {
        for (const words of [what, where, remedy]) expect(told?.message).toContain(words);
        expect(JSON.stringify([told?.message, told?.words])).not.toMatch(/geheim|palier:/);
      }
    },
  );

  test.each([
    withCode('ECONNREFUSED'),
    withCode('ENOTFOUND'),
    answered('LOADING Redis is loading the dataset in memory'),
    answered('NOPERM this user has no permissions'),
    ofCluster(new Error('Connection is closed.')),
    new Error('Connection is closed.'),
  ])('%s may pass by itself, or is no matter of getting in', (error) => {
    expect(refusalOf(error, SINGLE)).toBeNull();
  });

  test('of a process that runs, it is told once in a while, however often it is tried', () => {
    const lines: string[] = [];
    const log = createLogger('info', 'test', { write: (line) => void lines.push(line) });
    const tell = logConnectionErrors(SINGLE, log);
    for (let attempt = 0; attempt < 100; attempt += 1) tell(answered('WRONGPASS invalid'));
    tell(withCode('ECONNREFUSED'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"msg":"Redis lets nobody in"');
    expect(lines[0]).not.toContain('geheim');
  });
});

describe('redis settings', () => {
  const GOOD = { redis_version: '7.0.15', role: 'master', maxmemory_policy: 'noeviction', aof_enabled: '1' };
  /** As Redis writes it. */
  const info = (over: Partial<typeof GOOD>): string =>
    `# Server\r\n${Object.entries({ ...GOOD, ...over })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n')}\r\n`;

  test.each([
    ['as it should be', [{}], []],
    [
      'one that evicts',
      [{ maxmemory_policy: 'allkeys-lru' }],
      [['unsafe', 'maxmemory-policy is allkeys-lru', 'CONFIG SET maxmemory-policy noeviction']],
    ],
    ['one that forgets', [{ aof_enabled: '0' }], [['unsafe', 'appendonly no', 'CONFIG SET appendonly yes']]],
    [
      'two nodes of a cluster that forget, told once',
      [{}, { aof_enabled: '0' }, { aof_enabled: '0' }],
      [['unsafe', 'AOF is off']],
    ],
    [
      'both',
      [{ maxmemory_policy: 'volatile-ttl', aof_enabled: '0' }],
      [
        ['unsafe', 'volatile-ttl'],
        ['unsafe', 'appendonly'],
      ],
    ],
    ['a replica', [{ role: 'slave' }], [['unfit', 'this is a replica']]],
    ['an old one', [{ redis_version: '6.0.16' }], [['unfit', '6.0.16: 6.2 or newer']]],
    ['the oldest that will do', [{ redis_version: '6.2.0' }], []],
    ['a next one', [{ redis_version: '10.0.1' }], []],
  ])('%s', (_, infos, expected) => {
    const { findings } = judgeRedis(infos.map(info));
    expect(findings.map(({ grade }) => grade)).toEqual(expected.map(([grade]) => grade));
    for (const [at, [, ...parts]] of expected.entries())
      for (const part of parts) expect(findings[at]?.en).toContain(part);
  });

  test('a server that says nothing of itself is not believed to be safe', () => {
    const { findings, versions } = judgeRedis(['']);
    expect(findings.map(({ en }) => en)).toEqual([
      expect.stringContaining('maxmemory-policy is (unknown)'),
      expect.stringContaining('AOF is off'),
    ]);
    expect(versions).toEqual([]);
  });

  test('versions of the nodes, each once', () => {
    const infos = [{}, { redis_version: '7.2.4' }, {}].map(info);
    expect(judgeRedis(infos).versions).toEqual(['7.0.15', '7.2.4']);
  });
});

describe('fail over', () => {
  /** One address before several servers, as a host gives it. What is connected stays where it is. */
  async function oneAddress(first: string) {
    let target = first;
    const open = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(Number(new URL(target).port), '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(one);
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return {
      url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
      leadsTo: (url: string) => void (target = url),
      close: () => {
        server.close();
        for (const socket of open) socket.destroy();
      },
    };
  }

  const silent = () => undefined;

  test('after a fail-over behind one address the door, its readiness and a worker go on without a restart', async () => {
    const [first, second] = await Promise.all([ownRedis(), ownRedis()]);
    const [a, b] = [new Redis(first.url), new Redis(second.url)];
    const address = await oneAddress(first.url);
    const web = await harness(addressOf(address.url));
    const consumer = openConsumer(addressOf(address.url));
    consumer.on('error', silent);
    const taken: string[] = [];
    const worker = new Worker(
      'arrivals',
      async ({ data }) => {
        taken.push(JSON.stringify(data));
      },
      { connection: consumer, prefix: DEFAULT_PREFIX, drainDelay: 5 },
    );
    worker.on('error', silent);
    const tell = async (eventId: string): Promise<number> => {
      const body = eventBody('P1', eventId);
      return (await patiently(() => web.send({ body, headers: signed(body) }))).status;
    };
    const push = async (): Promise<number> => {
      const body = JSON.stringify({ 'lou@example.org': [credentialUrl('c1')] });
      return (await web.send({ body, headers: signed(body) })).status;
    };
    const ready = async () => (await web.send({ method: 'GET', path: '/readyz' })).status;
    const isTaken = (eventId: string): boolean => taken.join().includes(`"${eventId}"`);
    try {
      await b.replicaof('127.0.0.1', Number(new URL(first.url).port));
      await until(async () => (await b.info('replication')).includes('master_link_status:up'), 'replica');
      // The master counts it somewhat later: until then it takes itself to be alone.
      await until(
        async () => (await a.info('replication')).includes('state=online'),
        'replica at its master',
      );
      expect(await tell('E1')).toBe(202);
      await until(async () => (await push()) === 202, 'push');
      await until(async () => (await ready()) === 200, 'readiness');
      await until(() => isTaken('E1'), 'first notice');

      // Nothing is cut: who is connected stays on the server that is now a replica.
      address.leadsTo(second.url);
      await b.replicaof('NO', 'ONE');
      await a.replicaof('127.0.0.1', Number(new URL(second.url).port));
      expect(await tell('E2')).toBe(202);
      // The new server may lack what the former one took: a push, which no poll finds, is to be sent again.
      expect(await push()).toBe(503);
      await until(async () => (await push()) === 202, 'push that is sent again');
      await until(() => isTaken('E2'), 'notice after the fail-over');
      await until(async () => (await ready()) === 200, 'readiness');
    } finally {
      await worker.close(true);
      closeRedis(consumer);
      await web.close();
      address.close();
      for (const redis of [a, b]) redis.disconnect();
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  test('an address that leads to a replica for good: a producer is told so, a consumer waits for it to pass', async () => {
    const redis = await ownRedis();
    const admin = new Redis(redis.url);
    const [producer, consumer] = [openProducer(redis.address), openConsumer(redis.address)];
    try {
      await until(() => Promise.all([producer.ping(), consumer.ping()]), 'connections');
      await admin.replicaof('127.0.0.1', '1');
      const refusal = () => producer.set('a', '1').then(String, (error: unknown) => String(error));
      await until(async () => /READONLY/.test(await refusal()), 'refusal that says why');
      const waits = consumer.set('b', '1');
      await admin.replicaof('NO', 'ONE');
      expect(await waits).toBe('OK');
      await until(() => producer.set('a', '1').catch(() => null), 'producer');
    } finally {
      admin.disconnect();
      [producer, consumer].forEach(closeRedis);
      await redis.stop();
    }
  });
});

describe('replication', () => {
  test('a push is not confirmed once another server has taken over, however short after a look', async () => {
    const [own, other] = await Promise.all([ownRedis(), ownRedis()]);
    const admin = new Redis(own.url);
    const redis = openConsumer(own.address);
    try {
      const barrier = createReplicationBarrier(redis, 0);
      await barrier.confirm(barrier.epoch());
      const epoch = barrier.epoch();
      // It follows another one, and is made the master: its history is a new one.
      await admin.replicaof('127.0.0.1', Number(new URL(other.url).port));
      await admin.replicaof('NO', 'ONE');
      await expect(barrier.confirm(epoch)).rejects.toThrow('taken over');
    } finally {
      admin.disconnect();
      closeRedis(redis);
      await Promise.all([own.stop(), other.stop()]);
    }
  });

  test('a server without replicas is asked once, not after every job; one with a replica each time', async () => {
    const [own, other] = await Promise.all([ownRedis(), ownRedis()]);
    const admin = new Redis(other.url);
    const redis = openConsumer(own.address);
    // Its own question, once it is connected, is none of these.
    await redis.ping();
    const asked = jest.spyOn(redis, 'info');
    try {
      const alone = createReplicationBarrier(redis, 60_000);
      for (let step = 0; step < 5; step += 1) await alone.waitForReplicas(alone.epoch());
      expect(asked).toHaveBeenCalledTimes(1);

      await admin.replicaof('127.0.0.1', Number(new URL(own.url).port));
      await until(async () => (await redis.info('replication')).includes('state=online'), 'replica');
      asked.mockClear();
      const followed = createReplicationBarrier(redis, 60_000);
      const confirm = () => followed.confirm(followed.epoch()).then(() => true);
      for (let step = 0; step < 5; step += 1) await until(confirm, 'confirmation');
      expect(asked.mock.calls.length).toBeGreaterThanOrEqual(5);
    } finally {
      admin.disconnect();
      closeRedis(redis);
      await Promise.all([own.stop(), other.stop()]);
    }
  });
});
