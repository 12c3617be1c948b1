import { basic, type HarnessOnRedis, harnessOnRedis, PAIRS, SECRETS, signed } from './harness.js';
import { HOSTILE, PERSON } from './hostile.js';

let onRedis: HarnessOnRedis;
let queue: HarnessOnRedis['queue'];
let web: HarnessOnRedis['web'];

beforeAll(async () => {
  onRedis = await harnessOnRedis();
  ({ queue, web } = onRedis);
});
afterAll(() => onRedis.close());

test.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))('%s', async (_, hostile) => {
  const { status, json, headers } = await web.send(hostile.sent);
  expect(status).toBe(hostile.status);
  expect(headers['cache-control']).toBe('no-store');
  if (hostile.code === undefined) expect(json).toEqual(hostile.json);
  else {
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toMatchObject({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code: hostile.code,
    });
    expect(json['field']).toBe(hostile.field);
  }
  expect(await queue.jobs()).toEqual([]);
  expect((await web.send({ method: 'GET', path: '/healthz' })).json).toEqual({ status: 'ok' });
});

test('no address, secret, credential or body is in any line of the log', () => {
  expect(web.lines.filter((line) => line.includes('"msg":"request"')).length).toBeGreaterThan(HOSTILE.length);
  const log = web.lines.join('');
  const hidden = [
    PERSON,
    'jeanne',
    'unsubscribe',
    '@',
    ...SECRETS,
    ...SECRETS.map((secret) => secret.slice('whsec_'.length)),
    ...PAIRS.flatMap(({ key, secret }) => [`${key}:`, secret]),
    String(basic()['authorization']).slice('Basic '.length),
    String(signed('', {})['webhook-id']),
    'obv3/credentials',
    'passwd',
  ];
  expect(hidden.filter((word) => log.includes(word))).toEqual([]);
});

test('answers name neither software nor versions, and say which methods will do', async () => {
  const { headers } = await web.send({ method: 'PUT' });
  expect(headers['allow']).toBe('POST');
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers['server']).toBeUndefined();
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect((await web.send({ method: 'POST', path: '/healthz' })).headers['allow']).toBe('GET, HEAD');
  expect((await web.send({ body: '{}' })).headers['www-authenticate']).toContain('Basic realm=');
});
