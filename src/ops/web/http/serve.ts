import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import type { Role } from '../../../config.js';
import { flashForm, hasRole, type Flash } from '../parts/frame.js';
import { ProblemView, renderPage } from '../parts/layout.js';
import { goTo, show, type Answer, type PageAnswer, type PageRoute } from '../route.js';
import { goOnPage, returnTo, signInPath } from '../sign-in/routes.js';
import { OpsProblem, problemOf } from './problem.js';
import {
  cookieOf,
  keepSealed,
  requestOf,
  requireSameOrigin,
  takeSealed,
  userOf,
  type OpsRequest,
} from './request.js';

/** Longer addresses are refused, characters; ours are far below. */
export const MAX_ADDRESS = 2000;

export const reads = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** From where, and from whom; nothing of the body is read before. */
export const checkRequest: RequestHandler = async (req, _res, next) => {
  const request = requestOf(req);
  if (!reads(req)) requireSameOrigin(request);
  request.signed = await request.sessions.find(cookieOf(request, 'session'));
  next();
};

/** Refuses an address or a method that is not ours. The session is for the navigation alone: Redis may be away. */
export const sayNo =
  (code: 'not_found' | 'method_not_allowed'): RequestHandler =>
  async (req) => {
    const request = requestOf(req);
    request.signed = await request.sessions.find(cookieOf(request, 'session')).catch(() => null);
    throw new OpsProblem(code);
  };

/** Lets those through who are signed in and have the right. @param neededFor the role; null: nobody has it */
export const admit =
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
export function serve(route: PageRoute): readonly RequestHandler[] {
  const { role, name } = route;
  const answer: RequestHandler = async (req) => {
    const request = requestOf(req);
    request.route = name;
    await send(request, await answerOf(route, request));
  };
  return [
    checkRequest,
    ...(role === 'nobody' ? [] : [admit(name, () => role)]),
    ...(route.method === 'POST' ? readForm : []),
    answer,
  ];
}

function answerOf(route: PageRoute, request: OpsRequest): Answer | Promise<Answer> {
  if (route.role === 'nobody') return route.handle(request);
  return route.handle({ ...request, user: userOf(request.req) });
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
    else await pipeline(Readable.from(answer.text), res);
  }
  logRequest(request);
}

/** Sends the page of an error; an unforeseen one is logged and told as `internal`. Express knows it by its arity. */
export const refuse: ErrorRequestHandler = async (error: unknown, req, res, _next) => {
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
  const { config, hasLogo, nav, pipeline: opened, requestId, res, route, signed } = request;
  const frame = {
    user: signed?.user ?? null,
    nav,
    current: route,
    name: config.name,
    hasLogo,
    timeZone: opened.scheme.timeZone,
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
