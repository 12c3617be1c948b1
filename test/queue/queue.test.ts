import { asClientId, asEventId } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import {
  closeRedis,
  isCluster,
  openConsumer,
  openOperator,
  openProducer,
  type RedisConnection,
} from '../../src/platform/redis.js';
import { enqueue, enqueueAll, EnqueueError, type NewJob, openQueue } from '../../src/queue/enqueue.js';
import { readArrived, storeArrivals } from '../../src/queue/arrivals.js';
import { DEFAULT_PREFIX, type NoticeJob, prefixOf } from '../../src/queue/jobs.js';
import { newestFailed, walkFailed } from '../../src/queue/failures.js';
import { putFailed } from '../ops-web/support/failed-jobs.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { queueKey, testRedis, type TestRedis, withRedisAt } from '../support/redis.js';
import { until } from '../support/until.js';
import { sortedNotices } from '../webhooks/sorted-notices.js';
import { type Job, type Queue, Worker } from 'bullmq';
import { setTimeout as pause } from 'node:timers/promises';

describe('enqueue', () => {
  const log = createLogger('silent', 'test');
  const job = (id: string): NewJob => ({ id, name: 'test', data: { about: id } });

  let redis: TestRedis;
  let producer: RedisConnection;
  let consumer: RedisConnection;
  let queue: Queue;
  let worker: Worker | null = null;

  /** A worker whose runs are as long, and end as, the test likes. */
  function work(run: (job: Job) => Promise<void>, concurrency = 4): void {
    worker = new Worker('notices', run, {
      connection: consumer,
      prefix: prefixOf(redis.prefix, 'notices', isCluster(redis.connection)),
      concurrency,
      settings: { backoffStrategy: () => 60_000 },
    });
    worker.on('error', () => {});
  }

  const counts = () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed', 'completed');

  beforeAll(async () => {
    redis = await testRedis();
    // A producer's own patience is no matter here, and a busy machine may stand still for longer.
    producer = openOperator(redis.address);
    consumer = openConsumer(redis.address);
  });
  beforeEach(() => {
    queue = openQueue('notices', producer, log, redis.prefix);
  });
  afterEach(async () => {
    await worker?.close();
    worker = null;
    await queue.obliterate({ force: true });
    await queue.close();
  });
  afterAll(async () => {
    closeRedis(producer);
    closeRedis(consumer);
    await redis.close();
  });

  test('a job told often, and at once, waits once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => enqueue(queue, job('a.1'))));
    await enqueueAll(queue, [job('a.1'), job('b.1')]);
    expect(await counts()).toMatchObject({ waiting: 2, failed: 0 });
  });

  test('many at once: new ones, waiting ones, failed ones and running ones each get their run', async () => {
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    work(async ({ id }) => {
      await (id === 'f.1' ? Promise.reject(new Error('no')) : held);
    }, 1);
    await queue.add('test', {}, { jobId: 'f.1', attempts: 1 });
    await until(async () => (await counts())['failed'] === 1, 'failed job');
    await enqueue(queue, job('r.1'));
    await until(async () => (await counts())['active'] === 1, 'running job');
    await enqueue(queue, job('w.1'));
    const fresh = Array.from({ length: 700 }, (_, at) => job(`n.${at}`));
    await enqueueAll(queue, [...fresh, job('f.1'), job('r.1'), job('w.1')]);
    const waiting = await queue.getJobs(['waiting']);
    const seen = await counts();
    letGo();
    expect(seen).toMatchObject({ active: 1, waiting: 703, failed: 0 });
    expect(waiting.map(({ id }) => id)).toEqual(expect.arrayContaining(['f.1', 'r.1.1', 'w.1', 'n.699']));
  });

  test('a job that nobody has begun is not looked for among those that wait', async () => {
    const walk = jest.spyOn(queue, 'getJobState');
    await enqueue(queue, job('new.1'));
    await enqueue(queue, job('new.1'));
    expect(walk).not.toHaveBeenCalled();
  });

  test('a failed job gets its whole budget again, even when two revive it at once', async () => {
    work(() => Promise.reject(new Error('no')));
    await queue.add('test', {}, { jobId: 'f.1', attempts: 1 });
    await until(async () => (await counts())['failed'] === 1, 'failed job');
    await worker?.close();
    await Promise.all([enqueue(queue, job('f.1')), enqueue(queue, job('f.1'))]);
    expect(await counts()).toMatchObject({ waiting: 1, failed: 0 });
    expect((await queue.getJob('f.1'))?.attemptsMade).toBe(0);
  });

  test('a failed job that is removed just as it is told again is added anew', async () => {
    work(() => Promise.reject(new Error('of the test')));
    await queue.add('test', {}, { jobId: 'a.1', attempts: 1 });
    await until(async () => (await counts())['failed'] === 1, 'failure');
    await worker?.close();
    const found = queue.getJob.bind(queue);
    jest.spyOn(queue, 'getJob').mockImplementationOnce(async (id) => {
      await queue.remove('a.1');
      return found(id);
    });
    await enqueue(queue, job('a.1'));
    expect(await counts()).toMatchObject({ waiting: 1, failed: 0 });
  });

  test('a job that waits for its next attempt is left as it is', async () => {
    work(() => Promise.reject(new Error('not now')));
    await enqueue(queue, job('d.1'));
    await until(async () => (await counts())['delayed'] === 1, 'delayed job');
    await enqueue(queue, job('d.1'));
    expect(await counts()).toMatchObject({ delayed: 1, waiting: 0, active: 0 });
  });

  test('beside a running job one follow-up is added, however often it is told', async () => {
    const ran: string[] = [];
    let letGo: () => void = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    work(async ({ id }) => {
      ran.push(id ?? '');
      await held;
    }, 1);
    await enqueue(queue, job('r.1'));
    await until(() => ran.length === 1, 'first run');
    await enqueue(queue, job('r.1'));
    await enqueue(queue, job('r.1'));
    const seen = await counts();
    letGo();
    await until(() => ran.length === 2, 'follow-up');
    expect(seen).toMatchObject({ active: 1, waiting: 1 });
    expect(ran).toEqual(['r.1', 'r.1.1']);
  });

  test('after every call a run starts, whatever the job was doing just then', async () => {
    const started: number[] = [];
    work(async () => {
      started.push(performance.now());
      await pause(Math.random() * 3);
    });
    const told: number[] = [];
    for (let i = 0; i < 150; i += 1) {
      told.push(performance.now());
      await enqueue(queue, job('s.1'));
      await pause(Math.random() * 4);
    }
    await until(async () => {
      const { waiting = 0, active = 0 } = await counts();
      return waiting + active === 0;
    }, 'empty queue');
    const last = Math.max(...started);
    expect(told.filter((at) => !started.some((run) => run >= at))).toEqual([]);
    expect(last).toBeGreaterThanOrEqual(told.at(-1) ?? Infinity);
  });
});

describe('what stands in a queue, however much', () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  const open = (name: 'arrivals' | 'notices') =>
    openQueue(name, connection, createLogger('silent', 'test'), redis.prefix);
  beforeEach(async () => {
    redis = await testRedis();
    connection = openOperator(redis.address);
  });
  afterEach(async () => {
    closeRedis(connection);
    await redis.close();
  });

  test('of what arrived the oldest 5 000 jobs are looked at, and the others are taken to be like them', async () => {
    const arrivals = open('arrivals');
    const ids = Array.from({ length: 7500 }, (_, at) => `arrivals.${at}.${at < 5000 ? 2 : 9}`);
    await redis.connection.lpush(queueKey(redis, 'arrivals', 'wait'), ...ids);
    await redis.connection.hset(queueKey(redis, 'arrivals', 'arrivals.0.2'), 'timestamp', 1_700_000_000_000);
    expect(await readArrived(arrivals)).toEqual({ notices: 15_000, oldestMs: 1_700_000_000_000 });
  });

  test('a long reason is cut in Redis, and not within an address', async () => {
    const page = `${'é '.repeat(660)}jean.dupont@example.org ${'<p>'.repeat(1_000_000)}`;
    await putFailed(redis, [
      { id: 'issued.P1.E1', reason: page, failedMs: 1000 },
      { id: 'issued.P1.E2', reason: 'OBF GET event: 404 Not Found', failedMs: 2000 },
    ]);
    const { total, failures } = await newestFailed(open('notices'), 10);
    expect(total).toBe(2);
    expect(failures).toEqual([
      { id: 'issued.P1.E2', reason: 'OBF GET event: 404 Not Found', failedMs: 2000 },
      { id: 'issued.P1.E1', reason: 'é '.repeat(660), failedMs: 1000 },
    ]);
  });

  test('failed jobs are walked through in parts, each of which is one question for ids and one for reasons', async () => {
    const jobs = Array.from({ length: 3000 }, (_, at) => ({
      id: `issued.P1.E${at}`,
      reason: `OBF GET event: ${at}`,
      failedMs: 1000 + at,
    }));
    await putFailed(redis, jobs);
    const [asked, whole] = [jest.spyOn(connection, 'evalsha'), jest.spyOn(connection, 'hmget')];
    const parts = [];
    for await (const part of walkFailed(open('notices'), 500)) parts.push(part);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(1000);
    const met = new Map(parts.flat().map((failure) => [failure.id, failure]));
    expect([...met.values()].toSorted((a, b) => a.failedMs - b.failedMs)).toEqual(jobs);
    expect([asked.mock.calls.length, whole.mock.calls.length]).toEqual([parts.length, 0]);
  });
});

describe('events', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.close());

  test('what BullMQ writes down of its jobs stays small, however many there were', async () => {
    const { connection, prefix } = redis;
    const queue = openQueue('awards', connection, createLogger('silent', 'test'), prefix);
    const jobs = Array.from({ length: 200 }, () => ({ name: 'send', data: {} }));
    for (let added = 0; added < 2000; added += jobs.length) await queue.addBulk(jobs);
    // Redis removes whole pieces of a stream, of a hundred entries each.
    expect(await connection.xlen(queueKey(redis, 'awards', 'events'))).toBeLessThanOrEqual(200);
    await queue.close();
  });
});

describe('open', () => {
  const notice: NoticeJob = {
    kind: 'event',
    type: 'issued',
    clientId: asClientId('P1'),
    eventId: asEventId('E1'),
    source: 'webhook',
  };

  let redis: OwnRedis;
  let connection: RedisConnection;
  let queue: Queue;
  const lines: string[] = [];

  const open = (): void => {
    connection = openProducer(redis.address);
    const log = createLogger('debug', 'test', { write: (text) => void lines.push(text) });
    queue = openQueue('arrivals', connection, log);
  };
  /** However often it was stored, since nobody knew that it was: it is one. */
  const notices = (): Promise<number> =>
    withRedisAt(redis.url, async (beside) => {
      const sorted = sortedNotices(beside, DEFAULT_PREFIX);
      const jobs = await sorted.jobs();
      await sorted.close();
      return jobs.length;
    });
  const works = (): Promise<boolean> =>
    storeArrivals(queue, [notice], AbortSignal.timeout(1500)).then(
      () => true,
      () => false,
    );

  beforeEach(async () => {
    redis = await ownRedis();
    lines.length = 0;
  });
  afterEach(async () => {
    await queue.close();
    closeRedis(connection);
    await redis.stop();
  });

  /** What may be wrong with Redis when a process starts. */
  const ABSENCES: [
    string,
    (redis: OwnRedis) => Promise<void> | void,
    (redis: OwnRedis) => Promise<void> | void,
  ][] = [
    ['is not up', (own) => own.kill(), (own) => own.restart()],
    ['is frozen', (own) => own.freeze(), (own) => own.thaw()],
  ];

  test.each(ABSENCES)(
    'a queue opened while Redis %s says so in time, and works later',
    async (_, go, back) => {
      await go(redis);
      open();
      await expect(storeArrivals(queue, [notice], AbortSignal.timeout(800))).rejects.toThrow(EnqueueError);
      await back(redis);
      await until(works, 'job stored');
      expect(await notices()).toBe(1);
      const told = lines.map((line) => (JSON.parse(line) as { err: { message: string } }).err.message);
      expect(told).toEqual([...new Set(told)]);
    },
  );

  test('a queue works again after Redis froze at the very moment of connecting', async () => {
    open();
    await new Promise<void>((resolve) => {
      connection.once('ready', () => {
        redis.freeze();
        resolve();
      });
    });
    // Long enough for every command that was sent in that moment to be given up.
    await expect(storeArrivals(queue, [notice], AbortSignal.timeout(5000))).rejects.toThrow(EnqueueError);
    redis.thaw();
    await until(works, 'job stored');
    expect(await notices()).toBe(1);
  });

  test('a queue goes on after Redis was killed and came back without its scripts', async () => {
    open();
    await until(works, 'job stored');
    await redis.restart();
    await until(works, 'job stored after it came back');
    expect(await notices()).toBe(1);
  });
});
