import { asEarnerKey } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import type { WebhookDeps } from '../../src/webhooks/context.js';
import { startWebhooks, type RunningWebhooks } from '../../src/webhooks/server.js';
import { Problem } from '../../src/webhooks/problems.js';
import { send, type Answer } from '../webhooks/harness.js';

const TOKEN = 'a-token/of.44~characters+that=nobody-guesses';
const TEXT = '# HELP palier_flags é\n# TYPE palier_flags gauge\npalier_flags 1\n';
const lines: string[] = [];
let web: RunningWebhooks;
let read: () => Promise<string>;

async function serve(metrics: WebhookDeps['metrics'] | null): Promise<void> {
  web = await startWebhooks(
    {
      participants: new Set(),
      authenticate: () => new Problem('credentials_missing'),
      obfBaseUrl: 'https://obf.example.org',
      enqueueNotices: () => Promise.resolve(),
      ready: () => Promise.resolve(null),
      earnerKeyOf: asEarnerKey,
      seal: (text) => text,
      log: createLogger('debug', 'web', { write: (text) => void lines.push(text) }),
      ...(metrics === null || metrics === undefined ? {} : { metrics }),
    },
    0,
  );
}
beforeEach(() => {
  lines.length = 0;
  read = () => Promise.resolve(TEXT);
});
afterEach(() => web.close());

const meter = { count() {}, time() {}, mark() {}, flush: () => Promise.resolve() };
const withToken = () => serve({ token: TOKEN, read: () => read(), meter });
/** The body is no JSON where it is good. */
const get = async (authorization?: string, method = 'GET'): Promise<Omit<Answer, 'json'>> => {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(`http://127.0.0.1:${web.port}/metrics`, { method, headers });
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    text: await answer.text(),
  };
};

test('whoever holds the token is told, as Prometheus reads it', async () => {
  await withToken();
  const { status, headers, text } = await get(`Bearer ${TOKEN}`);
  expect([status, text]).toEqual([200, TEXT]);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(headers['cache-control']).toBe('no-store');
  expect(await get(`bearer  ${TOKEN} `)).toMatchObject({ status: 200 });
  expect(await get(`Bearer ${TOKEN}`, 'HEAD')).toMatchObject({ status: 200, text: '' });
});

test.each([
  ['nothing', undefined],
  ['an empty word', ''],
  ['no token', 'Bearer'],
  ['another', `Bearer ${TOKEN.slice(0, -1)}x`],
  ['a part of it', `Bearer ${TOKEN.slice(0, -1)}`],
  ['more than it', `Bearer ${TOKEN}x`],
  ['two', `Bearer ${TOKEN} ${TOKEN}`],
  ['it as Basic', `Basic ${Buffer.from(TOKEN).toString('base64')}`],
  ['it alone', TOKEN],
])('who sends %s is not', async (_, authorization) => {
  read = () => Promise.reject(new Error('was read all the same'));
  await withToken();
  const { status, headers, text } = await get(authorization);
  expect([status, JSON.parse(text)]).toEqual([401, expect.objectContaining({ code: 'token_invalid' })]);
  expect(headers['www-authenticate']).toBe('Bearer realm="Palier"');
  expect(text + lines.join('')).not.toContain(TOKEN.slice(0, 20));
});

test('another method is told which will do', async () => {
  await withToken();
  expect(await get(`Bearer ${TOKEN}`, 'POST')).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD' },
  });
});

test('where there is no token, nothing shows that there could be one, whatever is asked', async () => {
  await serve(null);
  for (const method of ['GET', 'POST', 'DELETE']) {
    const { status, text, headers } = await get('Bearer x', method);
    expect([status, headers['allow'], headers['www-authenticate']]).toEqual([404, undefined, undefined]);
    expect(text).toBe((await send(web.port, { method: 'GET', path: '/nowhere' })).text);
  }
});

test('figures that cannot be read are a 503 in words, and the reason is in the log alone', async () => {
  read = () => Promise.reject(new Error('Redis is frozen'));
  await withToken();
  const { status, headers, text } = await get(`Bearer ${TOKEN}`);
  expect([status, headers['retry-after']]).toEqual([503, '10']);
  expect(text).toContain('metrics_unavailable');
  expect(text).not.toContain('frozen');
  expect(lines.join('')).toContain('Redis is frozen');
});

test('a scrape every few seconds is no news', async () => {
  await withToken();
  await get(`Bearer ${TOKEN}`);
  await get('Bearer wrong');
  const said = lines.map((line) => JSON.parse(line) as { level: number; status: number; route: string });
  expect(said.map(({ level, status, route }) => [route, status, level])).toEqual([
    ['metrics', 200, 20],
    ['metrics', 401, 30],
  ]);
});
