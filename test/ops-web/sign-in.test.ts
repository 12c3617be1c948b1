import { randomBytes } from 'node:crypto';
import { everythingIn } from '../support/everything.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { openBrowser, signedIn, signIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { openWeb, type Web, type WebOptions } from './support/web.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let redis: TestRedis;
let options: WebOptions;
let nowMs: number;
let webs: Web[];

const open = async (more: Partial<WebOptions> = {}): Promise<Web> => {
  const web = await openWeb({ ...options, ...more });
  webs.push(web);
  return web;
};

beforeEach(async () => {
  redis = await testRedis();
  nowMs = Date.now();
  webs = [];
  options = { redis: redis.address, prefix: redis.prefix, clock: () => nowMs };
});
afterEach(async () => {
  await Promise.all(webs.map((web) => web.close()));
  await redis.close();
});

test('whoever is not signed in is asked to, and arrives where they wanted to go', async () => {
  const web = await open();
  const browser = openBrowser(web.origin);
  const asked = await browser.get('/ops?page=2');
  expect([asked.status, asked.location]).toEqual([303, '/ops/connexion?suite=%2Fops%3Fpage%3D2']);
  const form = await browser.follow(asked);
  expect([form.status, form.html.includes('name="password"')]).toEqual([200, true]);
  const suite = /name="suite" value="([^"]+)"/.exec(form.html)?.[1] ?? '';
  const entered = await browser.post('/ops/connexion', {
    name: ' marie ',
    password: OPERATOR.password,
    suite,
  });
  expect([entered.status, entered.location]).toEqual([303, '/ops?page=2']);
  const home = await browser.follow(entered);
  expect(home.html).toContain('marie (opérateur)');
  expect((await browser.get('/ops/connexion')).location).toBe('/ops');
});

test.each([
  ['//evil.example'],
  ['https://evil.example/ops'],
  ['/ops/../..\\evil'],
  ['/opsx'],
  ['javascript:alert(1)'],
  ['/ops\r\nSet-Cookie: a=b'],
])('signing in leads to a page of ours, not to %j', async (suite) => {
  const browser = openBrowser((await open()).origin);
  await browser.get(`/ops/connexion?suite=${encodeURIComponent(suite)}`);
  const { name, password } = OPERATOR;
  expect((await browser.post('/ops/connexion', { name, password, suite })).location).toBe('/ops');
});

test('the cookie is what it must be, and Redis tells no name', async () => {
  const browser = openBrowser((await open()).origin);
  const { headers } = await signIn(browser, OPERATOR);
  const [line = ''] = (headers['set-cookie'] ?? []).filter((one) => one.startsWith('palier_session='));
  expect(line).toMatch(
    /^palier_session=[\w-]{43}\.[\w-]{22}; Max-Age=43200; Path=\/ops; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
  );
  const id = /=([\w-]{43})\./.exec(line)?.[1] ?? '';
  expect(await redis.connection.pttl(`${redis.dataPrefix}:session:{${id}}`)).toBeGreaterThan(29 * MINUTE_MS);
  expect(await everythingIn(redis.url, redis.prefix)).not.toMatch(/marie/i);
});

test('behind TLS, as the proxy says, every cookie is Secure', async () => {
  const browser = openBrowser((await open()).origin);
  const tls = { 'x-forwarded-proto': 'https' };
  await browser.get('/ops/connexion?lang=fr', tls);
  const { name, password } = OPERATOR;
  const { headers } = await browser.post('/ops/connexion', { name, password }, tls);
  const cookies = headers['set-cookie'] ?? [];
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies)
    expect(cookie).toMatch(/^__Host-palier_\w+=[^;]+; Max-Age=\d+; Path=\/; .*; HttpOnly; Secure; SameSite=/);
});

test('where the public address is https, every cookie is of this host alone and Secure, whatever the proxy says', async () => {
  const ops = { ...OPS_SETTINGS.ops, publicUrl: 'https://palier.example', trustProxy: 0 };
  const browser = openBrowser((await open({ settings: { ...OPS_SETTINGS, ops } })).origin);
  const form = await browser.get('/ops/connexion?lang=fr');
  expect(form.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  const { name, password } = OPERATOR;
  const { headers } = await browser.post('/ops/connexion', { name, password });
  const cookies = [...(form.headers['set-cookie'] ?? []), ...(headers['set-cookie'] ?? [])];
  expect(cookies.map((one) => one.split('=', 1)[0])).toEqual([
    '__Host-palier_lang',
    '__Host-palier_session',
    '__Host-palier_known',
  ]);
  for (const cookie of cookies) expect(cookie).toMatch(/; Path=\/; .*; HttpOnly; Secure; SameSite=/);
  expect((await browser.get('/ops')).html).toContain('marie (opérateur)');
  // A neighbour of our domain can set a cookie of the plain name: it opens nothing.
  const session = browser.cookies.get('__Host-palier_session') ?? '';
  const planted = openBrowser(webs.at(-1)?.origin ?? '');
  planted.cookies.set('palier_session', session);
  expect((await planted.get('/ops')).status).toBe(303);
});

test('an unknown name and a wrong password are answered alike, and the log knows no more than it may', async () => {
  const web = await open();
  const answers = [];
  for (const [name, password] of [
    ['Marie', 'faux'],
    ['jeanne@example.fr', OPERATOR.password],
    ['Jean', OPERATOR.password],
    ['nobody', OPERATOR.password],
  ] as const) {
    const browser = openBrowser(web.origin);
    await browser.get('/ops/connexion');
    const { status, html } = await browser.post('/ops/connexion', { name, password });
    expect(html).not.toContain(password);
    expect(html).toContain('<title>Erreur : Connexion');
    answers.push([status, html.replace(/value="[^"]*"/g, '').replace(/<code>.*?<\/code>/, '')]);
    expect(browser.cookies.has('palier_session')).toBe(false);
  }
  expect(new Set(answers.map(String)).size).toBe(1);
  expect(answers[0]?.[0]).toBe(403);
  const log = web.lines.join('');
  expect(log.match(/"user":"marie","via":"password","msg":"ops sign-in refused"/g)).toHaveLength(1);
  expect(log.match(/"user":null,"via":"password","msg":"ops sign-in refused"/g)).toHaveLength(2);
  expect(log).not.toMatch(/jeanne|faux|mot de passe d/);
});

test('a session begins anew with each sign-in, and the one before ends', async () => {
  const web = await open();
  const browser = await signedIn(web.origin, OPERATOR);
  const before = browser.cookies.get('palier_session') ?? '';
  // Signed in already, and yet the form is sent, as from a tab that was open.
  await browser.get('/ops/connexion', { cookie: '' });
  const { name, password } = READER;
  await browser.post('/ops/connexion', { name, password });
  expect(browser.cookies.get('palier_session')).not.toBe(before);
  expect((await browser.get('/ops')).html).toContain('jean (lecture)');
  browser.cookies.set('palier_session', before);
  expect((await browser.get('/ops')).status).toBe(303);
});

test('a session that somebody planted in the browser is not the one that is signed in', async () => {
  const web = await open();
  const thief = await signedIn(web.origin, READER);
  const planted = thief.cookies.get('palier_session') ?? '';
  const browser = openBrowser(web.origin);
  browser.cookies.set('palier_session', planted);
  await browser.get('/ops/connexion', { cookie: '' });
  const { name, password } = OPERATOR;
  await browser.post('/ops/connexion', { name, password });
  expect(browser.cookies.get('palier_session')).not.toBe(planted);
  expect((await thief.get('/ops')).status).toBe(303);
});

test('after twelve hours, however busy, the session has ended', async () => {
  const browser = await signedIn((await open()).origin, OPERATOR);
  nowMs += 12 * HOUR_MS - 1000;
  expect((await browser.get('/ops')).status).toBe(200);
  nowMs += 1000;
  expect((await browser.get('/ops')).status).toBe(303);
  expect((await browser.post('/ops/deconnexion')).status).toBe(403);
});

test('a session ends after thirty idle minutes, and each request begins them anew', async () => {
  const browser = await signedIn((await open()).origin, OPERATOR);
  const id = (browser.cookies.get('palier_session') ?? '').slice(0, 43);
  const key = `${redis.dataPrefix}:session:{${id}}`;
  const leftMs = (): Promise<number> => redis.connection.pttl(key);
  expect(await leftMs()).toBeLessThanOrEqual(30 * MINUTE_MS);
  // As after 29 minutes.
  await redis.connection.pexpire(key, MINUTE_MS);
  expect((await browser.get('/ops')).status).toBe(200);
  expect(await leftMs()).toBeGreaterThan(29 * MINUTE_MS);
  // Towards the twelve hours they are cut short.
  nowMs += 12 * HOUR_MS - 10 * MINUTE_MS;
  expect((await browser.get('/ops')).status).toBe(200);
  expect(await leftMs()).toBeLessThanOrEqual(10 * MINUTE_MS);
  await redis.connection.pexpire(key, 1);
  await until(async () => (await redis.connection.exists(key)) === 0, 'the end of the session');
  expect((await browser.get('/ops')).status).toBe(303);
});

test('signing out ends the session: the old cookie opens nothing', async () => {
  const web = await open();
  const browser = await signedIn(web.origin, OPERATOR);
  const cookie = browser.cookies.get('palier_session') ?? '';
  const out = await browser.post('/ops/deconnexion');
  expect([out.status, out.location]).toEqual([303, '/ops/connexion?fin']);
  expect(browser.cookies.has('palier_session')).toBe(false);
  expect((await browser.follow(out)).html).toContain('Vous êtes déconnecté.');
  browser.cookies.set('palier_session', cookie);
  expect((await browser.get('/ops')).status).toBe(303);
  expect(web.lines.join('')).toContain('"user":"marie","msg":"ops sign-out"');
});

test.each([
  ['of another id', (cookie: string) => randomBytes(32).toString('base64url') + cookie.slice(43)],
  ['one letter off', (cookie: string) => (cookie.startsWith('A') ? 'B' : 'A') + cookie.slice(1)],
  ['without its signature', (cookie: string) => cookie.slice(0, 43)],
  ['with another signature', (cookie: string) => `${cookie.slice(0, 44)}${'A'.repeat(22)}`],
  ['that is long', (cookie: string) => cookie + 'A'.repeat(3000)],
  ['that is no cookie of ours', () => '../../etc'],
])('a cookie %s opens nothing', async (_, alter) => {
  const browser = await signedIn((await open()).origin, OPERATOR);
  const cookie = browser.cookies.get('palier_session') ?? '';
  browser.cookies.set('palier_session', alter(cookie));
  expect((await browser.get('/ops')).status).toBe(303);
  browser.cookies.set('palier_session', cookie);
  expect((await browser.get('/ops')).status).toBe(200);
});

test('what is written into Redis by somebody else is no session', async () => {
  const web = await open();
  const browser = await signedIn(web.origin, READER);
  const stranger = await open({ palierKey: randomBytes(32) });
  const other = await signedIn(stranger.origin, OPERATOR);
  expect((await openBrowserWith(web, other.cookies.get('palier_session') ?? '').get('/ops')).status).toBe(
    303,
  );
  const keyOf = (one: Browser) =>
    `${redis.dataPrefix}:session:{${(one.cookies.get('palier_session') ?? '').slice(0, 43)}}`;
  await redis.connection.set(keyOf(browser), (await redis.connection.get(keyOf(other))) ?? '');
  expect((await browser.get('/ops')).status).toBe(303);
});

const openBrowserWith = (web: Web, cookie: string) => {
  const browser = openBrowser(web.origin);
  browser.cookies.set('palier_session', cookie);
  return browser;
};

test('a session outlives a restart, and every web process knows it', async () => {
  const first = await open();
  const browser = await signedIn(first.origin, OPERATOR);
  await first.close();
  webs = [];
  const [second, third] = [await open(), await open()];
  for (const web of [second, third]) {
    const there = openBrowserWith(web, browser.cookies.get('palier_session') ?? '');
    expect((await there.get('/ops')).html).toContain('marie (opérateur)');
  }
  const leaving = openBrowserWith(second, browser.cookies.get('palier_session') ?? '');
  await leaving.get('/ops');
  await leaving.post('/ops/deconnexion');
  const staying = openBrowserWith(third, browser.cookies.get('palier_session') ?? '');
  expect((await staying.get('/ops')).status).toBe(303);
});

test('a session has the rights that the configuration gives now', async () => {
  const browser = await signedIn((await open()).origin, OPERATOR);
  const cookie = browser.cookies.get('palier_session') ?? '';
  const withUsers = async (opsUsers: typeof OPS_SETTINGS.opsUsers) =>
    openBrowserWith(await open({ settings: { ...OPS_SETTINGS, opsUsers } }), cookie).get('/ops');
  expect((await withUsers([{ ...OPERATOR, role: 'lecture' }])).html).toContain('marie (lecture)');
  expect((await withUsers([{ ...OPERATOR, hash: READER.hash }])).status).toBe(303);
  expect((await withUsers([READER])).status).toBe(303);
});

/** Types a name and a password at one network address. */
async function guess(browser: Browser, from: string, name: string, password = 'faux'): Promise<Reply> {
  await browser.get('/ops/connexion');
  return browser.post('/ops/connexion', { name, password }, { 'x-forwarded-for': from });
}

test('guesses at one name from one address are stopped in every process, and lock nobody out elsewhere', async () => {
  const [web, other] = [await open(), await open()];
  for (let n = 1; n <= 10; n += 1) {
    const { origin } = n % 2 === 0 ? web : other;
    expect((await guess(openBrowser(origin), '192.0.2.1', 'Marie')).status).toBe(403);
  }
  const stopped = await guess(openBrowser(web.origin), '192.0.2.1', ' mARIE ', OPERATOR.password);
  expect(stopped.status).toBe(429);
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0);
  expect(stopped.html).toContain('Trop de tentatives');
  expect((await guess(openBrowser(web.origin), '192.0.2.1', 'Jean', READER.password)).status).toBe(303);
  expect((await guess(openBrowser(web.origin), '192.0.2.99', 'Marie', OPERATOR.password)).status).toBe(303);
  expect(await everythingIn(redis.url, redis.prefix)).not.toMatch(/192\.0\.2|marie|jean/i);
});

test('guesses at one name from everywhere are stopped, but never in a browser where it signed in before', async () => {
  const web = await open();
  const known = openBrowser(web.origin);
  expect((await guess(known, '192.0.2.1', 'Marie', OPERATOR.password)).status).toBe(303);
  await known.post('/ops/deconnexion');
  const ofJean = openBrowser(web.origin);
  expect((await guess(ofJean, '192.0.2.2', 'Jean', READER.password)).status).toBe(303);
  await ofJean.post('/ops/deconnexion');

  for (let n = 0; n < 60; n += 1)
    expect((await guess(openBrowser(web.origin), `198.51.100.${n % 10}`, 'Marie')).status).toBe(403);
  for (const browser of [openBrowser(web.origin), ofJean])
    expect((await guess(browser, '192.0.2.99', 'Marie', OPERATOR.password)).status).toBe(429);
  expect((await guess(known, '192.0.2.99', 'Marie', OPERATOR.password)).status).toBe(303);
  expect(known.cookies.get('palier_known')).toMatch(/^[\w-]{22}$/);
});

test('guesses from one address are stopped, whatever the names; what succeeds does not count', async () => {
  const web = await open();
  const typed = async (name: string, password: string, from: string) =>
    (await guess(openBrowser(web.origin), from, name, password)).status;
  const count = async () => {
    const keys = await keysLike(redis.connection, `${redis.dataPrefix}:tries:address:*`);
    return Promise.all(keys.map((key) => redis.connection.get(key)));
  };
  expect(await typed('Marie', OPERATOR.password, '198.51.100.7')).toBe(303);
  await until(async () => String(await count()) === '0', 'a count without the success');
  for (let n = 1; n <= 30; n += 1) expect(await typed(`nobody${n}`, 'faux', '198.51.100.7')).toBe(403);
  expect(await typed('Marie', OPERATOR.password, '198.51.100.7')).toBe(429);
  expect(await typed('Marie', OPERATOR.password, '198.51.100.8')).toBe(303);
  // What a sender writes in front of what our proxy wrote is not believed.
  expect(await typed('Marie', OPERATOR.password, '203.0.113.5, 198.51.100.7')).toBe(429);
});
