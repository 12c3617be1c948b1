import { openConsumer, type RedisAddress } from '../../src/platform/redis.js';
import { freePort } from '../../src/sandbox/redis/run.js';
import { closeWithTimeout, QueueWorker } from '../../src/workers/runtime/workers.js';
import { addressOf, testRedis } from '../support/redis.js';
import { until } from '../support/until.js';

/** Of a Redis that is not there. */
const ADDRESS: Readonly<Record<RedisAddress['kind'], (port: number) => string>> = {
  single: (port) => `redis://127.0.0.1:${port}`,
  sentinel: (port) => `redis-sentinel://127.0.0.1:${port}/palier`,
  cluster: (port) => `redis://127.0.0.1:${port},redis://127.0.0.1:${port}`,
};

// That nothing of it goes on is looked for when this file ends, as after every file. Of itself it never would end:
// its close() waits for the second connection to have been there once.
test.each(['single', 'sentinel', 'cluster'] as const)(
  '%s: a worker whose connection for waiting was never there ends, and leaves nothing behind',
  async (kind) => {
    const address = addressOf(ADDRESS[kind](await freePort()));
    expect(address.kind).toBe(kind);
    const redis = await testRedis();
    const connection = Object.assign(redis.connection, { duplicate: () => openConsumer(address) });
    const worker = new QueueWorker('notices', () => Promise.resolve(), { connection, prefix: redis.prefix });
    const errors: string[] = [];
    worker.on('error', ({ message }) => void errors.push(message));
    await until(() => errors.length > 0, 'try to connect for waiting');
    await closeWithTimeout(worker, 20_000, () => true);
    await redis.close();
  },
);
