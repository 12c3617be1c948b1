import { randomBytes } from 'node:crypto';
import { Worker } from 'bullmq';
import { asBadgeId, asEarnerKey, asEventId } from '../../src/ids.js';
import { createLedger } from '../../src/issuing/ledger.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { createReplicas } from '../../src/platform/replicas.js';
import { createVault } from '../../src/platform/vault.js';
import { DATA_PREFIX, DEFAULT_PREFIX, prefixOf } from '../../src/queue/names.js';
import { WORKER_NAME } from '../../src/workers/start.js';
import { takeOver } from '../../src/workers/take-over.js';
import type { RedisGroup } from '../../src/sandbox/redis/group.js';
import { ownGroup } from '../support/own-group.js';
import { until } from '../support/until.js';

let group: RedisGroup;
beforeAll(async () => {
  group = await ownGroup('cluster');
}, 60_000);
afterAll(() => group.stop());

const lou = asEarnerKey('k'.padEnd(22, '0'));
const LEDGER = `${DATA_PREFIX}:ledger:{${lou}}`;

test('on a cluster, older workers stand under the prefix that all queues shared: they are waited for', async () => {
  const address = { kind: 'cluster' as const, urls: group.url.split(',') };
  const open = () => openConsumer(address);
  const [redis, ofOld, ofNew] = [open(), open(), open()];
  const vault = createVault(randomBytes(32));
  const told: string[] = [];
  const work = async (): Promise<void> => {};
  // As Palier 0.1.0 had them, and as they are today.
  const old = new Worker('notices', work, { connection: ofOld, prefix: DEFAULT_PREFIX });
  const today = new Worker('notices', work, {
    connection: ofNew,
    prefix: prefixOf(DEFAULT_PREFIX, 'notices', true),
    name: WORKER_NAME,
  });
  await Promise.all([old.waitUntilReady(), today.waitUntilReady()]);
  await redis.hset(LEDGER, { R1: JSON.stringify({ state: 'issued', atS: 1, forgiven: [], event: 'G1' }) });
  const done = takeOver({
    redis,
    prefix: DATA_PREFIX,
    queuePrefix: DEFAULT_PREFIX,
    vault,
    scheme: { timeZone: 'Europe/Paris' },
    replicas: createReplicas(redis, 1000),
    log: createLogger('warn', 'test', { write: (line) => void told.push(line) }),
    signal: new AbortController().signal,
  });
  await until(() => told.some((line) => line.includes('waiting for the workers')), 'it waits');
  expect(await redis.exists(LEDGER)).toBe(1);
  await old.close();
  expect(await done).toEqual({ earners: 1, clients: 0, entries: 0, entriesLeft: 0, unreadable: [] });
  // What was given stays so: nobody gives it again.
  const ledger = createLedger(redis, DATA_PREFIX, () => 0);
  expect(await ledger.read(lou, asBadgeId('R1'))).toMatchObject({ state: 'issued', event: asEventId('G1') });
  await today.close();
  for (const connection of [redis, ofOld, ofNew]) closeRedis(connection);
}, 60_000);
