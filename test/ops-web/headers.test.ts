import { testRedis, type TestRedis } from '../support/redis.js';
import { openBrowser, signedIn, type Reply } from './support/browser.js';
import { OPERATOR } from './support/people.js';
import { openWeb, type Web } from './support/web.js';

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
  [`/ops/${'a'.repeat(3000)}`, 404, false],
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
  expect(headers['content-security-policy']).toContain("default-src 'self'");
});

test('style and logo are kept for ever under the address that they have now', async () => {
  const browser = openBrowser(web.origin);
  const { html } = await browser.get('/ops/connexion');
  for (const [found, type] of [
    [/href="(\/ops\/style\.css\?v=[\w-]{16})"/, 'text/css; charset=utf-8'],
    [/src="(\/ops\/logo\?v=[\w-]{16})"/, 'image/svg+xml'],
  ] as const) {
    const href = found.exec(html)?.[1] ?? '';
    const kept = await browser.get(href);
    expect([kept.status, kept.headers['content-type']]).toEqual([200, type]);
    expect(kept.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(kept.headers['x-content-type-options']).toBe('nosniff');
    expect((await browser.get(href.replace(/v=.*/, 'v=old'))).headers['cache-control']).toBe('no-cache');
  }
});

test('a logo that is opened by itself runs nothing', async () => {
  const { headers } = await openBrowser(web.origin).get('/ops/logo');
  expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
});
