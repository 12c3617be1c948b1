import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline as streamTo } from 'node:stream/promises';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import type { Config, ConfigFault, Role } from '../../config.js';
import { OTHER_KEY } from '../../platform/redis-faults.js';
import { openPipeline } from '../../workers/pipeline.js';
import { OpsProblem, problemOf, redisProblem } from './http/problem.js';
import {
  createServices,
  jarOf,
  keepSealed,
  openRequest,
  requestOf,
  requireSameOrigin,
  takeSealed,
  type Logo,
  type OpsDeps,
  type OpsRequest,
} from './http/request.js';
import { ProblemView, renderPage } from './parts/layout.js';
import { styleSheet } from './parts/style.js';
import { createQueuePages, roleFor } from './queues/board.js';
import { flashForm, goTo, show, type Answer, type Flash, type PageAnswer, type PageRoute } from './route.js';
import { PAGE_ROUTES } from './routes.js';
import { goOnPage, returnTo, signInPath } from './sign-in/routes.js';
import { hasRole } from './sign-in/sessions.js';

/** Whether anybody could sign in; if not, the pages do not exist. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens what the ops pages need: a fail-fast connection, and the pipeline over it without a worker.
 * @param wiring `secrets`: an organisation without its API key there cannot be read from here
 * @returns the pages, and the disposers in order of opening
 */
export function wireOps(wiring: Parameters<typeof openPipeline>[0] & Omit<OpsDeps, 'pipeline'>) {
  const { pipeline, releases } = openPipeline(wiring);
  // From the answer on, the pipeline's clock is Redis' time.
  pipeline.now().catch(() => undefined);
  const handler: RequestHandler = createOpsApp({ ...wiring, pipeline });
  return { handler, releases };
}

const MAX_LOGO_BYTES = 256 * 1024;

const LOGO_FAULT: ConfigFault = {
  variable: 'OPS_LOGO',
  fr: 'ce fichier ne peut pas être lu, ou dépasse 256 ko',
  en: 'this file cannot be read, or is over 256 kB',
};

/** Reads `OPS_LOGO`, if set, from the working directory. */
export async function readLogo(
  path: string | null,
): Promise<{ readonly logo: Logo | null; readonly faults: readonly ConfigFault[] }> {
  if (path === null) return { logo: null, faults: [] };
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null || bytes.length > MAX_LOGO_BYTES) return { logo: null, faults: [LOGO_FAULT] };
  const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : 'image/png';
  return { logo: { type, bytes }, faults: [] };
}

/** An svg opened by itself runs nothing, and may use its own drawing styles. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * The ops pages, to be mounted at `/ops`. Opens nothing and listens to nothing.
 * @param routes tests add their own
 */
export function createOpsApp(deps: OpsDeps, routes: readonly PageRoute[] = PAGE_ROUTES): Express {
  const { logo, pipeline, config, isOurs } = deps;
  const services = createServices(deps, navOf(routes));
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.set('trust proxy', config.ops.trustProxy);
  app.use((req, res, next) => {
    openRequest(req, res, services);
    next();
  });
  const style = styleSheet(config.ops.colour);
  app.get('/style.css', (_req, res) => void res.type('css').send(style));
  if (logo !== null)
    app.get('/logo', (_req, res) => {
      res.set('Content-Security-Policy', LOGO_POLICY).type(logo.type).send(logo.bytes);
    });
  app.use((req, _res, next) => {
    if (req.originalUrl.length > MAX_ADDRESS) throw new OpsProblem('address_too_long');
    // Under another key nothing reads as what it is.
    if (isOurs?.() === false) throw redisProblem(OTHER_KEY);
    next();
  });
  for (const route of routes) app[route.method === 'GET' ? 'get' : 'post'](route.path, ...serve(route));
  for (const path of new Set(routes.map((route) => route.path))) app.all(path, otherMethod(routes, path));
  app.use('/queues', checkRequest, admit('queues', roleFor), createQueuePages(pipeline));
  app.use(sayNo('not_found'));
  app.use(refuse);
  return app;
}

const navOf = (routes: readonly PageRoute[]) => [
  ...routes.flatMap(({ name, path, nav }) =>
    nav === undefined ? [] : [{ name, href: path === '/' ? '/ops' : `/ops${path}`, words: nav }],
  ),
  { name: 'queues', href: '/ops/queues', words: 'Files (experts)' },
];

function otherMethod(routes: readonly PageRoute[], path: string): RequestHandler {
  const allowed = routes
    .filter((route) => route.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return (req, res, next) => {
    res.set('Allow', allowed.join(', '));
    return sayNo('method_not_allowed')(req, res, next);
  };
}

/** Longer addresses are refused, characters; ours are far below. */
const MAX_ADDRESS = 2000;

const reads = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** From where, and from whom; nothing of the body is read before. */
const checkRequest: RequestHandler = async (req, _res, next) => {
  const request = requestOf(req);
  if (!reads(req)) requireSameOrigin(request);
  request.signed = await request.sessions.find(jarOf(request, 'session').read(req));
  next();
};

/** Refuses an address or a method that is not ours. The session is for the navigation alone: Redis may be away. */
const sayNo =
  (code: 'not_found' | 'method_not_allowed'): RequestHandler =>
  async (req) => {
    const request = requestOf(req);
    request.signed = await request.sessions.find(jarOf(request, 'session').read(req)).catch(() => null);
    throw new OpsProblem(code);
  };

/** Lets those through who are signed in and have the right. @param neededFor the role; null: nobody has it */
const admit =
  (route: string, neededFor: (req: Request) => Role | null): RequestHandler =>
  async (req, _res, next) => {
    const request = requestOf(req);
    request.route = route;
    if (request.signed === null) return send(request, askToSignIn(request));
    const needed = neededFor(req);
    if (needed === null || !hasRole(request.signed.user, needed)) throw new OpsProblem('forbidden');
    next();
  };

/** A link from a mail leaves the strict cookie behind: the browser comes again, from here. */
function askToSignIn({ req }: OpsRequest): Answer {
  if (!reads(req)) throw new OpsProblem('session_ended');
  if (req.headers['sec-fetch-site'] === 'cross-site')
    return goOnPage(returnTo(req.originalUrl), 'Un instant');
  return goTo(signInPath(req.originalUrl));
}

const FORM = 'application/x-www-form-urlencoded';

/** What a form was filled in with; 16 kB is above any of ours. */
const readForm: readonly RequestHandler[] = [
  express.text({ type: FORM, limit: 16 * 1024, inflate: false }),
  (req, _res, next) => {
    if (!req.is(FORM)) throw new OpsProblem('media_type');
    const body: unknown = req.body;
    requestOf(req).form = new URLSearchParams(typeof body === 'string' ? body : '');
    next();
  },
];

/** A route as Express serves it. */
function serve(route: PageRoute): readonly RequestHandler[] {
  const { role, name } = route;
  const answer: RequestHandler = async (req) => {
    const request = requestOf(req);
    request.route = name;
    await send(request, await route.handle(request));
  };
  return [
    checkRequest,
    ...(role === 'nobody' ? [] : [admit(name, () => role)]),
    ...(route.method === 'POST' ? readForm : []),
    answer,
  ];
}

const FLASH_MS = 10 * 60_000;

/** Sends a good answer. */
async function send(request: OpsRequest, answer: Answer): Promise<void> {
  const { req, res } = request;
  if (answer.kind === 'page') {
    const { status, title, onTo, reload } = answer;
    // It is shown once: a HEAD request shows nothing.
    const isShown = req.method === 'GET' && request.signed !== null && status === 200 && onTo === undefined;
    const flash = isShown ? takeSealed(request, 'flash', flashForm) : null;
    if (reload !== undefined) res.set('Refresh', String(reload.everyS));
    // A form that was filled in wrongly says so first.
    sendPage(request, status < 400 ? answer : { ...answer, title: `Erreur : ${title}` }, flash);
  } else if (answer.kind === 'redirect') {
    if (answer.flash !== null) keepSealed(request, 'flash', answer.flash, FLASH_MS);
    res.status(303).location(answer.to).end();
  } else {
    res.set('Content-Type', `${answer.type}; charset=utf-8`);
    res.set('Content-Disposition', `attachment; filename="${answer.name}"`);
    if (req.method === 'HEAD') res.end();
    else await streamTo(Readable.from(answer.text), res);
  }
  logRequest(request);
}

/** Sends the page of an error; an unforeseen one is logged and told as `internal`. Express knows it by its arity. */
const refuse: ErrorRequestHandler = async (error: unknown, req, res, _next) => {
  const request = requestOf(req);
  const problem = await problemOf(error, request.storage);
  if (problem.status >= 500) request.log.error({ err: error }, 'an ops page failed');
  if (res.headersSent) res.destroy();
  else {
    const { status, title, advice, retryAfterS } = problem;
    if (retryAfterS !== null) res.set('Retry-After', String(retryAfterS));
    sendPage(request, show(title, ProblemView, { advice }, status));
  }
  logRequest(request, problem.code);
};

function sendPage(request: OpsRequest, page: PageAnswer, flash: Flash | null = null): void {
  const { config, hasLogo, nav, pipeline, requestId, res, route, signed } = request;
  const frame = {
    user: signed?.user ?? null,
    nav,
    current: route,
    name: config.name,
    hasLogo,
    timeZone: pipeline.scheme.timeZone,
    flash,
    requestId,
  };
  res.status(page.status).type('html').send(renderPage(frame, page));
}

/** One line a request: never an address, a form or a cookie. */
function logRequest({ req, res, log, route, signed, startedMs }: OpsRequest, code?: string): void {
  const durationMs = Math.round(performance.now() - startedMs);
  const user = signed?.user.name ?? null;
  log.info({ method: req.method, route, status: res.statusCode, user, durationMs, code }, 'ops request');
}
