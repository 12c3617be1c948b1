import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { serveAsset } from './assets.js';
import type { OpsDeps } from './deps.js';
import { cookieOf, SESSION_COOKIE } from './http/cookies.js';
import { mounted } from './http/mounted.js';
import { OpsProblem } from './http/problem.js';
import { refuse } from './http/send.js';
import { serve } from './http/serve.js';
import { begin } from './http/visit.js';
import type { NavItem } from './layout/frame.js';
import type { Mount, Route } from './route.js';
import { MOUNTS, ROUTES } from './routes.js';
import { createServices, type Services } from './services.js';

/**
 * The ops pages, to be mounted at `/ops`; they open nothing, and listen to nobody.
 * @param routes and mounts: for tests, which have some of their own
 */
export function createOpsApp(
  deps: OpsDeps,
  routes: readonly Route[] = ROUTES,
  mounts: readonly Mount[] = MOUNTS,
): Express {
  const services = createServices(deps, navOf([...routes, ...mounts]));
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.set('trust proxy', deps.config.ops.trustProxy);
  addAssets(app, services);
  for (const route of routes)
    app[route.method === 'GET' ? 'get' : 'post'](route.path, serve(services, route));
  for (const [path, methods] of methodsByPath(routes)) app.all(path, otherMethod(services, methods));
  for (const mount of mounts) app.use(mount.path, mounted(services, mount));
  app.use(refusing(services, 'not_found'));
  app.use(unforeseen(services));
  return app;
}

function addAssets(app: Express, services: Services): void {
  const { style, logo } = services.assets;
  for (const asset of logo === null ? [style] : [style, logo])
    app.get(`/${asset.name}`, (req, res, next) => {
      begin(req, res, services, asset.name);
      return serveAsset(asset)(req, res, next);
    });
}

const navOf = (places: readonly (Route | Mount)[]): readonly NavItem[] =>
  places.flatMap(({ name, path, nav, role }) =>
    nav === undefined || role === 'nobody'
      ? []
      : [{ name, href: path === '/' ? '/ops' : `/ops${path}`, words: nav, role }],
  );

function methodsByPath(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { path, method } of routes)
    found.set(path, [...(found.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
  return found;
}

const refusing =
  (services: Services, code: 'not_found' | 'method_not_allowed'): RequestHandler =>
  async (req, res) => {
    const visit = begin(req, res, services, 'none');
    // For the navigation alone: without Redis the page is as true.
    visit.signed = await services.sessions.find(cookieOf(req, SESSION_COOKIE)).catch(() => null);
    await refuse(visit, new OpsProblem(code));
  };

const otherMethod =
  (services: Services, methods: readonly string[]): RequestHandler =>
  (req, res, next) => {
    res.setHeader('Allow', methods.join(', '));
    return refusing(services, 'method_not_allowed')(req, res, next);
  };

/** What fails outside of our handlers. Express knows an error handler by its four parameters. */
const unforeseen =
  (services: Services): ErrorRequestHandler =>
  (error: unknown, req, res, _next) =>
    refuse(begin(req, res, services, 'none'), error);
