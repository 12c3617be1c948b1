import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OidcConfig } from '../../src/config.js';
import { everythingIn } from '../support/everything.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { openBrowser, signedIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, type OpsSettings } from './support/people.js';
import { BACK, signInThere, startProvider, type RunningProvider } from './support/provider.js';
import { openWeb, type Web, type WebOptions } from './support/web.js';

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
  // The port is known once it listens: what is told of it before is made right after.
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
      // Whoever may choose their `sub` is not thereby somebody else.
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

test('whoever is listed by their address comes in, where they wanted to go, and out again', async () => {
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

test('whoever is listed by their sub comes in, to read', async () => {
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
  const other = await openOther({ people });
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

test.each(FORGED)('whoever comes back with %s stays outside', async (_, change) => {
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
  const back = backAt(web, await signInThere(browser, await browser.get('/ops/oidc/depart'), 'sub-of-marie'));
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
