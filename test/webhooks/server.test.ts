import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '../../src/platform/logger.js';
import { asEarnerKey } from '../../src/ids.js';
import type { WebhookDeps } from '../../src/webhooks/context.js';
import { startWebhooks, type RunningWebhooks } from '../../src/webhooks/server.js';
import { createAuthenticate } from '../../src/webhooks/authenticate.js';
import { systemClock } from '../../src/platform/clock.js';
import { until } from '../support/until.js';
import { basic, eventBody, OBF, PAIRS, send } from './harness.js';

let web: RunningWebhooks;
let enqueueNotices: WebhookDeps['enqueueNotices'];
let sockets: Socket[] = [];
const lines: string[] = [];

beforeEach(async () => {
  enqueueNotices = () => Promise.resolve();
  lines.length = 0;
  web = await startWebhooks(
    {
      participants: new Set(),
      authenticate: createAuthenticate({ secrets: [], basic: PAIRS }, systemClock),
      obfBaseUrl: OBF,
      enqueueNotices: (notices) => enqueueNotices(notices),
      ready: () => Promise.reject(new TypeError('a bug, and jeanne@example.net')),
      earnerKeyOf: asEarnerKey,
      seal: (text) => text,
      log: createLogger('debug', 'web', { write: (text) => void lines.push(text) }),
    },
    0,
  );
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await web.close();
});

/** A bare connection, and all that came back on it. */
function open(): { socket: Socket; heard: () => string; closed: () => boolean } {
  const socket = connect(web.port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  let closed = false;
  socket.on('data', (part) => (text += part.toString()));
  socket.on('error', () => {});
  socket.on('close', () => (closed = true));
  return { socket, heard: () => text, closed: () => closed };
}

const AUTHORIZATION = `Authorization: ${String(basic()['authorization'])}`;
const head = (...headers: string[]): string =>
  ['POST /webhooks/obf HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join(
    '\r\n',
  );

test('an announced length over 1 MiB is refused before a byte of it comes', async () => {
  const { socket, heard } = open();
  socket.write(head('Content-Length: 2097152'));
  await until(() => heard().includes('payload_too_large'), 'answer');
  expect(heard()).toMatch(/^HTTP\/1.1 413 .*\r\nConnection: close\r\n/is);
});

test('a body without a length is refused as soon as it passes 1 MiB, not when it ends', async () => {
  const { socket, heard } = open();
  socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
  for (let at = 0; at < 17; at += 1) socket.write(chunk);
  await until(heard, 'answer');
  expect(heard()).toMatch(/^HTTP\/1.1 413 /);
});

test('a sender that never stops is cut off after its answer', async () => {
  const { socket, heard, closed } = open();
  socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
  while (!closed()) {
    if (socket.writable) socket.write(chunk);
    await pause(5);
  }
  expect(heard()).toContain('payload_too_large');
});

test('a sender that asks first is told no, or to go on', async () => {
  const body = eventBody();
  const no = open();
  no.socket.write(head('Content-Length: 2097152', 'Expect: 100-continue'));
  const unfit = open();
  unfit.socket.write(head('Content-Length: 20', 'Content-Encoding: gzip', 'Expect: 100-continue'));
  const unknown = open();
  unknown.socket.write(head('Content-Length: 20', 'Expect: 100-continue'));
  const yes = open();
  yes.socket.write(head(`Content-Length: ${body.length}`, AUTHORIZATION, 'Expect: 100-continue'));
  await until(() => yes.heard().startsWith('HTTP/1.1 100 Continue\r\n\r\n'), '100');
  yes.socket.write(body);
  await until(() => yes.heard().includes('HTTP/1.1 202'), '202');
  await until(() => [no, unfit, unknown].every(({ heard }) => heard() !== ''), 'answers');
  expect(no.heard()).toMatch(/^HTTP\/1.1 413 /);
  expect(unfit.heard()).toMatch(/^HTTP\/1.1 415 /);
  expect(unknown.heard()).toMatch(/^HTTP\/1.1 401 /);
});

test.each([
  ['no credentials', '', 401, 'credentials_missing'],
  ['wrong Basic', 'Authorization: Basic bm86bm8=', 403, 'basic_invalid'],
  ['no timestamp', 'webhook-signature: v1,abcd', 403, 'signature_invalid'],
  ['a stale timestamp', 'webhook-timestamp: 1700000000', 403, 'signature_stale'],
])('a sender with %s is refused before a byte of its body comes', async (_, header, status, code) => {
  for (const length of ['Content-Length: 1048576', 'Transfer-Encoding: chunked']) {
    const { socket, heard } = open();
    socket.write(head(length, ...(header === '' ? [] : [header])));
    await until(() => heard().includes(code), 'answer');
    expect(heard()).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\nConnection: close\r\n`, 'is'));
  }
});

test('33 bodies of 1 MiB at once are one too many, told with Retry-After; small ones pass', async () => {
  const large = Array.from({ length: 33 }, () => open());
  for (const { socket } of large) socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
  const answered = () => large.filter(({ heard }) => heard() !== '');
  await until(() => answered().length === 1, '503');
  expect(answered()[0]?.heard()).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 10\r\n.*"too_busy"/is);
  const small = (): Promise<{ status: number }> => send(web.port, { body: eventBody(), headers: basic() });
  expect((await small()).status).toBe(202);
  for (const { socket } of large) socket.destroy();
  const again = () => send(web.port, { body: Buffer.alloc(1_000_000, ' '), headers: basic() });
  await until(async () => (await again()).status === 400, 'room');
});

test('200,000 chunks of one byte are one body', async () => {
  const { socket, heard } = open();
  const body = eventBody();
  socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
  for (const byte of Buffer.from(body)) socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
  socket.write(Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from('1\r\n \r\n'))));
  socket.write('0\r\n\r\n');
  await until(heard, 'answer');
  expect(heard()).toContain('unknown_client');
});

test('a sender that leaves in the middle of its body harms nobody', async () => {
  const { socket } = open();
  socket.write(head('Content-Length: 100', AUTHORIZATION) + '{"type"', () => socket.destroy());
  await until(() => lines.some((line) => line.includes('request_aborted')), 'line');
  expect((await send(web.port, { method: 'GET', path: '/healthz' })).status).toBe(200);
});

test('headers over 8 kB are refused', async () => {
  const { socket, heard } = open();
  socket.write(head(`X-Long: ${'a'.repeat(9000)}`));
  await until(heard, 'answer');
  expect(heard()).toMatch(/^HTTP\/1.1 431 /);
});

test('an error nobody foresaw is a 500 that says nothing of it', async () => {
  const { status, json, text } = await send(web.port, { method: 'GET', path: '/readyz' });
  expect([status, json['code']]).toEqual([500, 'internal']);
  expect(text).not.toContain('bug');
  expect(lines.join('')).toContain('a bug, and [address]');
});

test('closing waits for what is under way, and takes no more', async () => {
  let store: () => void = () => {};
  enqueueNotices = () => new Promise((resolve) => (store = resolve));
  const body = JSON.stringify({ 'a@b.fr': [`${OBF}/1`] });
  const idle = open();
  idle.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => idle.heard().includes('"ok"'), 'answer on a connection that is kept');
  const underWay = send(web.port, { body, headers: { ...basic(), connection: 'keep-alive' } });
  const before = store;
  await until(() => store !== before, 'request under way');
  const closed = web.close();
  await until(idle.closed, 'end of the idle connection');
  await expect(send(web.port, { method: 'GET', path: '/healthz' })).rejects.toThrow(/ECONNREFUSED/);
  store();
  expect((await underWay).status).toBe(202);
  await closed;
});

test('a port that is taken is an error at once', async () => {
  await expect(
    startWebhooks(
      { participants: new Set(), log: createLogger('silent', 'web') } as unknown as WebhookDeps,
      web.port,
    ),
  ).rejects.toThrow(/EADDRINUSE/);
});
