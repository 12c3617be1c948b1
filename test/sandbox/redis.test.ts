import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis, type Finder } from '../../src/sandbox/redis/find.js';
import { startRedis } from '../../src/sandbox/redis/run.js';
import { CACHE_DIR, TEST_DATA_DIR } from '../support/folders.js';
import { ownRedis } from '../support/own-redis.js';
import { redisOfTheRun } from '../support/redis-of-the-run.js';
import { testRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const quiet = { cacheDir: CACHE_DIR, log: () => {} };

const none: Finder = async () => null;
const broken: Finder = async () => {
  throw new Error('no network');
};
const there: Finder = async () => ({ file: 'redis-server', source: 'there' });

describe('the Redis of the run', () => {
  test('is a real one, set as production must be', async () => {
    const { connection, close } = await testRedis();
    const info = await connection.info();
    await close();
    expect(info).toContain('maxmemory_policy:noeviction');
    expect(info).toContain('aof_enabled:1');
  });

  test('forgets what a test file wrote, and nothing else', async () => {
    const [mine, theirs] = [await testRedis(), await testRedis()];
    await mine.connection.set(`${mine.prefix}:a`, '1');
    await theirs.connection.set(`${theirs.prefix}:a`, '1');
    await mine.close();
    expect(await theirs.connection.exists(`${mine.prefix}:a`)).toBe(0);
    expect(await theirs.connection.exists(`${theirs.prefix}:a`)).toBe(1);
    await theirs.close();
  });
});

test('a server of its own keeps its address and data when it is killed, and answers nothing when frozen', async () => {
  const own = await ownRedis();
  const writer = new Redis(own.url, { retryStrategy: () => null });
  writer.on('error', () => {});
  await writer.set('kept', 'yes');
  await own.kill();
  await until(() => writer.status === 'end', 'lost connection');
  await own.restart();
  const patient = new Redis(own.url);
  expect(await patient.get('kept')).toBe('yes');
  patient.disconnect();
  const reader = new Redis(own.url, { commandTimeout: 300 });
  reader.on('error', () => {});
  const answers = async () => (await reader.ping()) === 'PONG';
  await until(answers, 'answer');
  own.freeze();
  await expect(reader.ping()).rejects.toThrow('timed out');
  own.thaw();
  await until(answers, 'answer after the thaw');
  reader.disconnect();
  await own.stop();
});

describe('starting one', () => {
  let dataDir: string;
  beforeAll(async () => {
    await mkdir(TEST_DATA_DIR, { recursive: true });
    dataDir = await mkdtemp(join(TEST_DATA_DIR, 'start-'));
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  test('refuses a port that is taken, in words; its data are there at the next start', async () => {
    const first = await startRedis({ ...quiet, dataDir });
    const port = Number(new URL(first.url).port);
    await expect(startRedis({ ...quiet, dataDir, port })).rejects.toThrow('Address already in use');
    await first.stop();
    const again = await startRedis({ ...quiet, dataDir, port });
    await again.stop();
  });

  test('uses the Redis that is given, and leaves it running', async () => {
    const { url, connection, close } = await testRedis();
    const given = await redisOfTheRun();
    expect(given.url).toBe(url);
    await given.stop();
    expect(await connection.ping()).toBe('PONG');
    await close();
  });
});

describe('finding one', () => {
  test('takes the first that is there, whatever failed before it', async () => {
    await expect(findRedis(quiet, [none, broken, there, broken])).resolves.toMatchObject({ source: 'there' });
  });

  test('says what to type when there is none, and why', async () => {
    await expect(findRedis(quiet, [none, broken])).rejects.toThrow(
      /apt-get install redis-server[^]*brew install redis[^]*REDIS_URL=[^]*no network/,
    );
  });
});

test('waiting on a state that does not come says which', async () => {
  await expect(until(() => false, 'second badge', 30)).rejects.toThrow('no second badge within 30 ms');
});
