import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { hasBearerToken } from './authenticate.js';
import {
  type AppContext,
  createAppContext,
  createContext,
  type Outcome,
  type RequestContext,
  respond,
  type WebhookDeps,
} from './context.js';
import { Problem } from './problems.js';
import { receivePassport, receiveWebhook } from './receive.js';

/** `GET /readyz`: 200 while a notice could be stored. */
async function readyz({ app }: RequestContext): Promise<Outcome> {
  const cause = await app.ready();
  if (cause === null) return { status: 200, body: { status: 'ready' } };
  return new Problem(cause.fault === 'key_changed' ? 'key_changed' : 'not_ready');
}

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `GET /metrics`, behind a bearer token. */
async function readMetrics({ app, req, requestId }: RequestContext): Promise<Outcome> {
  if (app.metrics === undefined) return new Problem('not_found');
  if (!hasBearerToken(req.headers, app.metrics.token)) return new Problem('token_invalid');
  try {
    return { status: 200, type: METRICS_TYPE, body: await app.metrics.read() };
  } catch (err) {
    app.log.warn({ requestId, err }, 'the metrics could not be read');
    return new Problem('metrics_unavailable');
  }
}

export interface Route {
  /** Its name in logs and metrics. */
  readonly name: 'webhooks' | 'passport' | 'health' | 'ready' | 'metrics';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (context: RequestContext) => Outcome | Promise<Outcome>;
}

/** All routes but the pages below `/ops` and `/parcours`. */
export const ROUTES: readonly Route[] = [
  { name: 'webhooks', method: 'POST', path: '/webhooks/obf', handle: receiveWebhook },
  { name: 'passport', method: 'POST', path: '/obpv1/factory/users_badges', handle: receivePassport },
  {
    name: 'health',
    method: 'GET',
    path: '/healthz',
    handle: () => ({ status: 200, body: { status: 'ok' } }),
  },
  { name: 'ready', method: 'GET', path: '/readyz', handle: readyz },
  { name: 'metrics', method: 'GET', path: '/metrics', handle: readMetrics },
];

/** GET implies HEAD (RFC 9110, 9.3.2). */
export const methodsOf = ({ method }: Route): readonly string[] =>
  method === 'GET' ? ['GET', 'HEAD'] : [method];

/** Creates the Express app of the web process. Opens no connection; `ROUTES` answer by `respond` alone. */
export function createApp(deps: WebhookDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);
  if (deps.ops !== undefined) app.use('/ops', deps.ops);
  if (deps.parcours !== undefined) app.use('/parcours', deps.parcours);
  const shared = createAppContext(deps);
  app.use(serveRoutes(shared, deps.metrics !== undefined));
  app.use(handleExpressError(shared));
  return app;
}

/** Finds the route by one lookup: an Express layer per route costs more than checking the signature. */
function serveRoutes(app: AppContext, hasMetrics: boolean): RequestHandler {
  // Without a token no answer shows that metrics could exist.
  const served = ROUTES.filter(({ name }) => name !== 'metrics' || hasMetrics);
  const routes = new Map(served.map((route) => [route.path, route]));
  return async (req, res) => {
    const route = routes.get(req.path);
    const context = createContext(app, req, res, route?.name ?? 'none');
    if (route === undefined) return respond(context, new Problem('not_found'));
    if (!methodsOf(route).includes(req.method)) {
      res.setHeader('Allow', methodsOf(route).join(', '));
      return respond(context, new Problem('method_not_allowed'));
    }
    try {
      respond(context, await route.handle(context));
    } catch (err) {
      respondInternal(context, err);
    }
  };
}

/** Answers 500 for errors outside of our handlers. Express knows an error handler by its four parameters. */
const handleExpressError =
  (app: AppContext): ErrorRequestHandler =>
  (err: unknown, req, res, _next) =>
    respondInternal(createContext(app, req, res, 'none'), err);

function respondInternal(context: RequestContext, err: unknown): void {
  context.app.log.error({ requestId: context.requestId, err }, 'a request failed with an unexpected error');
  respond(context, new Problem('internal'));
}
