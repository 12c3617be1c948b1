import { PAGE_ROUTES } from '../../../src/ops/web/routes.js';
import { signedIn, type Browser } from '../../ops-web/support/browser.js';
import { OPERATOR } from '../../ops-web/support/people.js';
import type { House } from '../../support/house.js';

/** A page that can be asked for. */
export interface Address {
  /** Of its route, as the table has it. */
  readonly route: string;
  /** From `/ops` on. */
  readonly path: string;
}

/** They answer with no page: files, the way to an identity provider that is not there, and signing in. */
const NO_PAGES = [/\/export\./, /^\/oidc\//, /^\/connexion$/];

/** The routes of the table that answer somebody signed in with a page. */
export const PAGE_PATHS: readonly string[] = PAGE_ROUTES.filter(({ method }) => method === 'GET')
  .map(({ path }) => path)
  .filter((path) => NO_PAGES.every((one) => !one.test(path)));

/** One address of each route that links lead to from the first pages on, in the order of the table. */
export async function findAddresses(house: Pick<House, 'opsUrl'>): Promise<readonly Address[]> {
  const browser = await signedIn(house.opsUrl, OPERATOR);
  const found = new Map<string, string>();
  for (const route of PAGE_PATHS) if (!route.includes(':')) found.set(route, inOps(route));
  const looked = new Set<string>();
  for (let next = nextOf(found, looked); next !== undefined; next = nextOf(found, looked)) {
    looked.add(next);
    for (const path of await linksOn(browser, next)) {
      const route = routeOf(path);
      if (route !== undefined && !found.has(route)) found.set(route, path);
    }
  }
  return PAGE_PATHS.flatMap((route) => {
    const path = found.get(route);
    return path === undefined ? [] : [{ route, path }];
  });
}

const inOps = (path: string): string => `/ops${path === '/' ? '' : path}`;

const nextOf = (found: ReadonlyMap<string, string>, looked: ReadonlySet<string>): string | undefined =>
  [...found.values()].find((path) => !looked.has(path));

async function linksOn(browser: Browser, path: string): Promise<readonly string[]> {
  const { html } = await browser.follow(await browser.get(path));
  return [...html.matchAll(/href="(\/ops[^"#]*)/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
}

function routeOf(path: string): string | undefined {
  const [plain = ''] = path.split('?');
  const exact = PAGE_PATHS.find((route) => inOps(route) === plain);
  return exact ?? PAGE_PATHS.find((route) => patternOf(route).test(plain));
}

const patternOf = (route: string): RegExp => new RegExp(`^${inOps(route).replaceAll(/:\w+/g, '[^/]+')}$`);
