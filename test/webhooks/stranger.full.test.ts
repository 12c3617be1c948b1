import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { until } from '../support/until.js';
import { eventBody, patiently, SECRETS, send, signed } from './harness.js';

const CONNECTIONS = 1000;
const MIB = 1024 * 1024;
const BODY = Buffer.alloc(MIB, ' ');
/** What a small container holds. */
const MEMORY = 256 * MIB;

let redis: OwnRedis;
let web: ChildProcess;
let port: number;
let strangers: Socket[] = [];

beforeEach(async () => {
  redis = await ownRedis();
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    REDIS_URL: redis.url,
    OBF_CLIENT_ID: 'region',
    OBF_CLIENT_SECRET: 'apisecret',
    WEBHOOK_SECRETS: SECRETS.join(','),
    PALIER_KEY: Buffer.alloc(32, 5).toString('base64'),
    PALIER_CONFIG: resolve('config'),
    LOG_LEVEL: 'info',
  };
  let said = '';
  web = spawn(process.execPath, ['--max-old-space-size=96', resolve('dist/webhooks/main.js')], {
    cwd: resolve('test/webhooks'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  web.stdout?.on('data', (part) => (said = said.length < 10_000 ? said + String(part) : said));
  port = await until(() => Number(/"port":(\d+).*"msg":"web started"/.exec(said)?.[1] ?? 0), 'web');
  // It listens before it knows its Redis, and answers 503 until then.
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, 'web that is ready');
});
afterEach(async () => {
  for (const socket of strangers) socket.destroy();
  strangers = [];
  if (web.exitCode === null && web.signalCode === null) {
    web.kill('SIGKILL');
    await once(web, 'exit');
  }
  await redis.stop();
});

/** Bytes of the process that are in memory, now or at most so far. Only Linux tells. */
const memory = (what: 'VmRSS' | 'VmHWM'): number => {
  const file = `/proc/${web.pid}/status`;
  const [, kB] =
    new RegExp(`${what}:\\s+(\\d+) kB`).exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  return Number(kB ?? 0) * 1024;
};

/** A connection that promises 1 MiB, sends all but its last byte, and what it was answered. */
function stranger(headers: readonly string[]): { readonly status: () => string } {
  const socket = connect(port, '127.0.0.1');
  strangers.push(socket);
  let heard = '';
  socket.on('data', (part) => (heard += part.toString()));
  socket.on('error', () => {});
  const head = ['POST /webhooks/obf HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${MIB}\r\n\r\n`);
  socket.write(BODY.subarray(1));
  return { status: () => /^HTTP\/1.1 (\d+)/.exec(heard)?.[1] ?? '' };
}

/** A signed notice's status. */
async function notice(eventId: string): Promise<number> {
  const body = eventBody('region', eventId);
  return (await patiently(() => send(port, { body, headers: signed(body) }))).status;
}

/** Of now: the test before it may take minutes. */
const forged = () => [
  'webhook-id: msg_1',
  `webhook-timestamp: ${Math.floor(Date.now() / 1000)}`,
  `webhook-signature: v1,${Buffer.alloc(32).toString('base64')}`,
];

test.each([
  ['no credentials', () => [], ['401']],
  // All that headers can show is right: a few bodies are awaited until their time is up, the others refused.
  ['a forged signature', forged, ['', '408', '503']],
] as const)(
  '1 000 connections of 1 MiB with %s: notices are taken, and the memory is that of a small container',
  async (_, headers, allowed) => {
    expect(await notice('before')).toBe(202);
    const before = memory('VmRSS');
    const sent = headers();
    const all = Array.from({ length: CONNECTIONS }, () => stranger(sent));
    for (let at = 0; at < 20; at += 1) expect(await notice(`meanwhile-${at}`)).toBe(202);
    const isSettled = (): boolean => all.filter(({ status }) => status() !== '').length >= CONNECTIONS - 32;
    await until(isSettled, 'answers', 60_000);
    expect(memory('VmHWM')).toBeLessThan(MEMORY);
    const seen = new Set(all.map(({ status }) => status()));
    expect(allowed).toEqual(expect.arrayContaining([...seen]));
    expect(seen).toContain(allowed.at(-1));
    expect(await notice('after')).toBe(202);
    for (const socket of strangers) socket.destroy();
    // Back to where it was, but for what V8 and malloc keep for later: three times what all bodies may take.
    // A process without work collects nothing: notices go on coming.
    const isBack = async (): Promise<boolean> =>
      (await notice(`later-${Date.now()}`)) === 202 && memory('VmRSS') < before + 96 * MIB;
    await until(
      isBack,
      `memory back (${Math.round(before / MIB)} MiB before, ${Math.round(memory('VmRSS') / MIB)} after)`,
      90_000,
    );
    expect(web.exitCode).toBeNull();
  },
  240_000,
);
