import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Config } from '../../config.js';
import { systemClock, type Clock } from '../../platform/clock.js';
import type { Disposer } from '../../platform/lifecycle.js';
import { keepFlushed } from '../../platform/meter.js';
import { OTHER_KEY } from '../../platform/redis-faults.js';
import { closeRedis, openProducer } from '../../platform/redis.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../queue/jobs.js';
import { wirePipeline } from '../../workers/pipeline.js';
import type { PipelineOptions } from '../../workers/stores.js';
import { keepObfSamples } from './home/obf.js';
import { AGAIN_S, OpsProblem } from './http/problem.js';
import { cookieOf } from './http/exchange.js';
import { createRequest } from './http/request.js';
import { mounted, refuse, serve } from './http/serve.js';
import type { NavItem } from './parts/frame.js';
import type { Mount, Route } from './route.js';
import { MOUNTS, ROUTES } from './routes.js';
import { createServices, serveAsset, type Logo, type OpsDeps, type Services } from './services.js';

/** `secrets`: an organisation without its API key there cannot be read from here. */
export interface OpsWiring extends Pick<PipelineOptions, 'scheme' | 'secrets' | 'log' | 'vault'> {
  readonly config: PipelineOptions['config'] & Pick<Config, 'redis' | 'opsUsers' | 'ops' | 'parcours'>;
  readonly logo: Logo | null;
  readonly clock?: Clock;
  /** See `OpsDeps`. */
  readonly isOurs?: () => boolean | null;
  readonly prefixes?: { readonly queues: string; readonly data: string };
}

/** Whether anybody could sign in; if not, the pages do not exist. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens what the ops pages need: a fail-fast connection, and the pipeline over it without a worker.
 * @returns the pages, and the disposers in order of opening
 */
export function wireOps({ logo, isOurs, ...rest }: OpsWiring): {
  readonly handler: RequestHandler;
  readonly releases: readonly Disposer[];
} {
  const { config, log, clock = systemClock } = rest;
  const prefixes = rest.prefixes ?? { queues: DEFAULT_PREFIX, data: DATA_PREFIX };
  const redis = openProducer(config.redis);
  redis.on('error', (err) => log.debug({ err }, 'Redis'));
  const { pipeline, close } = wirePipeline({ ...rest, redis, clock, prefixes });
  // From the answer on, the pipeline's clock is Redis' time.
  pipeline.now().catch(() => undefined);
  const deps = { pipeline, redis, prefix: prefixes.data, config, logo, log, clock: pipeline.clock, isOurs };
  const handler = createOpsApp(deps);
  const keeping = [keepFlushed(pipeline.meter, log), keepObfSamples(pipeline, log)];
  return { handler, releases: [() => closeRedis(redis), close, ...keeping] };
}

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
    const request = createRequest(req, res, services, 'none');
    return refuse(request, new OpsProblem('unavailable', AGAIN_S, OTHER_KEY));
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
