import { action, done, page, type Mount, type Route } from '../../src/ops/web/route.js';
import { ROUTES } from '../../src/ops/web/routes.js';
import { h } from 'preact';
import { request } from 'node:http';
import { testRedis, type TestRedis } from '../support/redis.js';
import { openBrowser, signedIn, type Browser } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

/** Writes that are no operator's: signing in and out. */
const FOR_OTHERS = ['sign-in', 'sign-out', 'journal-search', 'person-find'];

let redis: TestRedis;
let web: Web;
/** What the test's own action was called with. */
let acted: string[];

const OWN: readonly Route[] = [
  page(
    'trial',
    '/essai',
    'Accueil',
    () => null,
    () => h('p', null, 'vu'),
  ),
  action('trial-act', '/essai/:what', ({ user, params, form }) => {
    acted.push(`${user.name} ${params['what']} ${form.get('job')}`);
    return done('/ops/essai', 'C’est fait : <b>');
  }),
];
const MOUNTED: Mount = {
  name: 'other',
  path: '/autre',
  role: 'lecture',
  mayWrite: (method, path) => (method === 'PUT' && path === '/retry' ? 'operateur' : 'nobody'),
  build: (_, whoOf) => (req, res) => {
    acted.push(`${whoOf(req).name} ${req.method} ${req.url}`);
    res.end('autre');
  },
};

beforeEach(async () => {
  redis = await testRedis();
  acted = [];
  web = await openWeb({ redis: redis.address, prefix: redis.prefix, routes: OWN, mounts: [MOUNTED] });
});
afterEach(async () => {
  await web.close();
  await redis.close();
});

test('every write is an operator’s, but for signing in and out', () => {
  const others = ROUTES.filter(({ method, role }) => method === 'POST' && role !== 'operateur');
  expect(others.map(({ name }) => name).toSorted()).toEqual(FOR_OTHERS.toSorted());
});

test('no two routes share a method and a path', () => {
  const places = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(places).size).toBe(places.length);
});

test('an operator’s form is done once, and told on the page that follows', async () => {
  const browser = await signedIn(web.origin, OPERATOR);
  const reply = await browser.post('/ops/essai/rejouer', { job: '7' });
  expect([reply.status, reply.location]).toEqual([303, '/ops/essai']);
  expect(acted).toEqual(['marie rejouer 7']);
  const shown = await browser.follow(reply);
  expect(shown.html).toContain('C’est fait : &lt;b>');
  expect((await browser.get('/ops/essai')).html).not.toContain('C’est fait');
});

/** Ways to send a form that must not work, and the code of the refusal. */
const FORGED: readonly [
  what: string,
  code: string,
  send: (browser: Browser, to: string) => Promise<{ status: number }>,
][] = [
  ['from another site', 'cross_site', (b, to) => b.post(to, {}, { 'sec-fetch-site': 'cross-site' })],
  [
    'from a neighbour of our domain',
    'cross_site',
    (b, to) => b.post(to, {}, { 'sec-fetch-site': 'same-site' }),
  ],
  ['typed into the address bar', 'cross_site', (b, to) => b.post(to, {}, { 'sec-fetch-site': 'none' })],
  [
    'from another origin, by an old browser',
    'cross_site',
    (b, to) => b.post(to, {}, { 'sec-fetch-site': '', origin: 'https://evil.example' }),
  ],
  [
    'from our host over another scheme',
    'cross_site',
    (b, to) => b.post(to, {}, { 'sec-fetch-site': '', origin: web.origin.replace('http:', 'https:') }),
  ],
  ['from nowhere', 'cross_site', (b, to) => b.post(to, {}, { 'sec-fetch-site': '', origin: '' })],
  ['as JSON', 'media_type', (b, to) => b.post(to, {}, { 'content-type': 'application/json' })],
  ['as plain text', 'media_type', (b, to) => b.post(to, {}, { 'content-type': 'text/plain' })],
  ['over 16 kB', 'too_large', (b, to) => b.post(to, { job: 'a'.repeat(17_000) })],
];

const DOORS = ['cross_site', 'session_ended', 'media_type', 'too_large', 'forbidden'];

/** Of the last request's line in the log. */
const lastCode = (): string | undefined =>
  /"code":"(\w+)"/.exec(web.lines.findLast((line) => line.includes('"msg":"ops request"')) ?? '')?.[1];

/** A form's page comes first. */
async function atTheForm(role: Route['role']): Promise<Browser> {
  const browser = await signedIn(web.origin, OPERATOR);
  if (role === 'nobody') await browser.get('/ops/connexion', { cookie: '' });
  return browser;
}

const WRITES = [...ROUTES, ...OWN].filter(({ method }) => method === 'POST');
const placeOf = ({ path }: Route): string => `/ops${path.replaceAll(/:\w+/g, 'x')}`;

describe.each(WRITES.map((route) => [route.name, placeOf(route), route.role] as const))(
  '%s',
  (_, to, role) => {
    test.each(FORGED)('is refused %s', async (_what, code, send) => {
      const browser = await atTheForm(role);
      const session = browser.cookies.get('palier_session') ?? '';
      const { status } = await send(browser, to);
      expect([lastCode(), status >= 400]).toEqual([code, true]);
      expect(acted).toEqual([]);
      // Nobody was signed in, or out.
      expect(browser.cookies.get('palier_session')).toBe(session);
      expect((await browser.get('/ops')).status).toBe(200);
    });

    test('is taken as it should be sent', async () => {
      const browser = await atTheForm(role);
      await browser.post(to);
      // Whatever the action made of an empty form.
      expect(DOORS).not.toContain(lastCode());
    });
  },
);

const SIGNED = WRITES.filter(({ role }) => role !== 'nobody');

describe.each(SIGNED.map((route) => [route.name, placeOf(route), route.role] as const))(
  '%s',
  (_, to, role) => {
    test('is refused without a session', async () => {
      const browser = await signedIn(web.origin, OPERATOR);
      browser.cookies.delete('palier_session');
      const reply = await browser.post(to);
      expect([reply.status, reply.html.includes('Votre session est terminée')]).toEqual([403, true]);
      expect(acted).toEqual([]);
    });

    test('is refused to a reader, if it is an operator’s', async () => {
      const browser = await signedIn(web.origin, READER);
      await browser.post(to);
      if (role === 'operateur') expect([lastCode(), acted]).toEqual(['forbidden', []]);
      else expect(DOORS).not.toContain(lastCode());
    });
  },
);

test('an old browser is believed when it names our own origin', async () => {
  const browser = await signedIn(web.origin, OPERATOR);
  const reply = await browser.post('/ops/essai/rejouer', { job: '1' }, { 'sec-fetch-site': '' });
  expect([reply.status, acted]).toEqual([303, ['marie rejouer 1']]);
});

test('where the public address is told, it alone is ours', async () => {
  const ops = { ...OPS_SETTINGS.ops, publicUrl: 'https://palier.example' };
  await web.close();
  web = await openWeb({
    redis: redis.address,
    prefix: redis.prefix,
    routes: OWN,
    settings: { ...OPS_SETTINGS, ops },
  });
  const browser = await signedIn(web.origin, OPERATOR);
  const post = (origin: string) =>
    browser.post('/ops/essai/x', { job: '1' }, { 'sec-fetch-site': '', origin });
  expect((await post(web.origin)).status).toBe(403);
  expect((await post('https://palier.example')).status).toBe(303);
});

test('a form sent as one would send a file is not read', async () => {
  const browser = await signedIn(web.origin, OPERATOR);
  const reply = await browser.post('/ops/essai/x', {}, { 'content-type': 'multipart/form-data; boundary=a' });
  expect(reply.status).toBe(415);
  const zipped = await browser.post('/ops/essai/x', {}, { 'content-encoding': 'gzip' });
  expect(zipped.status).toBe(415);
});

describe('another program’s pages', () => {
  const write = (path: string, { cookies }: Browser, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const all = { cookie, 'sec-fetch-site': 'same-origin', ...headers };
      const req = request(new URL(path, web.origin), { method: 'PUT', agent: false, headers: all }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode ?? 0));
      });
      req.on('error', reject).end();
    });

  test('are shown to whoever is signed in', async () => {
    expect((await openBrowser(web.origin).get('/ops/autre/file')).location).toBe(
      '/ops/connexion?suite=%2Fops%2Fautre%2Ffile',
    );
    expect((await (await signedIn(web.origin, READER)).get('/ops/autre/file?a=1')).html).toBe('autre');
    expect(acted).toEqual(['jean GET /file?a=1']);
  });

  test('take the writes that they are let, from an operator', async () => {
    const [operator, reader] = [await signedIn(web.origin, OPERATOR), await signedIn(web.origin, READER)];
    expect(await write('/ops/autre/retry', reader)).toBe(403);
    expect(await write('/ops/autre/empty', operator)).toBe(403);
    expect(await write('/ops/autre/retry', operator, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await write('/ops/autre/retry', openBrowser(web.origin))).toBe(403);
    expect(acted).toEqual([]);
    expect(await write('/ops/autre/retry', operator)).toBe(200);
    expect(acted).toEqual(['marie PUT /retry']);
  });
});
