import fc from 'fast-check';
import { LANGS } from '../../src/ops/shared/words.js';
import { download, file, page, type Route } from '../../src/ops/web/route.js';
import { ROUTES } from '../../src/ops/web/routes.js';
import { OpsProblem } from '../../src/ops/web/http/problem.js';
import ENGLISH from '../../src/ops/web/en.json' with { type: 'json' };
import { testRedis, type TestRedis } from '../support/redis.js';
import { openBrowser, signedIn, type Browser, type Reply } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

const SCRIPT = '<script>alert(1)</script>"\'&';

const OWN: readonly Route[] = [
  page(
    'echo',
    '/echo/:word',
    ({ word }: { word: string; asked: string }) => word,
    ({ params, query }) => ({ word: params['word'] ?? '', asked: query.get('q') ?? '' }),
    ({ model }) => <p title={model.word}>{`${model.word} ${model.asked}`}</p>,
  ),
  page(
    'theirs',
    '/operateur',
    'Journal',
    () => null,
    () => <p />,
    { nav: 'Journal', role: 'operateur' },
  ),
  page(
    'fails',
    '/panne',
    'Journal',
    () => {
      throw new TypeError('secret of jeanne@example.fr');
    },
    () => <p />,
  ),
  page(
    'absent',
    '/absent',
    'Journal',
    () => {
      throw new OpsProblem('not_found');
    },
    () => <p />,
  ),
  page(
    'ugly',
    '/laid',
    'Journal',
    () => null,
    () => {
      throw new Error('a view that fails');
    },
  ),
  file('export', '/export', () => {
    async function* lines() {
      for (let n = 0; n < 3; n += 1) yield await Promise.resolve(`${n};é\n`);
    }
    return download('journal "2026".csv', 'text/csv', lines());
  }),
];

let redis: TestRedis;
let web: Web;
let browser: Browser;

beforeAll(async () => {
  redis = await testRedis();
  const ops = { ...OPS_SETTINGS.ops, name: `Région ${SCRIPT}` };
  web = await openWeb({
    redis: redis.address,
    prefix: redis.prefix,
    routes: OWN,
    settings: { ...OPS_SETTINGS, opsUsers: [OPERATOR, { ...READER, name: SCRIPT, by: SCRIPT }], ops },
    logo: { type: 'image/svg+xml', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') },
  });
  browser = await signedIn(web.origin, OPERATOR);
});
afterAll(async () => {
  await web.close();
  await redis.close();
});

/** What a page is made of, for readers with and without eyes. */
function expectPage({ html }: Reply, lang: string): void {
  expect(html).toMatch(new RegExp(`^<!doctype html><html lang="${lang}">`));
  expect(html.match(/<h1>/g)).toHaveLength(1);
  expect(html.match(/<main id="contenu"/g)).toHaveLength(1);
  expect(html).toContain('<a class="skip" href="#contenu">');
  expect(html).toMatch(/<title>[^<]+ – Région/);
  expect(html).not.toMatch(/<script|\son\w+=|style=|javascript:|https?:\/\//i);
}

/** Downloads, and a question about what was not said: they answer otherwise, each in its own test. */
const NO_PAGES = ['/journal/export.csv', '/journal/export.ndjson', '/echecs/renvoyer'];

describe('every page', () => {
  const pages = ROUTES.filter(
    ({ method, path }) =>
      method === 'GET' && !path.includes(':') && !path.startsWith('/oidc') && !NO_PAGES.includes(path),
  );

  test.each(pages.map(({ path }) => [`/ops${path === '/' ? '' : path}`]))(
    '%s is a whole page, in both languages',
    async (path) => {
      for (const lang of LANGS) {
        const reply = await browser.get(
          `${path}?lang=${lang}`,
          path.endsWith('/connexion') ? { cookie: '' } : {},
        );
        expect(reply.status).toBe(200);
        expectPage(reply, lang);
      }
      await browser.get('/ops?lang=fr');
    },
  );

  test('names itself in the navigation, in the other pages as well', async () => {
    const { html } = await browser.get('/ops');
    expect(html).toContain('<a href="/ops" aria-current="page">Accueil</a>');
    expect((await browser.get('/ops/echo/a')).html).toContain('<a href="/ops">Accueil</a>');
  });

  test('shows each the places that are theirs', async () => {
    expect((await browser.get('/ops')).html).toContain('href="/ops/operateur"');
    const reader = openBrowser(web.origin);
    await reader.get('/ops/connexion');
    await reader.post('/ops/connexion', { name: SCRIPT, password: READER.password });
    const { html } = await reader.get('/ops');
    expect(html).not.toContain('href="/ops/operateur"');
    expect(html).toContain('&lt;script>alert(1)&lt;/script>');
    const refused = await reader.get('/ops/operateur');
    expect([refused.status, refused.html.includes('Votre rôle ne le permet pas')]).toEqual([403, true]);
  });
});

describe('the language', () => {
  test('is French whatever the browser speaks, until it is chosen, and then stays', async () => {
    const visitor = openBrowser(web.origin);
    const first = await visitor.get('/ops/connexion?suite=%2Fops', { 'accept-language': 'en-GB,en' });
    expect(first.html).toContain('<html lang="fr">');
    expect(first.html).toContain('href="/ops/connexion?suite=%2Fops&amp;lang=en" lang="en" hreflang="en"');
    expect((await visitor.get('/ops/connexion?lang=en')).html).toContain('<html lang="en">');
    expect((await visitor.get('/ops/connexion')).html).toContain('<h1>Sign in</h1>');
    expect((await visitor.get('/ops/connexion?lang=xx')).html).toContain('<html lang="en">');
  });
});

describe('what somebody typed', () => {
  test('stands in a page as text', async () => {
    const asked = `${encodeURIComponent(SCRIPT.replaceAll('/', ''))}?q=${encodeURIComponent(SCRIPT)}`;
    const reply = await browser.get(`/ops/echo/${asked}`);
    expect(reply.status).toBe(200);
    expect(reply.html).not.toMatch(/<script/i);
    expect(reply.html).toContain('&lt;script>');
  });

  test('never makes a tag, an attribute or an address of its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.constantFrom('"><svg onload=a>', '\0', '%', '../..', '\ud83c\udf93', "' autofocus x='"),
        ),
        async (text) => {
          const word = encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, ''));
          const { status, html } = await browser.get(`/ops/echo/x?q=${word}`);
          expect(status).toBe(200);
          expect(html.match(/<\w+/g)).toEqual((await browser.get('/ops/echo/x?q=y')).html.match(/<\w+/g));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is refused where it is longer than anything of ours', async () => {
    const long = await browser.get(`/ops/echo/x?q=${'a'.repeat(3000)}`);
    expect([long.status, long.html.includes('Adresse trop longue')]).toEqual([414, true]);
    // Above 8 kB the server itself says no, before any of us reads it.
    expect((await browser.get(`/ops/echo/x?q=${'a'.repeat(10_000)}`)).status).toBe(431);
    const posted = await browser.post('/ops/connexion', {
      name: 'a'.repeat(10_000),
      password: 'a'.repeat(3000),
    });
    expect(posted.status).toBe(403);
    expect((await browser.post('/ops/connexion', { name: 'a'.repeat(20_000) })).status).toBe(413);
  });

  test.each([['/ops/echo/%E0%A4%A'], ['/ops/echo/%ff']])(
    'is refused where it is no text: %s',
    async (path) => {
      const { status, html } = await browser.get(path);
      expect([status, html.includes('Demande illisible')]).toEqual([400, true]);
    },
  );
});

describe('a page that says no', () => {
  test.each([
    ['/ops/nulle-part', 404, 'Page introuvable'],
    ['/ops/absent', 404, 'Page introuvable'],
    ['/ops/deconnexion', 405, 'Cette adresse ne s’ouvre pas ainsi'],
    ['/ops/panne', 500, 'Une erreur est survenue'],
    ['/ops/laid', 500, 'Une erreur est survenue'],
  ])('%s: %i, with what to do, the number, and nothing of how it is built', async (path, status, words) => {
    const reply = await browser.get(path, { 'x-request-id': 'Req-42.a' });
    expect(reply.status).toBe(status);
    expectPage(reply, 'fr');
    expect(reply.html).toContain('aria-label="Navigation principale"');
    expect(reply.html).toContain(words);
    expect(reply.html).toContain('<code>Req-42.a</code>');
    expect(reply.headers['x-request-id']).toBe('Req-42.a');
    expect(reply.html).not.toMatch(/TypeError|secret|jeanne|a view|\.tsx?:|node_modules/);
  });

  test('is in the log with its number, without an address', () => {
    const lines = web.lines.filter((line) => line.includes('an ops page failed'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).toContain('"requestId":"Req-42.a"');
    expect(web.lines.join('')).not.toContain('jeanne@');
  });

  test('says what may be done instead', async () => {
    expect((await browser.get('/ops/deconnexion')).headers.allow).toBe('POST');
    expect((await browser.post('/ops')).headers.allow).toBe('GET, HEAD');
  });

  test.each([['a b'], ['<script>'], ['a'.repeat(200)]])('does not repeat a number like %j', async (given) => {
    expect((await browser.get('/ops', { 'x-request-id': given })).headers['x-request-id']).toMatch(
      /^[\da-f-]{36}$/,
    );
  });
});

test('every text is there in both languages, with the same parts', () => {
  const partsOf = (text: string): string => [...new Set(text.match(/\{\d\}/g) ?? [])].toSorted().join();
  expect(Object.entries(ENGLISH).filter(([fr, en]) => partsOf(fr) !== partsOf(en) || en === '')).toEqual([]);
});

test('a file is sent as it is made, to be kept', async () => {
  const { status, headers, html } = await browser.get('/ops/export');
  expect([status, html]).toEqual([200, '0;é\n1;é\n2;é\n']);
  expect(headers['content-disposition']).toBe('attachment; filename="journal__2026_.csv"');
  expect(headers['cache-control']).toBe('no-store');
});

test('somebody who is signed in and follows a link from elsewhere arrives', async () => {
  // The browser keeps a strict cookie back: it comes with the second request alone, which is ours.
  const strict = { 'sec-fetch-site': 'cross-site', cookie: '' };
  const first = await browser.get('/ops/echo/a?q=1', strict);
  expect(first.status).toBe(200);
  expect(first.html).toContain('<meta http-equiv="refresh" content="0; url=/ops/echo/a?q=1"/>');
  expect((await browser.get('/ops/echo/a?q=1')).html).toContain('<p title="a">a 1</p>');
});
