import axios from 'axios';
import { until } from '../support/until.js';
import { openBench, secretOf, type Bench } from './bench.js';

let bench: Bench;
let nowMs = 1_740_960_000_000;
afterEach(() => bench.sandbox.close());

const ping = (clientId = 'P1') => bench.get(`/v2/client/${clientId}/ping`, clientId);

const pingWith = (token: string, clientId = 'P1'): Promise<number> =>
  axios
    .get(`${bench.sandbox.url}/v2/client/${clientId}/ping`, {
      headers: { Authorization: `Bearer ${token}`, Connection: 'close' },
      validateStatus: () => true,
    })
    .then(({ status }) => status);

describe('tokens', () => {
  beforeEach(async () => {
    bench = await openBench({ clock: () => nowMs });
  });

  test('one per client every ten seconds; earlier ones stay good', async () => {
    const first = await bench.askToken('P1');
    expect(first.data).toEqual({
      access_token: expect.any(String),
      expires_in: 3600,
      token_type: 'Bearer',
    });
    const soon = await bench.askToken('P1');
    expect([soon.status, soon.data.error, soon.headers['retry-after']]).toEqual([
      429,
      'Too Many Requests',
      '10',
    ]);
    expect((await bench.askToken('R')).status).toBe(200);
    nowMs += 10_000;
    const second = await bench.askToken('P1');
    for (const { data } of [first, second]) expect(await pingWith(data.access_token)).toBe(200);
  });

  test('by HTTP Basic too', async () => {
    const { status } = await axios.post(
      `${bench.sandbox.url}/v2/client/oauth2/token`,
      'grant_type=client_credentials',
      { auth: { username: 'P1', password: secretOf('P1') }, headers: { Connection: 'close' } },
    );
    expect(status).toBe(200);
  });

  test.each([
    ['a wrong secret', () => bench.askToken('P1', 'wrong'), 403],
    ['an unknown client', () => bench.askToken('P9'), 403],
    ['another grant', () => bench.post('/v2/client/oauth2/token', 'grant_type=password'), 400],
    ['JSON without the grant', () => bench.post('/v2/client/oauth2/token', { client_id: 'P1' }), 400],
  ])('%s is refused, and costs no token', async (_name, ask, expected) => {
    const { status, data } = await ask();
    expect([status, typeof data.error]).toEqual([expected, 'string']);
    expect((await bench.askToken('P1')).status).toBe(200);
  });

  test('an expired token, an unknown one, none, and one of another client are forbidden', async () => {
    const { access_token } = (await bench.askToken('P1')).data;
    expect(await pingWith('unknown')).toBe(403);
    expect(await pingWith(access_token, 'R')).toBe(403);
    expect((await bench.get('/v2/client/P1/ping')).data).toBe('403 Forbidden');
    nowMs += 3_599_000;
    expect(await pingWith(access_token)).toBe(200);
    nowMs += 1000;
    expect(await pingWith(access_token)).toBe(403);
  });
});

describe('rate', () => {
  test('ten calls per client in any second; the eleventh is told to wait, and others are let in', async () => {
    bench = await openBench({ clock: () => nowMs });
    await ping();
    const statuses = await Promise.all(Array.from({ length: 11 }, () => ping().then(({ status }) => status)));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 9 }, () => 200), 429, 429]);
    const refused = await ping();
    expect([refused.status, refused.data.error, refused.headers['retry-after']]).toEqual([
      429,
      'Too Many Requests',
      '1',
    ]);
    expect((await ping('R')).status).toBe(200);
    nowMs += 1000;
    expect((await ping()).status).toBe(200);
  });

  test('a clock that stands still does not hold the limit for ever', async () => {
    bench = await openBench({ clock: () => 0, maxRps: 1 });
    await ping();
    expect((await ping()).status).toBe(429);
    await until(async () => (await ping()).status === 200, 'call let in again');
  });

  test('none, when asked for', async () => {
    bench = await openBench({ maxRps: null });
    await ping();
    const statuses = await Promise.all(Array.from({ length: 50 }, () => ping().then(({ status }) => status)));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
