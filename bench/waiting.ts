import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { ownRedis } from '../test/support/own-redis.js';
import { until } from '../test/support/until.js';
import { asClientId, asEventId } from '../src/ids.js';
import { arrivalsJob, type Arrival } from '../src/queue/jobs.js';
import { DEFAULT_PREFIX } from '../src/queue/names.js';
import { storeArrivals } from '../src/queue/store-arrivals.js';
import { sortArrivals } from '../src/workers/sort-arrivals.js';

export interface WaitingResult {
  readonly name: 'waiting';
  readonly notices: number;
  /** Bytes of Redis a notice: as the door stores it, and as a job of its own. */
  readonly asArrived: number;
  readonly asNotice: number;
  /** Keys that are left when all are done, but for what BullMQ keeps of a queue, however many there were. */
  readonly keysLeft: number;
}

const TOGETHER = 20;

const arrival = (at: number): Arrival => ({
  type: 'issued',
  job: {
    kind: 'event',
    clientId: asClientId('PM1X9HaF3Ya7a'),
    eventId: asEventId(`T${at.toString(36).toUpperCase().padStart(5, '0')}aXYZ0a1`),
    source: 'webhook',
    request: '0c9b5d3e-8f64-4f0a-9d2b-0a1b2c3d4e5f',
  },
});

/** What a notice takes that waits, and what is left of one that is done. */
export async function runWaiting(notices = 20_000): Promise<WaitingResult> {
  const server = await ownRedis();
  const redis = new Redis(server.url);
  const [arrivals, queue] = ['arrivals', 'notices'].map(
    (name) => new Queue(name, { connection: redis, prefix: DEFAULT_PREFIX }),
  );
  if (arrivals === undefined || queue === undefined) throw new Error('two queues were opened');
  const used = async (): Promise<number> =>
    Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]) -
    Number(/^mem_aof_buffer:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? 0);
  const all = Array.from({ length: notices }, (_, at) => arrival(at));
  try {
    await storeArrivals(arrivals, [arrival(-1)], 5000);
    await sortAll(arrivals, queue);
    const before = await used();
    for (let at = 0; at < notices; at += TOGETHER)
      await storeArrivals(arrivals, all.slice(at, at + TOGETHER), 5000);
    const asArrived = ((await used()) - before) / notices;
    await sortAll(arrivals, queue);
    const asNotice = ((await used()) - before) / notices;
    await doAll(queue, redis);
    const kept = new Set(['meta', 'events', 'id', 'marker', 'stalled-check', 'metrics:completed']);
    const left = (await redis.keys('*')).filter((key) => !kept.has(key.split(':').slice(2).join(':')));
    return { name: 'waiting', notices, asArrived, asNotice, keysLeft: left.length };
  } finally {
    await Promise.all([arrivals.close(), queue.close()]);
    redis.disconnect();
    await server.stop();
  }
}

async function sortAll(arrivals: Queue, notices: Queue): Promise<void> {
  for (const job of await arrivals.getJobs()) {
    const { arrivals: found } = arrivalsJob.parse(job.data);
    await sortArrivals(
      { queues: { arrivals, notices, earners: notices, awards: notices, maintenance: notices } },
      { arrivals: found },
    );
    await job.remove();
  }
}

async function doAll(queue: Queue, redis: Redis): Promise<void> {
  const connection = redis.duplicate({ maxRetriesPerRequest: null });
  const worker = new Worker('notices', async () => undefined, {
    connection,
    prefix: DEFAULT_PREFIX,
    concurrency: 64,
  });
  await until(
    async () => (await queue.getJobCountByTypes('waiting', 'active')) === 0,
    'end of the work',
    120_000,
  );
  await worker.close();
  connection.disconnect();
}
