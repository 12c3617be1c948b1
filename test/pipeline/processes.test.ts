import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../src/sandbox/server.js';
import type { Sandbox } from '../../src/sandbox/types.js';
import { postNotice, signedNotice } from '../../src/sandbox/webhooks.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { startLine, type RunningProcess } from '../support/processes.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** `web` and two `worker` processes, as the Procfile has them, before the sandbox, with OBF's own limits. */
let redis: OwnRedis;
let sandbox: Sandbox;
let configDir: string;
let env: Record<string, string>;
const hook = `whsec_${randomBytes(32).toString('base64')}`;
const running: RunningProcess[] = [];

beforeAll(async () => {
  [redis, sandbox, configDir] = await Promise.all([
    ownRedis(),
    startSandbox({ maxRps: 10 }),
    mkdtemp(join(tmpdir(), 'palier-test-')),
  ]);
  await writeFile(join(configDir, 'scheme.yaml'), SMALL_SCHEME);
  await writeFile(join(configDir, 'partners.yaml'), SMALL_PARTNERS);
  for (const id of ['REGION', 'P1', 'P2']) sandbox.addClient({ id, secret: `${id}_key`, name: id });
  for (const [clientId, id] of [
    ['REGION', 'R1'],
    ['REGION', 'R2'],
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    sandbox.addBadge({ clientId, id, name: id });
  env = {
    REDIS_URL: redis.url,
    PORT: '0',
    OBF_BASE_URL: sandbox.url,
    OBF_CLIENT_ID: 'REGION',
    OBF_CLIENT_SECRET: 'REGION_key',
    KEY_P1: 'P1_key',
    KEY_P2: 'P2_key',
    WEBHOOK_SECRETS: hook,
    PALIER_KEY: randomBytes(32).toString('base64'),
    PALIER_CONFIG: configDir,
    LOG_LEVEL: 'debug',
  };
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await sandbox.close();
  await redis.stop();
  await rm(configDir, { recursive: true, force: true });
});

const start = (name: string, more: Record<string, string> = {}): RunningProcess => {
  const one = startLine(name, { ...env, ...more });
  running.push(one);
  return one;
};

async function portOf(web: RunningProcess): Promise<number> {
  const line = await until(
    () => /"port":(\d+)[^\n]*"msg":"web started"/.exec(web.output()),
    'port of the web process',
  );
  return Number(line[1]);
}

test('one class of 200, two badges told twice at the same moment: 200 awards, none twice, all stop cleanly', async () => {
  const web = start('web');
  const workers = [start('worker'), start('worker')];
  const url = `http://127.0.0.1:${await portOf(web)}/webhooks/obf`;
  const pupils = Array.from({ length: 200 }, (_, at) => `eleve.${at}@example.org`);
  const events = [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
    sandbox.issueByHand({ clientId, badgeId, recipients: pupils }),
  );
  const notices = events.map(({ id, clientId }) =>
    signedNotice(hook, { type: 'badge.issued', client_id: clientId, event_id: id }, Date.now),
  );
  const statuses = await Promise.all([...notices, ...notices].map((notice) => postNotice(url, notice)));
  expect(statuses).toEqual([202, 202, 202, 202]);
  await until(
    () => sandbox.issues().flatMap(({ recipients }) => recipients).length >= 200,
    '200 awards',
    60_000,
  );
  const codes = await Promise.all([web, ...workers].map((one) => one.stop()));
  expect(codes).toEqual([0, 0, 0]);
  const awarded = sandbox
    .issues()
    .flatMap(({ badgeId, recipients }) => recipients.map((who) => `${badgeId} ${who}`));
  expect(awarded.toSorted()).toEqual(pupils.map((pupil) => `R1 ${pupil}`).toSorted());
  expect(sandbox.calls.filter(({ status }) => status === 429)).toEqual([]);
  expect([web, ...workers].map((one) => one.output()).join('')).not.toMatch(/@|eleve\./);
}, 120_000);

test.each([
  ['web', 'PALIER_KEY', { PALIER_KEY: 'short', OBF_MAX_RPS: 'many' }, ['PALIER_KEY', 'OBF_MAX_RPS']],
  ['worker', 'a partner key', { KEY_P1: '' }, ['KEY_P1']],
  ['worker', 'the scheme', { PALIER_CONFIG: 'test/no-such-folder' }, ['test/no-such-folder']],
])('%s with a fault in %s says which, and does not start', async (name, _what, more, said) => {
  const one = start(name, more);
  await until(() => one.child.exitCode !== null, 'end of the process', 60_000);
  expect(one.child.exitCode).toBe(1);
  for (const words of said) expect(one.output()).toContain(words);
});
