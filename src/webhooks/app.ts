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

/** `GET /readyz`: a notice could be stored now. */
async function readyz({ app }: RequestContext): Promise<Outcome> {
  const cause = await app.ready();
  if (cause === null) return { status: 200, body: { status: 'ready' } };
  return new Problem(cause.fault === 'key_changed' ? 'key_changed' : 'not_ready');
}

/** The text format that Prometheus has read since its version 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `GET /metrics`, for the holder of the token. */
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
  /** In logs and metrics. */
  readonly name: 'webhooks' | 'passport' | 'health' | 'ready' | 'metrics';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (context: RequestContext) => Outcome | Promise<Outcome>;
}

/** Everything that is served, and where. */
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

/** The web process as an Express app. It opens no connection; every answer leaves through `respond`. */
export function createApp(deps: WebhookDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);
  if (deps.ops !== undefined) app.use('/ops', deps.ops);
  if (deps.parcours !== undefined) app.use('/parcours', deps.parcours);
  const shared = createAppContext(deps);
  app.use(serveRoutes(shared, deps.metrics !== undefined));
  app.use(unforeseen(shared));
  return app;
}

/** One lookup: a layer of Express for each route costs more than the signature. */
function serveRoutes(app: AppContext, hasMetrics: boolean): RequestHandler {
  // Without a token, nothing shows that there could be metrics.
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

/** For faults outside of our handlers. Express knows an error handler by its four parameters. */
const unforeseen =
  (app: AppContext): ErrorRequestHandler =>
  (err: unknown, req, res, _next) =>
    respondInternal(createContext(app, req, res, 'none'), err);

function respondInternal(context: RequestContext, err: unknown): void {
  context.app.log.error({ requestId: context.requestId, err }, 'a request failed in an unforeseen way');
  respond(context, new Problem('internal'));
}
