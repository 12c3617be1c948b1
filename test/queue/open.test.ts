import type { Queue } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openProducer, type RedisConnection } from '../../src/platform/redis.js';
import { asClientId, asEventId } from '../../src/ids.js';
import { EnqueueError, openQueue, storeArrivals } from '../../src/queue/enqueue.js';
import { type Arrival, DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import { sortedNotices } from '../webhooks/sorted-notices.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';

const notice: Arrival = {
  type: 'issued',
  job: { kind: 'event', clientId: asClientId('P1'), eventId: asEventId('E1'), source: 'webhook' },
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
async function notices(): Promise<number> {
  const sorted = sortedNotices(connection, DEFAULT_PREFIX);
  const jobs = await sorted.jobs();
  await sorted.close();
  return jobs.length;
}
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

test.each(ABSENCES)('a queue opened while Redis %s says so in time, and works later', async (_, go, back) => {
  await go(redis);
  open();
  const before = performance.now();
  await expect(storeArrivals(queue, [notice], AbortSignal.timeout(800))).rejects.toThrow(EnqueueError);
  expect(performance.now() - before).toBeLessThan(1200);
  await back(redis);
  await until(works, 'job stored');
  expect(await notices()).toBe(1);
  expect(lines.length).toBeLessThanOrEqual(2);
});

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
  await storeArrivals(queue, [notice], AbortSignal.timeout(1500));
  await redis.restart();
  await until(works, 'job stored');
  await storeArrivals(queue, [notice], AbortSignal.timeout(1500));
  expect(await queue.getJobCountByTypes('waiting')).toBeGreaterThanOrEqual(1);
});
