import fc from 'fast-check';
import { Redis } from 'ioredis';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rmdir } from 'node:fs/promises';
import { join, resolve as absolute } from 'node:path';
import { h } from 'preact';
import { OpsProblem } from '../../src/ops/web/http/problem.js';
import { paramOf } from '../../src/ops/web/http/request.js';
import { action, done, file, page, type PageRoute } from '../../src/ops/web/route.js';
import { PAGE_ROUTES } from '../../src/ops/web/routes.js';
import { openProducer } from '../../src/platform/redis.js';
import { openHouse, type House } from '../support/house.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { openBrowser, signedIn, type Browser, type Reply, signIn } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

describe('every page', () => {
  const SCRIPT = '<script>alert(1)</script>"\'&';

  const OWN: readonly PageRoute[] = [
    page(
      'echo',
      '/echo/:word',
      ({ word }: { word: string; asked: string }) => word,
      (context) => ({ word: paramOf(context, 'word'), asked: context.query.get('q') ?? '' }),
      ({ word, asked }) => <p title={word}>{`${word} ${asked}`}</p>,
    ),
    {
      ...page(
        'theirs',
        '/operateur',
        'Journal',
        () => ({}),
        () => <p />,
        { nav: 'Journal' },
      ),
      role: 'operateur',
    },
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
      () => ({}),
      () => {
        throw new Error('a view that fails');
      },
    ),
    action('act', '/dire', () => Promise.resolve(done('/ops/echo/a', 'C’est fait.')), 'lecture'),
    file('export', '/export', () => {
      async function* lines() {
        for (let n = 0; n < 3; n += 1) yield await Promise.resolve(`${n};é\n`);
      }
      return { kind: 'file', name: 'journal-2026.csv', type: 'text/csv', text: lines() };
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
  function expectPage({ html }: Reply): void {
    expect(html).toMatch(/^<!doctype html><html lang="fr">/);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html.match(/<main id="contenu"/g)).toHaveLength(1);
    expect(html).toContain('<a class="skip" href="#contenu">');
    expect(html).toMatch(/<title>[^<]+ – Région/);
    expect(html).not.toMatch(/<script|\son\w+=|style=|javascript:|https?:\/\//i);
  }

  /** Downloads, which have tests of their own. */
  const NO_PAGES = ['/journal/export.csv', '/journal/export.ndjson'];

  describe('every page', () => {
    const pages = PAGE_ROUTES.filter(
      ({ method, path }) =>
        method === 'GET' && !path.includes(':') && !path.startsWith('/oidc') && !NO_PAGES.includes(path),
    );

    test.each(pages.map(({ path }) => [`/ops${path === '/' ? '' : path}`]))(
      '%s is a whole page',
      async (path) => {
        const reply = await browser.get(path, path.endsWith('/connexion') ? { cookie: '' } : {});
        expect(reply.status).toBe(200);
        expectPage(reply);
      },
    );

    test('says once what was done, and not to a HEAD request', async () => {
      const { status, location } = await browser.post('/ops/dire');
      expect([status, location]).toEqual([303, '/ops/echo/a']);
      await browser.head('/ops/echo/a');
      expect((await browser.get('/ops/echo/a')).html).toContain('C’est fait.');
      expect((await browser.get('/ops/echo/a')).html).not.toContain('C’est fait.');
    });

    test('names itself in the navigation, in the other pages as well', async () => {
      const { html } = await browser.get('/ops');
      expect(html).toContain('<a href="/ops" aria-current="page">Accueil</a>');
      expect((await browser.get('/ops/echo/a')).html).toContain('<a href="/ops">Accueil</a>');
    });

    test('an operator’s place is none of a reader’s, whatever the name', async () => {
      const reader = openBrowser(web.origin);
      await reader.get('/ops/connexion');
      await reader.post('/ops/connexion', { name: SCRIPT, password: READER.password });
      expect((await reader.get('/ops')).html).toContain('&lt;script>alert(1)&lt;/script>');
      const refused = await reader.get('/ops/operateur');
      expect([refused.status, refused.html.includes('Votre rôle ne le permet pas')]).toEqual([403, true]);
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
      expectPage(reply);
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

    test.each([['a b'], ['<script>'], ['a'.repeat(200)]])(
      'does not repeat a number like %j',
      async (given) => {
        expect((await browser.get('/ops', { 'x-request-id': given })).headers['x-request-id']).toMatch(
          /^[\da-f-]{36}$/,
        );
      },
    );
  });

  test('a file is sent as it is made, to be kept', async () => {
    const { status, headers, html } = await browser.get('/ops/export');
    expect([status, html]).toEqual([200, '0;é\n1;é\n2;é\n']);
    expect(headers['content-disposition']).toBe('attachment; filename="journal-2026.csv"');
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
});

describe('every write', () => {
  /** Writes that are no operator's: signing in and out. */
  const FOR_OTHERS = ['sign-in', 'sign-out', 'journal-search', 'person-find'];

  let redis: TestRedis;
  let web: Web;
  /** For the writes that are refused: none of them signs anybody out. */
  let operator: Browser;
  /** What the test's own action was called with. */
  let acted: string[];

  const OWN: readonly PageRoute[] = [
    page(
      'trial',
      '/essai',
      'Accueil',
      () => ({}),
      () => h('p', null, 'vu'),
    ),
    action('trial-act', '/essai/:what', (context) => {
      acted.push(`${context.user.name} ${paramOf(context, 'what')} ${context.form.get('job')}`);
      return done('/ops/essai', 'C’est fait : <b>');
    }),
  ];
  beforeAll(async () => {
    redis = await testRedis();
    web = await openWeb({ redis: redis.address, prefix: redis.prefix, routes: OWN });
    operator = await signedIn(web.origin, OPERATOR);
  });
  beforeEach(() => void (acted = []));
  afterAll(async () => {
    await web.close();
    await redis.close();
  });

  test('every write is an operator’s, but for signing in and out', () => {
    const others = PAGE_ROUTES.filter(({ method, role }) => method === 'POST' && role !== 'operateur');
    expect(others.map(({ name }) => name).toSorted()).toEqual(FOR_OTHERS.toSorted());
  });

  test('no two routes share a method and a path', () => {
    const places = PAGE_ROUTES.map(({ method, path }) => `${method} ${path}`);
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

  /** A form's page comes first. @param browser of an operator */
  async function atTheForm(role: PageRoute['role'], browser: Browser): Promise<Browser> {
    if (role === 'nobody') await browser.get('/ops/connexion', { cookie: '' });
    return browser;
  }

  const WRITES = [...PAGE_ROUTES, ...OWN].filter(({ method }) => method === 'POST');
  const placeOf = ({ path }: PageRoute): string => `/ops${path.replaceAll(/:\w+/g, 'x')}`;

  describe.each(WRITES.map((route) => [route.name, placeOf(route), route.role] as const))(
    '%s',
    (_, to, role) => {
      test.each(FORGED)('is refused %s', async (_what, code, send) => {
        const browser = await atTheForm(role, operator);
        const session = browser.cookies.get('palier_session') ?? '';
        const { status } = await send(browser, to);
        expect([lastCode(), status >= 400]).toEqual([code, true]);
        expect(acted).toEqual([]);
        // Nobody was signed in, or out.
        expect(browser.cookies.get('palier_session')).toBe(session);
        expect((await browser.get('/ops')).status).toBe(200);
      });

      test('is taken as it should be sent', async () => {
        const browser = await atTheForm(role, await signedIn(web.origin, OPERATOR));
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
    const settings = { ...OPS_SETTINGS, ops };
    const other = await openWeb({ redis: redis.address, prefix: redis.prefix, routes: OWN, settings });
    try {
      const browser = await signedIn(other.origin, OPERATOR);
      const post = (origin: string) =>
        browser.post('/ops/essai/x', { job: '1' }, { 'sec-fetch-site': '', origin });
      expect((await post(other.origin)).status).toBe(403);
      expect((await post('https://palier.example')).status).toBe(303);
    } finally {
      await other.close();
    }
  });

  test('a form sent as one would send a file is not read', async () => {
    const browser = await signedIn(web.origin, OPERATOR);
    const reply = await browser.post(
      '/ops/essai/x',
      {},
      { 'content-type': 'multipart/form-data; boundary=a' },
    );
    expect(reply.status).toBe(415);
    const zipped = await browser.post('/ops/essai/x', {}, { 'content-encoding': 'gzip' });
    expect(zipped.status).toBe(415);
  });
});

describe('headers', () => {
  let redis: TestRedis;
  let web: Web;

  beforeAll(async () => {
    redis = await testRedis();
    web = await openWeb({
      redis: redis.address,
      prefix: redis.prefix,
      logo: { type: 'image/svg+xml', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') },
    });
  });
  afterAll(async () => {
    await web.close();
    await redis.close();
  });

  type Grade = readonly [what: string, isGood: (reply: Reply) => boolean];

  const header = ({ headers }: Reply, name: string): string => String(headers[name] ?? '');
  const directives = (reply: Reply): ReadonlyMap<string, string> =>
    new Map(
      header(reply, 'content-security-policy')
        .split(';')
        .map((one) => one.trim())
        .map((one) => [one.split(' ', 1)[0] ?? '', one.slice(one.indexOf(' ') + 1)] as const),
    );

  /** What a grader of headers looks for. */
  const GRADES: readonly Grade[] = [
    [
      'nothing is allowed by default, so no script',
      (r) => directives(r).get('default-src') === "'none'" && !directives(r).has('script-src'),
    ],
    ['nothing inline, nothing evaluated', (r) => !/unsafe-/.test(header(r, 'content-security-policy'))],
    [
      'styles and forms are ours',
      (r) => directives(r).get('style-src') === "'self'" && directives(r).get('form-action') === "'self'",
    ],
    ['pictures are ours', (r) => directives(r).get('img-src') === "'self' data:"],
    [
      'nobody frames it',
      (r) => directives(r).get('frame-ancestors') === "'none'" && header(r, 'x-frame-options') === 'DENY',
    ],
    ['no other base', (r) => directives(r).get('base-uri') === "'none'"],
    ['no guessing of types', (r) => header(r, 'x-content-type-options') === 'nosniff'],
    ['nothing is kept', (r) => header(r, 'cache-control') === 'no-store'],
    ['addresses stay here', (r) => header(r, 'referrer-policy') === 'same-origin'],
    ['alone in its window', (r) => header(r, 'cross-origin-opener-policy') === 'same-origin'],
    ['used by nobody else', (r) => header(r, 'cross-origin-resource-policy') === 'same-origin'],
    ['says nothing of its make', (r) => header(r, 'x-powered-by') === '' && header(r, 'server') === ''],
    ['is HTML in UTF-8', (r) => header(r, 'content-type') === 'text/html; charset=utf-8'],
  ];

  const PLACES: readonly [path: string, status: number, isSignedIn: boolean][] = [
    ['/ops', 200, true],
    ['/ops/connexion', 200, false],
    ['/ops/nulle-part', 404, true],
    ['/ops/nulle-part', 404, false],
    ['/ops/%ff', 404, true],
    [`/ops/${'a'.repeat(3000)}`, 414, false],
  ];

  test.each(PLACES)(
    '%s (%i, signed in: %s) has every header that it should',
    async (path, status, isSignedIn) => {
      const browser = isSignedIn ? await signedIn(web.origin, OPERATOR) : openBrowser(web.origin);
      const reply = await browser.get(path);
      expect(reply.status).toBe(status);
      expect(GRADES.filter(([, isGood]) => !isGood(reply)).map(([what]) => what)).toEqual([]);
    },
  );

  test('a redirect has them too', async () => {
    const { headers } = await openBrowser(web.origin).get('/ops');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('TLS is promised behind TLS only', async () => {
    const browser = openBrowser(web.origin);
    expect((await browser.get('/ops/connexion')).headers).not.toHaveProperty('strict-transport-security');
    const { headers } = await browser.get('/ops/connexion', { 'x-forwarded-proto': 'https' });
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  });

  test('the notices’ own answers keep theirs', async () => {
    const { headers } = await openBrowser(web.origin).get('/healthz');
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
  });

  test('style and logo come without a session', async () => {
    const browser = openBrowser(web.origin);
    const { html } = await browser.get('/ops/connexion');
    for (const [found, type] of [
      [/href="(\/ops\/style\.css)"/, 'text/css; charset=utf-8'],
      [/src="(\/ops\/logo)"/, 'image/svg+xml'],
    ] as const) {
      const sent = await browser.get(found.exec(html)?.[1] ?? '');
      expect([sent.status, sent.headers['content-type']]).toEqual([200, type]);
      expect(sent.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('a logo that is opened by itself runs nothing', async () => {
    const { headers } = await openBrowser(web.origin).get('/ops/logo');
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
  });
});

describe('the pages in a process', () => {
  const SMALL = { scheme: SMALL_SCHEME, partners: SMALL_PARTNERS };

  describe('in a house', () => {
    let house: House;
    afterEach(() => house.close());

    test('somebody signs in while badges come out: neither disturbs the other', async () => {
      house = await openHouse({ ...SMALL, ops: OPS_SETTINGS });
      const browser = await signedIn(house.opsUrl, OPERATOR);
      const events = [
        house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['a@example.fr'] }),
        house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['a@example.fr'] }),
      ];
      for (const event of events) expect(await house.notify(event)).toBe(202);
      await house.idle();
      expect(house.awards()).toEqual(['R1 a@example.fr']);
      expect((await browser.get('/ops')).html).toContain('marie (opérateur)');
    });

    test('without the option the pages are not there', async () => {
      house = await openHouse(SMALL);
      for (const path of ['/ops', '/ops/', '/ops/connexion', '/ops/style.css']) {
        const { status, headers, html } = await openBrowser(house.url).get(path);
        expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
        expect(JSON.parse(html)).toMatchObject({ code: 'not_found' });
      }
    });
  });

  describe('the process of the Procfile', () => {
    const started: ChildProcess[] = [];
    let redis: OwnRedis;
    beforeAll(async () => {
      redis = await ownRedis();
    });
    afterEach(async () => {
      for (const child of started.splice(0)) {
        if (child.exitCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    });
    afterAll(() => redis.stop());

    function web(env: Readonly<Record<string, string>>) {
      const child = spawn(process.execPath, [absolute('dist/webhooks/main.js')], {
        // A developer's own .env stays out of it.
        cwd: absolute('test/ops-web'),
        env: {
          PATH: process.env['PATH'],
          PORT: '0',
          REDIS_URL: redis.url,
          OBF_CLIENT_ID: 'region',
          OBF_CLIENT_SECRET: 'apisecret',
          WEBHOOK_BASIC: 'a:b',
          PALIER_KEY: Buffer.alloc(32, 5).toString('base64'),
          PALIER_CONFIG: absolute('config'),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started.push(child);
      let text = '';
      child.stdout.on('data', (part) => (text += String(part)));
      child.stderr.on('data', (part) => (text += String(part)));
      const origin = async () => {
        const [, port = ''] = await until(() => /"port":(\d+).*"msg":"web started"/.exec(text), 'a port');
        const url = `http://127.0.0.1:${port}`;
        await until(async () => (await fetch(`${url}/readyz`)).ok, 'web that is ready');
        return url;
      };
      return { child, origin, text: () => text };
    }

    test('mounts the pages where there is an account, takes notices besides, and stops when asked', async () => {
      const running = web({ OPS_USERS: `Marie:${OPERATOR.hash}:operateur`, OPS_NAME: 'Badges normands' });
      const browser = openBrowser(await running.origin());
      expect((await signIn(browser, OPERATOR)).status).toBe(303);
      const home = await browser.get('/ops');
      expect([home.status, home.html.includes('Badges normands')]).toEqual([200, true]);
      expect((await browser.get('/healthz')).status).toBe(200);
      const exited = once(running.child, 'exit');
      running.child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(running.text()).not.toContain(OPERATOR.hash);
    });

    test('does not start with a logo that is not there', async () => {
      const running = web({ OPS_USERS: `Marie:${OPERATOR.hash}`, OPS_LOGO: 'absent.svg' });
      expect(await once(running.child, 'exit')).toEqual([1, null]);
      expect(running.text()).toContain('OPS_LOGO: this file cannot be read');
    });
  });

  /** How a Redis gets into a state in which it takes no writes, and what people are then told of it. */
  const STATES: readonly [told: string, begin: (admin: Redis, dataDir: string) => Promise<unknown>][] = [
    ['mémoire pleine', (admin) => admin.config('SET', 'maxmemory', '1')],
    ['réplique en lecture seule', (admin) => admin.replicaof('127.0.0.1', '1')],
    [
      'disque plein',
      async (admin, dataDir) => {
        // A save fails, here since a folder stands in its place; so it does for want of room.
        await mkdir(join(dataDir, 'dump.rdb'));
        await admin.config('SET', 'save', '3600 1');
        await admin.bgsave();
        await until(
          async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'),
          'a save that fails',
        );
      },
    ],
  ];

  describe('while Redis is away', () => {
    let redis: OwnRedis;
    beforeEach(async () => {
      redis = await ownRedis();
    });
    afterEach(() => redis.stop());

    /** As in production: its pages do not wait for Redis. */
    const openHasty = (prefix: string): Promise<Web> =>
      openWeb({ redis: redis.address, prefix, open: openProducer });
    const signsIn = ({ origin }: Web): Promise<Browser> =>
      until(() => signedIn(origin, OPERATOR), 'somebody signed in');

    test.each(STATES)('%s: home and sign-in say so', async (told, begin) => {
      const web = await openHasty('{full}');
      const admin = new Redis(redis.url);
      try {
        const browser = await signsIn(web);
        await until(
          async () => !(await browser.get('/ops')).html.includes('Redis :'),
          'a Redis that is well',
        );
        await begin(admin, redis.dataDir);
        const home = await until(async () => {
          const reply = await browser.get('/ops');
          return reply.html.includes(`Redis : ${told}`) && reply;
        }, 'a home page that says so');
        expect(home.status).toBe(200);
        expect(home.html).not.toContain('Tout va bien');
        const { name, password } = OPERATOR;
        const refused = await until(async () => {
          const reply = await openBrowser(web.origin).post('/ops/connexion', { name, password });
          return reply.html.includes(`Redis : ${told}`) && reply;
        }, 'a refusal that says so');
        expect(refused.status).toBe(503);
        expect(refused.headers['retry-after']).toBe('5');
      } finally {
        admin.disconnect();
        await rmdir(join(redis.dataDir, 'dump.rdb')).catch(() => undefined);
        await web.close();
      }
    });

    test('a password that Redis does not take is named', async () => {
      const web = await openHasty('{locked}');
      const admin = new Redis(redis.url);
      try {
        const browser = await signsIn(web);
        await admin.config('SET', 'requirepass', 'geheim');
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
        for (const path of ['/ops', '/ops/connexion']) {
          const reply = await until(async () => {
            const found = await browser.get(path);
            return found.html.includes('Redis : mot de passe refusé') && found;
          }, 'the cause');
          expect(reply.status).toBe(503);
          expect(reply.html).not.toContain('geheim');
        }
        // What is not ours is not, whatever Redis does.
        expect((await browser.get('/ops/nulle-part')).status).toBe(404);
        expect((await browser.get('/ops/deconnexion')).status).toBe(405);
      } finally {
        admin.disconnect();
        await web.close();
      }
    });

    test('every page says so, soon, and works again by itself', async () => {
      const web = await openHasty('{away}');
      try {
        const browser = await signsIn(web);
        await redis.kill();
        for (const path of ['/ops', '/ops/connexion']) {
          const { status, headers, html } = await browser.get(path);
          expect([status, headers['retry-after']]).toEqual([503, '5']);
          expect(html).toContain('Redis ne répond pas');
          expect(html).toContain(headers['x-request-id']);
          expect(html).not.toMatch(/ECONN|ioredis|at \w+ \(/);
        }
        const { name, password } = OPERATOR;
        const fresh = openBrowser(web.origin);
        await fresh.get('/ops/connexion');
        expect((await fresh.post('/ops/connexion', { name, password })).status).toBe(503);
        await redis.restart();
        // A Redis that is killed may lose its last second, and the session with it.
        await until(async () => (await (await signsIn(web)).get('/ops')).status === 200, 'Redis again');
      } finally {
        await web.close();
      }
    });
  });
});
