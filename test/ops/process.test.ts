import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startSandbox } from '../../src/sandbox/server.js';
import { ownRedis } from '../support/own-redis.js';
import { openSmallFleet } from '../support/small-fleet.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

const MAIN = resolve('dist/ops/cli/main.js');

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'palier-process-'));
});
afterAll(() => rm(cwd, { recursive: true }));

/** The command as its own process, with nothing of our environment. */
const env = { PATH: process.env['PATH'] ?? '' };
const palier = (...args: string[]) =>
  new Promise<{ exit: number; out: string; err: string }>((done) => {
    execFile(process.execPath, [MAIN, ...args], { cwd, env }, (error, out, err) =>
      done({ exit: error === null ? 0 : Number(error.code), out, err }),
    );
  });

test('keygen, for a shell to put where it belongs', async () => {
  const { exit, out, err } = await palier('keygen');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(Buffer.from(out.trim(), 'base64')).toHaveLength(32);
});

test('check reads .env and config of the folder it is called in, and exits 1', async () => {
  await writeFile(join(cwd, '.env'), 'OBF_CLIENT_ID=REGION\nPORT=soixante\n');
  const { exit, out, err } = await palier('check', '--json');
  expect({ exit, err }).toEqual({ exit: 1, err: '' });
  const { checks } = JSON.parse(out) as { checks: { id: string; messages: string[] }[] };
  const text = checks.flatMap(({ messages }) => messages).join('\n');
  expect(text).toContain('PORT : un nombre entier');
  expect(text).not.toContain('OBF_CLIENT_ID : la variable manque');
  expect(text).toContain('config/scheme.yaml : le fichier n');
});

test('wrong usage exits 2', async () => {
  expect((await palier('chek')).exit).toBe(2);
});

test('a reader who leaves early is no error', async () => {
  const child = spawn(process.execPath, [MAIN, '--help'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
});

test('Ctrl-C ends a command that waits for OBF, cleanly', async () => {
  const [redis, sandbox] = await Promise.all([ownRedis(), startSandbox({ tokenEveryMs: 0 })]);
  sandbox.addClient({ id: 'REGION', secret: 'region', name: 'Région' });
  sandbox.fault({ kind: 'black-hole', route: 'GET events', times: 100 });
  const folder = await mkdtemp(join(tmpdir(), 'palier-process-'));
  await writeFile(join(folder, 'scheme.yaml'), SMALL_SCHEME);
  await writeFile(join(folder, 'partners.yaml'), SMALL_PARTNERS);
  const child = spawn(process.execPath, [MAIN, 'reconcile'], {
    cwd: folder,
    env: {
      ...env,
      REDIS_URL: redis.url,
      OBF_BASE_URL: sandbox.url,
      OBF_CLIENT_ID: 'REGION',
      OBF_CLIENT_SECRET: 'region',
      PALIER_KEY: Buffer.alloc(32, 3).toString('base64'),
      PALIER_CONFIG: folder,
      KEY_P1: 'p1',
      KEY_P2: 'p2',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  await until(() => sandbox.calls.some(({ route }) => route === 'GET events'), 'call of OBF');
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  await Promise.all([sandbox.close(), redis.stop(), rm(folder, { recursive: true })]);
  expect(errors.join('')).toMatch(/^Interrompu avant la fin/);
  expect(code).toBe(1);
});

test('npm start is web and worker in one terminal: from two notices to one issue call; it ends both', async () => {
  const redis = await ownRedis();
  const fleet = await openSmallFleet({ REDIS_URL: redis.url });
  const { sandbox } = fleet;
  try {
    const both = fleet.start('npm start');
    const url = await fleet.urlOf(both);
    for (const [clientId, badgeId] of [['P1', 'A'] as const, ['P2', 'B'] as const])
      await fleet.notify(url, sandbox.issueByHand({ clientId, badgeId, recipients: ['lou@example.org'] }));
    await until(() => sandbox.issues().length > 0, 'issue call');
    await both.stop();
    expect(sandbox.issues().map(({ badgeId, recipients }) => [badgeId, recipients])).toEqual([
      ['R1', ['lou@example.org']],
    ]);
    for (const name of ['web', 'worker'])
      expect(both.output()).toMatch(new RegExp(`\\[${name}\\] .*"msg":"stopping"`));
  } finally {
    await fleet.close();
    await redis.stop();
  }
});
