import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OidcConfig } from '../../src/config.js';
import { createGate } from '../../src/ops/web/sign-in/limits.js';
import { everythingIn } from '../support/everything.js';
import { keysLike, testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { openBrowser, signedIn, signIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER, type OpsSettings } from './support/people.js';
import { BACK, signInThere, startProvider, type RunningProvider } from './support/provider.js';
import { openWeb, type Web, type WebOptions } from './support/web.js';

describe('with a password', () => {
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

  test('a visitor is asked to sign in, and arrives where they wanted to go', async () => {
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
    expect(await redis.connection.pttl(`${redis.dataPrefix}:session:{${id}}`)).toBeGreaterThan(
      29 * MINUTE_MS,
    );
    expect(await everythingIn(redis.url, redis.prefix)).not.toMatch(/marie/i);
  });

  test('behind TLS, as the proxy says, every cookie is Secure', async () => {
    const browser = openBrowser((await open()).origin);
    const tls = { 'x-forwarded-proto': 'https' };
    await browser.get('/ops/connexion', tls);
    const { name, password } = OPERATOR;
    const { headers } = await browser.post('/ops/connexion', { name, password }, tls);
    const cookies = headers['set-cookie'] ?? [];
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies)
      expect(cookie).toMatch(
        /^__Host-palier_\w+=[^;]+; Max-Age=\d+; Path=\/; .*; HttpOnly; Secure; SameSite=/,
      );
  });

  test('where the public address is https, every cookie is of this host alone and Secure, whatever the proxy says', async () => {
    const ops = { ...OPS_SETTINGS.ops, publicUrl: 'https://palier.example', trustProxy: 0 };
    const browser = openBrowser((await open({ settings: { ...OPS_SETTINGS, ops } })).origin);
    const form = await browser.get('/ops/connexion');
    expect(form.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    const { name, password } = OPERATOR;
    const { headers } = await browser.post('/ops/connexion', { name, password });
    const cookies = [...(form.headers['set-cookie'] ?? []), ...(headers['set-cookie'] ?? [])];
    expect(cookies.map((one) => one.split('=', 1)[0])).toEqual([
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
});

describe('at an identity provider', () => {
  let redis: TestRedis;
  let provider: RunningProvider;
  let web: Web;
  let oidc: OidcConfig;
  const others: Web[] = [];
  let nowMs = Date.now();

  /** A web process beside the first, whose place the provider sends browsers back to. */
  async function openOther(change: Partial<OidcConfig>, more: Partial<OpsSettings> = {}): Promise<Web> {
    const ops = { ...OPS_SETTINGS.ops, oidc: { ...oidc, ...change } };
    const settings = { ...OPS_SETTINGS, opsUsers: [], ops, ...more };
    const other = await openWeb({ ...base(), settings });
    others.push(other);
    return other;
  }

  const base = (): WebOptions => ({ redis: redis.address, prefix: redis.prefix, clock: () => nowMs });

  beforeAll(async () => {
    [redis, provider] = await Promise.all([testRedis(), startProvider()]);
    // The port is known once it listens: its address before that is corrected right after.
    const settings: OpsSettings & { ops: { oidc: OidcConfig } } = {
      ...OPS_SETTINGS,
      opsUsers: [],
      ops: {
        ...OPS_SETTINGS.ops,
        oidc: {
          issuer: provider.issuer,
          clientId: 'palier',
          clientSecret: 'secret-of-palier',
          redirectUrl: `${BACK}/ops/oidc/retour`,
          scopes: 'openid email',
          trustEmail: false,
          people: [
            { entry: 'Marie@Region.example', by: 'marie', role: 'operateur' },
            { entry: 'sub-of-jean', by: 'sub-of-jean', role: 'lecture' },
            { entry: 'paul@region.example', by: 'paul', role: 'operateur' },
          ],
        },
      },
    };
    oidc = settings.ops.oidc;
    web = await openWeb({ ...base(), settings });
    await provider.configure({
      redirectUrl: oidc.redirectUrl,
      signOutUrl: `${BACK}/ops/connexion`,
      people: {
        'sub-of-marie': { email: 'marie@region.example', email_verified: true },
        'sub-of-jean': {},
        'sub-of-paul': { email: 'paul@region.example', email_verified: false },
        'sub-of-text': { email: 'paul@region.example', email_verified: 'false' },
        'sub-of-zero': { email: 'paul@region.example', email_verified: 0 },
        'sub-of-silent': { email: 'paul@region.example' },
        'sub-of-nobody': { email: 'nobody@region.example', email_verified: true },
        // Who may choose their `sub` is not thereby somebody else.
        'marie@region.example': { email: 'evil@elsewhere.example' },
        'SUB-OF-JEAN': {},
      },
    });
  });
  afterEach(async () => {
    nowMs = Date.now();
    await Promise.all(others.splice(0).map((other) => other.close()));
  });
  afterAll(async () => {
    await web.close();
    await provider.stop();
    await redis.close();
  });

  /** The address that the provider sends the browser to, at the web process that is meant. */
  const backAt = ({ origin }: Web, { location }: Reply): string => location.replace(BACK, origin);

  /** All the way, until our answer to the browser that is back. */
  async function signInWith(browser: Browser, at: Web, login: string): Promise<Reply> {
    const back = await signInThere(browser, await browser.get('/ops/oidc/depart'), login);
    // Another site sends the browser here.
    return browser.get(backAt(at, back), { 'sec-fetch-site': 'cross-site' });
  }

  test('a person listed by address comes in, where they wanted to go, and out again', async () => {
    const browser = openBrowser(web.origin);
    const form = await browser.follow(await browser.get('/ops?page=2'));
    expect(form.html).not.toContain('password');
    const [, link = ''] = /href="(\/ops\/oidc\/depart[^"]*)"/.exec(form.html) ?? [];
    const off = await browser.get(link);
    const asked = new URL(off.location);
    expect(asked.origin).toBe(provider.issuer);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      scope: 'openid email',
      code_challenge_method: 'S256',
      redirect_uri: oidc.redirectUrl,
    });
    const back = await signInThere(browser, off, 'sub-of-marie');
    const entered = await browser.get(backAt(web, back), { 'sec-fetch-site': 'cross-site' });
    // A redirect would leave the strict cookie behind.
    expect(entered.status).toBe(200);
    expect(entered.html).toContain('<meta http-equiv="refresh" content="0; url=/ops?page=2"/>');
    const home = await browser.get('/ops?page=2');
    expect(home.html).toContain('marie (opérateur)');
    expect(home.headers['content-security-policy']).toContain(`form-action 'self' ${provider.issuer};`);

    const cookie = browser.cookies.get('palier_session') ?? '';
    const out = await browser.post('/ops/deconnexion');
    const there = new URL(out.location);
    expect([there.origin, there.pathname]).toEqual([provider.issuer, '/session/end']);
    expect(there.searchParams.get('id_token_hint')).toMatch(/^ey/);
    expect((await browser.get(out.location)).html).toContain('Do you want to sign-out');
    browser.cookies.set('palier_session', cookie);
    expect((await browser.get('/ops')).status).toBe(303);
  });

  test('userinfo as a signed token will do, as ProConnect sends it; so will a secret in the header', async () => {
    for (const clientId of ['signed', 'header']) {
      const other = await openOther({ clientId, clientSecret: `secret-of-${clientId}` });
      const browser = openBrowser(other.origin);
      expect((await signInWith(browser, other, 'sub-of-marie')).status).toBe(200);
      expect((await browser.get('/ops')).html).toContain('marie (opérateur)');
    }
  });

  test('a person listed by sub comes in, to read', async () => {
    const browser = openBrowser(web.origin);
    expect((await signInWith(browser, web, 'sub-of-jean')).status).toBe(200);
    expect((await browser.get('/ops')).html).toContain('sub-of-jean (lecture)');
  });

  test.each([
    ['whom nobody listed', 'sub-of-nobody'],
    ['whose address the provider does not vouch for', 'sub-of-paul'],
    ['whose address is vouched for by the text "false"', 'sub-of-text'],
    ['whose address is vouched for by a zero', 'sub-of-zero'],
    ['of whose address nothing is vouched', 'sub-of-silent'],
    ['whose sub is somebody’s address', 'marie@region.example'],
    ['whose sub is somebody’s in other letters', 'SUB-OF-JEAN'],
  ])('somebody %s stays outside', async (_, login) => {
    const browser = openBrowser(web.origin);
    const { status, html } = await signInWith(browser, web, login);
    expect([status, html.includes('aucun accès à ces pages ne vous a été donné')]).toEqual([403, true]);
    expect(browser.cookies.has('palier_session')).toBe(false);
    expect((await browser.get('/ops')).status).toBe(303);
  });

  test('an issuer that vouches for no address is believed where it is so configured, unless it denies one', async () => {
    const other = await openOther({ trustEmail: true });
    const browser = openBrowser(other.origin);
    expect((await signInWith(browser, other, 'sub-of-silent')).status).toBe(200);
    expect((await browser.get('/ops')).html).toContain('paul (opérateur)');
    for (const login of ['sub-of-text', 'sub-of-zero', 'sub-of-paul'])
      expect((await signInWith(openBrowser(other.origin), other, login)).status).toBe(403);
  });

  test('who is listed by address and by sub has the rights of the sub', async () => {
    const people = [
      { entry: 'marie@region.example', by: 'by-address', role: 'lecture' },
      { entry: 'sub-of-marie', by: 'by-sub', role: 'operateur' },
    ] as const;
    const other = await openOther({ people: [...people] });
    const browser = openBrowser(other.origin);
    expect((await signInWith(browser, other, 'sub-of-marie')).status).toBe(200);
    expect((await browser.get('/ops')).html).toContain('by-sub (opérateur)');
  });

  /** Each comes back with something that is not as it should be; what is changed on the way. */
  const FORGED: readonly [what: string, change: (browser: Browser, back: URL) => void | Promise<void>][] = [
    ['another state', (_, back) => back.searchParams.set('state', 'another')],
    ['no state', (_, back) => back.searchParams.delete('state')],
    ['another code', (_, back) => back.searchParams.set('code', 'another')],
    ['another issuer', (_, back) => back.searchParams.set('iss', 'https://evil.example')],
    [
      'an error',
      (_, back) => (back.searchParams.delete('code'), back.searchParams.set('error', 'access_denied')),
    ],
    ['no cookie of its journey', (browser) => void browser.cookies.delete('palier_oidc')],
    [
      'a cookie that was altered',
      (browser) => void browser.cookies.set('palier_oidc', `A${browser.cookies.get('palier_oidc')}`),
    ],
    ['a journey of eleven minutes', () => void (nowMs += 11 * 60_000)],
    [
      'the code of somebody else’s journey',
      async (browser, back) => {
        const thief = openBrowser(web.origin);
        const stolen = await signInThere(thief, await thief.get('/ops/oidc/depart'), 'sub-of-marie');
        back.searchParams.set('code', new URL(stolen.location).searchParams.get('code') ?? '');
        expect(browser.cookies.has('palier_oidc')).toBe(true);
      },
    ],
  ];

  test.each(FORGED)('who comes back with %s stays outside', async (_, change) => {
    const browser = openBrowser(web.origin);
    const reply = await signInThere(browser, await browser.get('/ops/oidc/depart'), 'sub-of-marie');
    const back = new URL(backAt(web, reply));
    await change(browser, back);
    const { status, html } = await browser.get(back.href);
    expect([status, html.includes('n’a pas abouti')]).toEqual([403, true]);
    expect(browser.cookies.has('palier_session')).toBe(false);
  });

  test('an answer opens one session, once', async () => {
    const browser = openBrowser(web.origin);
    const back = backAt(
      web,
      await signInThere(browser, await browser.get('/ops/oidc/depart'), 'sub-of-marie'),
    );
    const trip = browser.cookies.get('palier_oidc') ?? '';
    expect((await browser.get(back)).status).toBe(200);
    expect(browser.cookies.has('palier_oidc')).toBe(false);
    expect((await browser.get(back)).status).toBe(403);
    browser.cookies.set('palier_oidc', trip);
    expect((await browser.get(back)).status).toBe(403);
  });

  test('a token with another nonce opens nothing', async () => {
    const other = await openOther({ clientId: 'evil', clientSecret: 'secret-of-evil' });
    const browser = openBrowser(other.origin);
    const { status, html } = await signInWith(browser, other, 'sub-of-marie');
    expect([status, html.includes('n’a pas abouti')]).toEqual([403, true]);
    expect(browser.cookies.has('palier_session')).toBe(false);
    expect(other.lines.join('')).toContain('nonce');
  });

  test('a wrong secret of ours opens nothing', async () => {
    const other = await openOther({ clientSecret: 'wrong' });
    expect((await signInWith(openBrowser(other.origin), other, 'sub-of-marie')).status).toBe(403);
  });

  test('passwords and the provider stand side by side; without a provider its places are not there', async () => {
    const both = await openOther({}, { opsUsers: [OPERATOR] });
    const { html } = await openBrowser(both.origin).get('/ops/connexion');
    expect(html).toContain('name="password"');
    expect(html).toContain('/ops/oidc/depart');
    expect((await signedIn(both.origin, OPERATOR)).cookies.has('palier_session')).toBe(true);
    const alone = openBrowser(web.origin);
    await alone.get('/ops/connexion');
    expect((await alone.post('/ops/connexion', { name: 'Marie', password: 'x' })).status).toBe(404);
    const without = await openWeb(base());
    others.push(without);
    expect((await openBrowser(without.origin).get('/ops/oidc/depart')).status).toBe(404);
    expect((await openBrowser(without.origin).get('/ops/oidc/retour?code=a&state=b')).status).toBe(404);
  });

  test('who is taken off the list is out at once', async () => {
    const browser = openBrowser(web.origin);
    await signInWith(browser, web, 'sub-of-marie');
    const later = openBrowser((await openOther({ people: oidc.people.slice(1) })).origin);
    later.cookies.set('palier_session', browser.cookies.get('palier_session') ?? '');
    expect((await later.get('/ops')).status).toBe(303);
  });

  test('a provider that is away is said to be, and asked again the next time', async () => {
    let isAway = true;
    const half = createServer((_, res) => {
      res.statusCode = isAway ? 503 : 200;
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ issuer: issuerOf(half), authorization_endpoint: `${issuerOf(half)}/auth` }));
    });
    half.listen(0, '127.0.0.1');
    await once(half, 'listening');
    try {
      const other = await openOther({ issuer: issuerOf(half) });
      const browser = openBrowser(other.origin);
      const { status, html } = await browser.get('/ops/oidc/depart');
      expect([status, html.includes('ne répond pas')]).toEqual([503, true]);
      expect(other.lines.join('')).toContain('the identity provider does not answer');
      isAway = false;
      expect((await browser.get('/ops/oidc/depart')).location).toContain(`${issuerOf(half)}/auth?`);
    } finally {
      half.closeAllConnections();
      half.close();
      await once(half, 'close');
    }
  });

  const issuerOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  test('neither the log nor Redis tells an address, a token, or a secret', async () => {
    const log = [web, ...others].flatMap(({ lines }) => lines).join('');
    expect(log).toMatch(/"user":"marie","role":"operateur","via":"oidc","msg":"ops sign-in"/);
    expect(log).not.toMatch(/@region|secret-of|eyJ|code=/i);
    expect(await everythingIn(redis.url, redis.prefix)).not.toMatch(/marie|@region|eyJ[\w-]{8,}\./i);
  });
});

describe('the gate', () => {
  /** Work that ends when it is told to. */
  function held() {
    const started: number[] = [];
    const ends: ((value: number) => void)[] = [];
    const work = (n: number) => () => {
      started.push(n);
      return new Promise<number>((resolve) => (ends[n] = resolve));
    };
    return { started, work, end: (n: number) => ends[n]?.(n) };
  }

  test('one is checked after the other, and the rest is refused', async () => {
    const { started, work, end } = held();
    const gate = createGate(1);
    const results = [0, 1].map((n) => gate(work(n)));
    await expect(gate(work(2))).rejects.toMatchObject({ code: 'busy', status: 503, retryAfterS: 60 });
    await until(() => started.includes(0), 'the first');
    expect(started).toEqual([0]);
    end(0);
    await until(() => started.includes(1), 'the next one');
    end(1);
    await expect(Promise.all(results)).resolves.toEqual([0, 1]);
    const after = gate(work(3));
    await until(() => started.includes(3), 'another');
    end(3);
    await expect(after).resolves.toBe(3);
  });

  test('work that fails leaves its place', async () => {
    const gate = createGate(0);
    await expect(gate(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
