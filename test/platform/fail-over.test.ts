import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { closeRedis, openConsumer, openProducer } from '../../src/platform/redis.js';
import { DEFAULT_PREFIX } from '../../src/queue/jobs.js';
import { eventBody, harness, signed } from '../webhooks/harness.js';
import { ownRedis } from '../support/own-redis.js';
import { addressOf } from '../support/redis.js';
import { until } from '../support/until.js';

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
    return (await web.send({ body, headers: signed(body) })).status;
  };
  const ready = async () => (await web.send({ method: 'GET', path: '/readyz' })).status;
  const isTaken = (eventId: string): boolean => taken.join().includes(`"${eventId}"`);
  try {
    await b.replicaof('127.0.0.1', Number(new URL(first.url).port));
    await until(async () => (await b.info('replication')).includes('master_link_status:up'), 'replica');
    expect([await tell('E1'), await ready()]).toEqual([202, 200]);
    await until(() => isTaken('E1'), 'first notice');

    // Nothing is cut: who is connected stays on the server that is now a replica.
    address.leadsTo(second.url);
    await b.replicaof('NO', 'ONE');
    await a.replicaof('127.0.0.1', Number(new URL(second.url).port));
    expect(await tell('E2')).toBe(202);
    await until(() => isTaken('E2'), 'notice after the fail-over', 15_000);
    await until(async () => (await ready()) === 200, 'readiness');
  } finally {
    await worker.close(true);
    closeRedis(consumer);
    await web.close();
    address.close();
    for (const redis of [a, b]) redis.disconnect();
    await Promise.all([first.stop(), second.stop()]);
  }
}, 60_000);

test('an address that leads to a replica for good: a producer is told so, a consumer waits for it to pass', async () => {
  const redis = await ownRedis();
  const admin = new Redis(redis.url);
  const [producer, consumer] = [openProducer(redis.address), openConsumer(redis.address)];
  try {
    await Promise.all([producer.ping(), consumer.ping()]);
    await admin.replicaof('127.0.0.1', '1');
    await expect(producer.set('a', '1')).rejects.toThrow(/^READONLY/);
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
