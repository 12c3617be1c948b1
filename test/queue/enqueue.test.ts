import { Worker, type Job, type Queue } from 'bullmq';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../src/platform/logger.js';
import {
  closeRedis,
  isCluster,
  openConsumer,
  openProducer,
  type RedisConnection,
} from '../../src/platform/redis.js';
import { enqueue, enqueueAll, type NewJob, openQueue } from '../../src/queue/enqueue.js';
import { prefixOf } from '../../src/queue/jobs.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

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
  producer = openProducer(redis.address);
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
