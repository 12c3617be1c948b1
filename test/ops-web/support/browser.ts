import { request, type IncomingHttpHeaders } from 'node:http';
import type { Person } from './people.js';

export interface Reply {
  /** That was asked for. */
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly html: string;
  /** Where it sends the browser; empty: nowhere. */
  readonly location: string;
}

type Headers = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, string>>;

/** As much of a browser as the ops pages need: cookies by path and name, and forms. */
export interface Browser {
  /** By name, as they are now; tests may change them. */
  readonly cookies: Map<string, string>;
  head(path: string): Promise<Reply>;
  /** A page, as after a click on one of ours. A header that is empty is left out. */
  get(path: string, headers?: Headers): Promise<Reply>;
  /** A form of ours. */
  post(path: string, fields?: Fields, headers?: Headers): Promise<Reply>;
  /** The page that an answer sends the browser to, and so on until one is shown. */
  follow(reply: Reply): Promise<Reply>;
}

/** @param url of a house's pages, or of the web process */
export function openBrowser(url: string): Browser {
  const { origin } = new URL(url);
  const cookies = new Map<string, string>();
  const send = async (method: string, to: URL, given: Headers, body = ''): Promise<Reply> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = { 'sec-fetch-site': 'same-origin', cookie, ...given };
    const headers = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
    const reply = await call(method, to, headers, body);
    for (const line of reply.headers['set-cookie'] ?? []) keep(cookies, line);
    return reply;
  };
  const browser: Browser = {
    cookies,
    head: (path) => send('HEAD', new URL(path, origin), {}),
    get: (path, headers = {}) => send('GET', new URL(path, origin), headers),
    post: (path, fields = {}, headers = {}) =>
      send(
        'POST',
        new URL(path, origin),
        { 'content-type': 'application/x-www-form-urlencoded', origin, ...headers },
        new URLSearchParams(fields).toString(),
      ),
    follow: async (reply) =>
      reply.location === ''
        ? reply
        : browser.follow(await browser.get(new URL(reply.location, reply.url).href)),
  };
  return browser;
}

/** Fills in the sign-in form; resolves with the answer to it. */
export async function signIn(
  browser: Browser,
  { name, password }: Pick<Person, 'name' | 'password'>,
): Promise<Reply> {
  await browser.get('/ops/connexion');
  return browser.post('/ops/connexion', { name, password });
}

/** A browser in which somebody is signed in. */
export async function signedIn(origin: string, person: Person): Promise<Browser> {
  const browser = openBrowser(origin);
  const { status } = await signIn(browser, person);
  if (status !== 303) throw new Error(`Signing in was answered ${status}`);
  await browser.get('/ops');
  return browser;
}

/** As our words are written: what `typesetFrench` makes of them has a test of its own. */
const withPlainSpaces = (html: string): string =>
  html.replaceAll('\u00a0', ' ').replaceAll(/\u202f(?=[;?!])/g, ' ');

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (value === '' || /Expires=Thu, 01 Jan 1970/.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}

function call(method: string, url: URL, headers: Headers, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    const req = request(url, { method, agent: false, headers: { ...length, ...headers } }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('error', reject);
      res.on('end', () => {
        resolve({
          url: url.href,
          status: res.statusCode ?? 0,
          headers: res.headers,
          html: withPlainSpaces(Buffer.concat(parts).toString()),
          location: res.headers.location ?? '',
        });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}
