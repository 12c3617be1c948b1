import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { WebhookDeps } from './deps.js';
import { prepareAnswers } from './answers.js';
import { answer, begin, type Exchange, type Outcome } from './exchange.js';
import { secureHead } from './heads.js';
import { Problem } from './problem.js';
import { passportDoor, webhookDoor } from './receive.js';
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
  const start = begin({ ...deps, answers: prepareAnswers(secureHead(), DOORS_ACCEPTED) });
  app.use(
    atOwnPath(routesOf(deps).map((route) => [route.path, serve(start, route.name, allowed(route, deps))])),
  );
  if (deps.ops !== undefined) app.use('/ops', deps.ops);
  app.use(serve(start, 'none', () => new Problem('not_found')));
  app.use(unforeseen(start));
  return app;
}

/** What is said to whoever brings a notice, nearly always. */
const DOORS_ACCEPTED = [webhookDoor.accepted, passportDoor.accepted];

/** Each path is a plain word: it is looked up, where Express would try one pattern after the other. */
function atOwnPath(served: readonly (readonly [path: string, handler: RequestHandler])[]): RequestHandler {
  const byPath = new Map(served);
  return (req, res, next) => {
    const handler = byPath.get(req.path);
    return handler === undefined ? next() : handler(req, res, next);
  };
}

type Begin = ReturnType<typeof begin>;

const allowed =
  (route: Route, deps: WebhookDeps): Handle =>
  (exchange) => {
    if (methodsOf(route).includes(exchange.req.method ?? '')) return route.handle(exchange, deps);
    exchange.res.setHeader('Allow', methodsOf(route).join(', '));
    return new Problem('method_not_allowed');
  };

const serve =
  (start: Begin, name: string, handle: Handle): RequestHandler =>
  async (req, res) => {
    const exchange = start(req, res, name);
    try {
      answer(exchange, await handle(exchange));
    } catch (err) {
      exchange.log.error({ requestId: exchange.requestId, err }, 'a request failed in an unforeseen way');
      answer(exchange, new Problem('internal'));
    }
  };

/** What fails outside of our handlers. Express knows an error handler by its four parameters. */
const unforeseen =
  (start: Begin): ErrorRequestHandler =>
  (err: unknown, req, res, _next) => {
    const exchange = start(req, res, 'none');
    exchange.log.error({ requestId: exchange.requestId, err }, 'a request failed in an unforeseen way');
    answer(exchange, new Problem('internal'));
  };
