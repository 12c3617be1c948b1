import { closeRedis, openOperator, openProducer } from '../../src/platform/redis.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';

let redis: OwnRedis;

afterEach(() => redis.stop());

const FROZEN_MS = 2500;

test('Redis is silent for a while: whoever must answer now is told so, whoever typed a command is not', async () => {
  redis = await ownRedis();
  const producer = openProducer(redis.address);
  const operator = openOperator(redis.address);
  try {
    await Promise.all([producer.ping(), operator.ping()]);
    redis.freeze();
    const thaw = setTimeout(() => redis.thaw(), FROZEN_MS);
    const asked = [producer, operator].map((connection) => connection.incr('asked'));
    const [now, later] = await Promise.allSettled(asked);
    clearTimeout(thaw);
    expect(now).toMatchObject({ status: 'rejected', reason: { message: 'Command timed out' } });
    expect(later).toMatchObject({ status: 'fulfilled' });
  } finally {
    [producer, operator].forEach(closeRedis);
  }
});

test('a cluster is gone: whoever must answer now is told so then, too', async () => {
  redis = await ownRedis(true);
  const producer = openProducer(redis.address);
  producer.on('error', () => undefined);
  try {
    await producer.set('held', 'yes');
    await redis.kill();
    const startedAt = performance.now();
    await expect(producer.get('held')).rejects.toThrow(/timed out|closed|refresh slots/);
    // In between two tries to connect there is no node that could count the time.
    await expect(producer.get('held')).rejects.toThrow('Command timed out');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  } finally {
    closeRedis(producer);
  }
});
