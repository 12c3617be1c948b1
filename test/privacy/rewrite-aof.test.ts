import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { storeAssertions } from '../../src/earners/assertions.js';
import { recordKey } from '../../src/earners/store.js';
import { tombstoneOf } from '../../src/earners/record.js';
import { asEarnerKey } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import { createVault } from '../../src/platform/vault.js';
import { requestAofRewrite, rewriteAofIfWanted } from '../../src/privacy/remove-traces.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { storesIn } from '../support/stores.js';
import { until } from '../support/until.js';
import { assertionOf } from '../support/assertion.js';

const earner = asEarnerKey('k1');
const vault = createVault(randomBytes(32));
const logged: string[] = [];
const log = createLogger('info', 'worker', { write: (line: string) => void logged.push(line) });

let server: OwnRedis;
let redis: Redis;
let prefix: string;
let tests = 0;
beforeAll(async () => {
  server = await ownRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  prefix = `p${(tests += 1)}`;
  logged.length = 0;
  await redis.config('RESETSTAT');
});

const parts = () => ({ redis, prefix, log });
const rewritings = async (): Promise<number> =>
  Number(/^cmdstat_bgrewriteaof:calls=(\d+)/m.exec(await redis.info('commandstats'))?.[1] ?? 0);
const hourPasses = () => redis.del(`${prefix}:aof:asked`);

/** All that the append-only file holds, in all its parts. */
async function fileOfRedis(): Promise<Buffer> {
  const names = await readdir(server.dataDir, { recursive: true });
  const files = names.filter((name) => /\.(aof|rdb)$/.test(name));
  return Buffer.concat(await Promise.all(files.map((name) => readFile(join(server.dataDir, name)))));
}

test('what was erased is in the append-only file no more', async () => {
  const stores = storesIn(redis, prefix, vault);
  const assertion = assertionOf('a1');
  const contact = { address: 'lou@example.org', name: 'Lou' };
  await storeAssertions(stores, [{ earner, contact, assertion }]);
  const sealed = (await redis.getBuffer(recordKey(prefix, earner))) ?? Buffer.alloc(0);
  expect(sealed.length).toBeGreaterThan(50);
  await until(async () => (await fileOfRedis()).includes(sealed), 'the record on disk');
  await stores.earners.update(earner, (record) => tombstoneOf(record, new Map(), 1_800_000_000, () => 'f'));
  expect((await fileOfRedis()).includes(sealed)).toBe(true);
  await requestAofRewrite(parts());
  await until(async () => !(await fileOfRedis()).includes(sealed), 'a file without it');
  expect(logged.join('')).toContain('Redis was asked to rewrite its append-only file');
});

test('once an hour at most, and what was erased in between is not forgotten', async () => {
  await requestAofRewrite(parts());
  await Promise.all([requestAofRewrite(parts()), requestAofRewrite(parts())]);
  await rewriteAofIfWanted(parts());
  expect(await rewritings()).toBe(1);
  await until(async () => /aof_rewrite_in_progress:0/.test(await redis.info('persistence')), 'its end');
  await hourPasses();
  await rewriteAofIfWanted(parts());
  expect(await rewritings()).toBe(2);
  await hourPasses();
  await rewriteAofIfWanted(parts());
  expect(await rewritings()).toBe(2);
});

test('where it is forbidden, or there is no such file, the log says so, and nothing fails', async () => {
  await redis.call('ACL', 'SETUSER', 'default', '-bgrewriteaof');
  await requestAofRewrite(parts());
  expect(logged.join('')).toContain('Redis forbids BGREWRITEAOF');
  await redis.call('ACL', 'SETUSER', 'default', '+bgrewriteaof');
  await redis.config('SET', 'appendonly', 'no');
  await hourPasses();
  await requestAofRewrite(parts());
  expect(logged.join('')).toContain('Redis keeps no append-only file to rewrite');
  expect(await rewritings()).toBe(0);
});
