import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { openQueue } from '../../src/queue/enqueue.js';
import { DEFAULT_PREFIX, prefixOf, QUEUES } from '../../src/queue/jobs.js';
import { ownRedis } from '../support/own-redis.js';

/** CRC16 of the hash tag. @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(/\{([^}]+)\}/.exec(key)?.[1] ?? key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000 ? 0x1021 : 0) ^ (crc << 1)) & 0xffff;
  }
  return crc % 16_384;
}

test('in a cluster every queue has a slot of its own; on one server the names are what they always were', () => {
  const inCluster = QUEUES.map((name) => prefixOf(DEFAULT_PREFIX, name, true));
  expect(new Set(inCluster.map((prefix) => slotOf(`${prefix}:any:wait`))).size).toBe(QUEUES.length);
  for (const name of QUEUES) {
    const prefix = prefixOf(DEFAULT_PREFIX, name, true);
    expect(slotOf(`${prefix}:${name}:wait`)).toBe(slotOf(`${prefix}:${name}:1`));
    expect(prefixOf(DEFAULT_PREFIX, name, false)).toBe('{palier}');
  }
});

test('work that waits on one server under the names of earlier versions is found', async () => {
  const redis = await ownRedis();
  const connection = openConsumer(redis.address);
  const earlier = new Queue('notices', { connection, prefix: '{palier}' });
  const now = openQueue('notices', connection, createLogger('silent', 'test'));
  try {
    const id = `event.${randomBytes(4).toString('hex')}`;
    await earlier.add('event', {}, { jobId: id });
    expect((await now.getWaiting()).map((job) => job.id)).toEqual([id]);
  } finally {
    await Promise.all([earlier.close(), now.close()]);
    closeRedis(connection);
    await redis.stop();
  }
});
