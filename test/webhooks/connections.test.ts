import { connect } from 'node:net';
import { asClientId, asEarnerKey } from '../../src/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { createLogger } from '../../src/platform/logger.js';
import { startWebhooks, type RunningWebhooks } from '../../src/webhooks/server.js';
import { createAuthenticate } from '../../src/webhooks/authenticate.js';
import { until } from '../support/until.js';
import { eventBody, OBF, SECRETS, send, signed, type Sent } from './harness.js';

let web: RunningWebhooks;
beforeAll(async () => {
  const deps = {
    participants: new Set([asClientId('P1')]),
    authenticate: createAuthenticate({ secrets: SECRETS, basic: [] }, systemClock),
    obfBaseUrl: OBF,
    enqueueNotices: async () => {},
    ready: async () => null,
    earnerKeyOf: asEarnerKey,
    seal: (text: string) => text,
    log: createLogger('silent', 'web'),
  };
  web = await startWebhooks(deps, 0);
});
afterAll(() => web.close());

const notice = (clientId: string): Sent => {
  const body = eventBody(clientId);
  return { body, headers: { ...signed(body), 'x-request-id': 'ours' } };
};

test("an accepted and an ignored notice have the same headers, helmet's among them", async () => {
  const [accepted, ignored] = [await send(web.port, notice('P1')), await send(web.port, notice('stranger'))];
  expect([accepted.json, ignored.json['status']]).toEqual([{ status: 'accepted' }, 'ignored']);
  const same = (headers: object): object => ({ ...headers, 'content-length': null, date: null });
  expect(same(accepted.headers)).toEqual(same(ignored.headers));
  expect(accepted.headers['content-length']).toBe(String(accepted.text.length));
  expect(accepted.headers['content-security-policy']).toContain("default-src 'self'");
});

/** All that comes back on one connection, until it is closed or `answers` have come. */
async function talk(text: string, answers: number): Promise<string> {
  const socket = connect(web.port, '127.0.0.1');
  let heard = '';
  let closed = false;
  socket.on('data', (part) => (heard += part.toString()));
  socket.on('close', () => (closed = true));
  socket.write(text);
  await until(() => closed || heard.split('HTTP/1.1 202').length > answers, 'answers');
  if (closed) heard += '(closed)';
  socket.destroy();
  return heard;
}

function requestOf(id: string, version = 'HTTP/1.1', ...more: string[]): string {
  const body = eventBody();
  const headers = Object.entries(signed(body)).map(([name, value]) => `${name}: ${String(value)}`);
  const first = [`POST /webhooks/obf ${version}`, 'Host: x', 'Content-Type: application/json'];
  const length = `Content-Length: ${body.length}`;
  return [...first, length, `X-Request-Id: ${id}`, ...headers, ...more, '', body].join('\r\n');
}

test('requests sent one behind the other without waiting are answered in their order', async () => {
  const heard = await talk(['a', 'b', 'c'].map((id) => requestOf(id)).join(''), 3);
  expect([...heard.matchAll(/X-Request-Id: (\w)/g)].map(([, id]) => id)).toEqual(['a', 'b', 'c']);
  expect(heard.match(/\r\n\r\n\{"status":"accepted"\}/g)).toHaveLength(3);
});

test.each([
  ['of HTTP/1.0', requestOf('a', 'HTTP/1.0')],
  ['who asks for it', requestOf('a', 'HTTP/1.1', 'Connection: close')],
])('the connection of a sender %s is closed behind the answer', async (_, text) => {
  const heard = await talk(text, 2);
  expect(heard).toContain('Connection: close');
  expect(heard).toMatch(/\r\n\r\n\{"status":"accepted"\}\(closed\)$/);
});
