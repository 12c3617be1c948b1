import { createLogger } from '../../src/platform/logger.js';
import { openQueue } from '../../src/queue/enqueue.js';
import { queueKey, testRedis, type TestRedis } from '../support/redis.js';

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
