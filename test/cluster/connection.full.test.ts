import { Redis } from 'ioredis';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import type { RedisGroup } from '../support/redis-group.js';
import { ownGroup } from '../support/own-group.js';
import { addressOf } from '../support/redis.js';
import { until } from '../support/until.js';

let group: RedisGroup;
beforeAll(async () => {
  group = await ownGroup('cluster');
}, 60_000);
afterAll(() => group.stop());

/** All nodes but one are gone, and that one knows. */
async function breakUp(): Promise<() => Promise<void>> {
  const [left, ...lost] = group.nodes;
  await Promise.all(lost.map((node) => node.kill()));
  const asked = new Redis(left?.url ?? '');
  await until(async () => (await asked.cluster('INFO')).includes('cluster_state:fail'), 'broken cluster');
  asked.disconnect();
  return async () => void (await Promise.all(lost.map((node) => node.restart())));
}

test('a connection to a cluster that is not whole yet is ready once it is', async () => {
  const redis = openConsumer(addressOf(group.url));
  redis.on('error', () => {});
  try {
    await redis.ping();
    const mend = await breakUp();
    redis.disconnect();
    await until(() => redis.status === 'end', 'end');
    let tries = 0;
    redis.on('connect', () => (tries += 1));
    const connected = redis.connect();
    await until(() => tries > 0 && redis.status !== 'connect', 'try that was in vain');
    expect(redis.status).not.toBe('ready');
    await mend();
    await connected;
    expect(await redis.set('k', 'v')).toBe('OK');
  } finally {
    closeRedis(redis);
  }
}, 60_000);
