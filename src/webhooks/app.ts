import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { WebhookDeps } from './deps.js';
import { answer, begin, type Exchange, type Outcome } from './exchange.js';
import { Problem } from './problem.js';
import { methodsOf, routesOf, type Route } from './routes.js';

type Handle = (exchange: Exchange) => Outcome | Promise<Outcome>;

/**
 * The receiver of notices, as an Express app; it opens nothing, and listens to nobody. What is asked is
 * answered by `answer` alone, whatever happens on the way.
 */
export function createApp(deps: WebhookDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.use(helmet());
  for (const route of routesOf(deps)) app.all(route.path, serve(deps, route.name, allowed(route, deps)));
  if (deps.ops !== undefined) app.use('/ops', deps.ops);
  app.use(serve(deps, 'none', () => new Problem('not_found')));
  app.use(unforeseen(deps));
  return app;
}

const allowed =
  (route: Route, deps: WebhookDeps): Handle =>
  (exchange) => {
    if (methodsOf(route).includes(exchange.req.method ?? '')) return route.handle(exchange, deps);
    exchange.res.setHeader('Allow', methodsOf(route).join(', '));
    return new Problem('method_not_allowed');
  };

const serve =
  (deps: WebhookDeps, name: string, handle: Handle): RequestHandler =>
  async (req, res) => {
    const exchange = begin(req, res, deps, name);
    try {
      answer(exchange, await handle(exchange));
    } catch (err) {
      exchange.log.error({ err }, 'a request failed in an unforeseen way');
      answer(exchange, new Problem('internal'));
    }
  };

/** What fails outside of our handlers. Express knows an error handler by its four parameters. */
const unforeseen =
  (deps: WebhookDeps): ErrorRequestHandler =>
  (err: unknown, req, res, _next) => {
    const exchange = begin(req, res, deps, 'none');
    exchange.log.error({ err }, 'a request failed in an unforeseen way');
    answer(exchange, new Problem('internal'));
  };
