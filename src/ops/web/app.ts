import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { OTHER_KEY } from '../../platform/redis-faults.js';
import { serveAsset } from './assets.js';
import { cookieOf } from './http/headers.js';
import { AGAIN_S, OpsProblem } from './http/problem.js';
import { createRequest } from './http/request.js';
import { refuse } from './http/send.js';
import { mounted, serve } from './http/serve.js';
import type { NavItem } from './parts/frame.js';
import type { Mount, Route } from './route.js';
import { MOUNTS, ROUTES } from './routes.js';
import { createServices, type OpsDeps, type Services } from './services.js';

/**
 * The ops pages, to be mounted at `/ops`. Opens nothing and listens to nothing.
 * @param routes and mounts: tests add their own
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
  const { style, logo } = services.assets;
  for (const asset of logo === null ? [style] : [style, logo])
    app.get(`/${asset.name}`, (req, res, next) => {
      createRequest(req, res, services, asset.name);
      return serveAsset(asset)(req, res, next);
    });
  // Under another key nothing reads as what it is.
  app.use((req, res, next) => {
    if (deps.isOurs?.() !== false) return next();
    return refuse(
      createRequest(req, res, services, 'none'),
      new OpsProblem('unavailable', AGAIN_S, OTHER_KEY),
    );
  });
  for (const route of routes)
    app[route.method === 'GET' ? 'get' : 'post'](route.path, serve(services, route));
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(path, otherMethod(services, routes, path));
  for (const mount of mounts) app.use(mount.path, mounted(services, mount));
  app.use(refusing(services, 'not_found'));
  app.use(onError(services));
  return app;
}

const navOf = (places: readonly (Route | Mount)[]): readonly NavItem[] =>
  places.flatMap(({ name, path, nav, role }) =>
    nav === undefined || role === 'nobody'
      ? []
      : [{ name, href: path === '/' ? '/ops' : `/ops${path}`, words: nav, role }],
  );

const refusing =
  (services: Services, code: 'not_found' | 'method_not_allowed'): RequestHandler =>
  async (req, res) => {
    const request = createRequest(req, res, services, 'none');
    // For the navigation alone: the page is as true without Redis.
    request.signed = await services.sessions.find(cookieOf(request, 'session')).catch(() => null);
    await refuse(request, new OpsProblem(code));
  };

function otherMethod(services: Services, routes: readonly Route[], path: string): RequestHandler {
  const allowed = routes
    .filter((route) => route.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return (req, res, next) => {
    res.setHeader('Allow', allowed.join(', '));
    return refusing(services, 'method_not_allowed')(req, res, next);
  };
}

/** Errors outside of our handlers. Express knows an error handler by its four parameters. */
const onError =
  (services: Services): ErrorRequestHandler =>
  (error: unknown, req, res, _next) =>
    refuse(createRequest(req, res, services, 'none'), error);
