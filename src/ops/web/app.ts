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
  setSealedCookie,
  openRequest,
  requestOf,
  requireSameOrigin,
  takeSealedCookie,
  type Logo,
  type OpsDeps,
  type OpsRequest,
} from './http/request.js';
import { ProblemView, renderPage } from './parts/layout.js';
import { styleSheet } from './parts/style.js';
import { createQueuePages, requiredRole } from './queues/board.js';
import { flashForm, goTo, show, type Answer, type Flash, type PageAnswer, type PageRoute } from './route.js';
import { PAGE_ROUTES } from './routes.js';
import { forwardingPage, returnTo, signInPath } from './sign-in/routes.js';
import { hasRole } from './sign-in/sessions.js';

/** Whether anyone can sign in; if not, the ops pages answer 404. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens the pipeline of the ops pages over a fail-fast connection; it runs no worker.
 * @param wiring accounts whose API key is not in `secrets` cannot be read from the pages
 * @returns the request handler, and the disposers in order of opening
 */
export function wireOps(wiring: Parameters<typeof openPipeline>[0] & Omit<OpsDeps, 'pipeline'>) {
  const { pipeline, releases } = openPipeline(wiring);
  // Once Redis has answered, the pipeline's clock follows Redis' time.
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

/** An SVG opened on its own runs no script, but keeps its inline styles. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Builds the Express app of the ops pages, to be mounted at `/ops`. It opens no connection and no port.
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
    if (req.originalUrl.length > MAX_URL_CHARS) throw new OpsProblem('address_too_long');
    // Records that were sealed under another PALIER_KEY cannot be read.
    if (isOurs?.() === false) throw redisProblem(OTHER_KEY);
    next();
  });
  for (const route of routes) app[route.method === 'GET' ? 'get' : 'post'](route.path, ...handlersOf(route));
  for (const path of new Set(routes.map((route) => route.path))) app.all(path, wrongMethod(routes, path));
  app.use('/queues', checkRequest, requireRole('queues', requiredRole), createQueuePages(pipeline));
  app.use(rejectWith('not_found'));
  app.use(sendProblem);
  return app;
}

const navOf = (routes: readonly PageRoute[]) => [
  ...routes.flatMap(({ name, path, nav }) =>
    nav === undefined ? [] : [{ name, href: path === '/' ? '/ops' : `/ops${path}`, words: nav }],
  ),
  { name: 'queues', href: '/ops/queues', words: 'Files (experts)' },
];

function wrongMethod(routes: readonly PageRoute[], path: string): RequestHandler {
  const allowed = routes
    .filter((route) => route.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return (req, res, next) => {
    res.set('Allow', allowed.join(', '));
    return rejectWith('method_not_allowed')(req, res, next);
  };
}

/** The longest URL that is accepted, in characters; our own are far shorter. */
const MAX_URL_CHARS = 2000;

const isReadOnly = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** Checks the origin of a write and reads the session, before any body is read. */
const checkRequest: RequestHandler = async (req, _res, next) => {
  const request = requestOf(req);
  if (!isReadOnly(req)) requireSameOrigin(request);
  request.session = await request.sessions.find(jarOf(request, 'session').read(req));
  next();
};

/** Rejects an unknown path or method. The session only fills the navigation, so Redis' errors are ignored. */
const rejectWith =
  (code: 'not_found' | 'method_not_allowed'): RequestHandler =>
  async (req) => {
    const request = requestOf(req);
    request.session = await request.sessions.find(jarOf(request, 'session').read(req)).catch(() => null);
    throw new OpsProblem(code);
  };

/** Lets signed-in users with the role pass. @param roleOf the role that a request needs; null: no role may */
const requireRole =
  (route: string, roleOf: (req: Request) => Role | null): RequestHandler =>
  async (req, _res, next) => {
    const request = requestOf(req);
    request.route = route;
    if (request.session === null) return send(request, signInAnswer(request));
    const role = roleOf(req);
    if (role === null || !hasRole(request.session.user, role)) throw new OpsProblem('forbidden');
    next();
  };

/** A link from another site, such as a webmail, omits our strict cookie: a page of ours repeats the request. */
function signInAnswer({ req }: OpsRequest): Answer {
  if (!isReadOnly(req)) throw new OpsProblem('session_ended');
  if (req.headers['sec-fetch-site'] === 'cross-site')
    return forwardingPage(returnTo(req.originalUrl), 'Un instant');
  return goTo(signInPath(req.originalUrl));
}

const FORM = 'application/x-www-form-urlencoded';

/** Parses a posted form; 16 kB is more than any of ours needs. */
const readForm: readonly RequestHandler[] = [
  express.text({ type: FORM, limit: 16 * 1024, inflate: false }),
  (req, _res, next) => {
    if (!req.is(FORM)) throw new OpsProblem('media_type');
    const body: unknown = req.body;
    requestOf(req).form = new URLSearchParams(typeof body === 'string' ? body : '');
    next();
  },
];

/** Returns the Express handlers of a route, in order. */
function handlersOf(route: PageRoute): readonly RequestHandler[] {
  const { role, name } = route;
  const handle: RequestHandler = async (req) => {
    const request = requestOf(req);
    request.route = name;
    await send(request, await route.handle(request));
  };
  return [
    checkRequest,
    ...(role === 'nobody' ? [] : [requireRole(name, () => role)]),
    ...(route.method === 'POST' ? readForm : []),
    handle,
  ];
}

const FLASH_MS = 10 * 60_000;

/** Sends an answer that is not a refusal, and logs the request. */
async function send(request: OpsRequest, answer: Answer): Promise<void> {
  const { req, res, session } = request;
  if (answer.kind === 'page') {
    const { status, title, refreshTo, reload } = answer;
    // A flash is shown once, so a HEAD request must not take it.
    const isShown = req.method === 'GET' && session !== null && status === 200 && refreshTo === undefined;
    const flash = isShown ? takeSealedCookie(request, 'flash', flashForm) : null;
    if (reload !== undefined) res.set('Refresh', String(reload.everyS));
    // The title of an invalid form begins with the error.
    sendPage(request, status < 400 ? answer : { ...answer, title: `Erreur : ${title}` }, flash);
  } else if (answer.kind === 'redirect') {
    if (answer.flash !== null) setSealedCookie(request, 'flash', answer.flash, FLASH_MS);
    res.status(303).location(answer.to).end();
  } else {
    res.set('Content-Type', `${answer.type}; charset=utf-8`);
    res.set('Content-Disposition', `attachment; filename="${answer.name}"`);
    if (req.method === 'HEAD') res.end();
    else await streamTo(Readable.from(answer.text), res);
  }
  logRequest(request);
}

/** Sends an error's page; logs the error from status 500 on. Express needs all four parameters. */
const sendProblem: ErrorRequestHandler = async (error: unknown, req, res, _next) => {
  const request = requestOf(req);
  const problem = await problemOf(error, request.probeWrites);
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
  const { config, hasLogo, nav, pipeline, requestId, res, route, session } = request;
  const frame = {
    user: session?.user ?? null,
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

/** Logs one line per request, without its URL, form or cookies. */
function logRequest({ req, res, log, route, session, startedMs }: OpsRequest, code?: string): void {
  const durationMs = Math.round(performance.now() - startedMs);
  const user = session?.user.name ?? null;
  log.info({ method: req.method, route, status: res.statusCode, user, durationMs, code }, 'ops request');
}
