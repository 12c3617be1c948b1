import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisGroup } from '../../src/sandbox/redis/group.js';
import { startSandbox } from '../../src/sandbox/server.js';
import type { Sandbox } from '../../src/sandbox/types.js';
import { postNotice, signedNotice } from '../../src/sandbox/webhooks.js';
import { ownGroup } from '../support/own-group.js';
import { startLine, type RunningProcess } from '../support/processes.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** Two `web` and three `worker` processes on a cluster: OBF's rate, its token and its pause are theirs together. */
const MAX_RPS = 8;
const PAUSE_S = 5;
const WORKERS = 3;
/** Notices that one worker has in hand at a time (`CONCURRENCY` of src/workers/start.ts). */
const IN_HAND = 8;
/** The event, and its recipients. */
const CALLS_EACH = 2;
const hook = `whsec_${randomBytes(32).toString('base64')}`;

let group: RedisGroup;
let sandbox: Sandbox;
let configDir: string;
const running: RunningProcess[] = [];

beforeAll(async () => {
  [group, sandbox, configDir] = await Promise.all([
    ownGroup('cluster'),
    startSandbox({ maxRps: MAX_RPS + 2 }),
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
}, 60_000);
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await sandbox.close();
  await group.stop();
  await rm(configDir, { recursive: true, force: true });
});

function start(name: 'web' | 'worker'): RunningProcess {
  const one = startLine(name, {
    REDIS_URL: group.url,
    PORT: '0',
    OBF_BASE_URL: sandbox.url,
    OBF_CLIENT_ID: 'REGION',
    OBF_CLIENT_SECRET: 'REGION_key',
    OBF_MAX_RPS: String(MAX_RPS),
    KEY_P1: 'P1_key',
    KEY_P2: 'P2_key',
    WEBHOOK_SECRETS: hook,
    PALIER_KEY: Buffer.alloc(32, 5).toString('base64'),
    PALIER_CONFIG: configDir,
    NODE_ENV: 'production',
  });
  running.push(one);
  return one;
}

async function urlOf(web: RunningProcess): Promise<string> {
  const started = (): RegExpExecArray | null => /"port":(\d+)[^\n]*"msg":"web started"/.exec(web.output());
  const line = await until(started, 'port of the web process', 30_000);
  return `http://127.0.0.1:${line[1] ?? ''}/webhooks/obf`;
}

const callsOf = (route: string, clientId: string) =>
  sandbox.calls.filter((call) => call.route === route && call.clientId === clientId);

test('forty events through two doors, three workers: one rate, one token a client, one badge a person', async () => {
  const urls = await Promise.all([start('web'), start('web')].map(urlOf));
  for (let worker = 0; worker < WORKERS; worker += 1) start('worker');
  const people = Array.from({ length: 20 }, (_, at) => `personne.${at}@example.org`);
  sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 429, retryAfterS: PAUSE_S });
  const events = people.flatMap((who) =>
    [['P1', 'A'] as const, ['P2', 'B'] as const].map(([clientId, badgeId]) =>
      sandbox.issueByHand({ clientId, badgeId, recipients: [who] }),
    ),
  );
  const statuses = await Promise.all(
    events.map(({ id, clientId }, at) => {
      const content = { type: 'badge.issued', client_id: clientId, event_id: id };
      return postNotice(urls[at % 2] ?? '', signedNotice(hook, content, Date.now));
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([202]));
  const given = (): string[] => sandbox.issues().flatMap(({ recipients }) => [...recipients]);
  await until(() => given().length >= people.length, 'awards', 60_000);
  expect(await Promise.all(running.map((one) => one.stop()))).toEqual([0, 0, 0, 0, 0]);

  expect(given().toSorted()).toEqual(people.toSorted());
  // The one that was ordered: nobody was too quick.
  expect(sandbox.calls.filter(({ status }) => status === 429)).toHaveLength(1);
  for (const clientId of ['REGION', 'P1', 'P2']) expect(callsOf('POST token', clientId)).toHaveLength(1);
  // One was told to wait for five seconds, in which all forty would have been read at that rate: all wait, but for
  // the notices that each worker had in hand.
  const [throttled] = sandbox.calls.filter(({ status }) => status === 429);
  const untilMs = (throttled?.atMs ?? 0) + PAUSE_S * 1000;
  const isRead = (call: (typeof sandbox.calls)[number]): boolean =>
    call.clientId !== 'REGION' && call.route.startsWith('GET') && call.atMs > (throttled?.atMs ?? 0);
  const read = sandbox.calls.filter(isRead);
  expect(read.filter(({ atMs }) => atMs < untilMs - 100).length).toBeLessThanOrEqual(
    WORKERS * IN_HAND * CALLS_EACH,
  );
  expect(read.filter(({ atMs }) => atMs >= untilMs - 100).length).toBeGreaterThan(0);
}, 120_000);
