import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler } from 'express';
import { h } from 'preact';
import { hasRole, type Flash, type Frame, type User } from '../parts/frame.js';
import { ProblemView, renderPage } from '../parts/layout.js';
import {
  goTo,
  type Answer,
  type FileAnswer,
  type Mount,
  type PageAnswer,
  type PageContext,
  type Redirect,
  type Route,
} from '../route.js';
import type { Services } from '../services.js';
import { goOnPage, returnTo, signInPath } from '../sign-in/view.js';
import type { Signed } from '../sign-in/sessions.js';
import { knownProblem, OpsProblem } from './problem.js';
import { cookieOf, isFromElsewhere, readForm, requireSameOrigin } from './exchange.js';
import { createRequest, pathOf, type OpsRequest } from './request.js';

/** Longer addresses are refused, characters; ours are far below. */
const MAX_ADDRESS = 2000;

/** A route as Express serves it: every request passes the same checks, in this order. */
export const serve =
  (services: Services, route: Route): RequestHandler =>
  async (req, res) => {
    const request = createRequest(req, res, services, route.name);
    try {
      await send(request, await answerOf(route, request));
    } catch (error) {
      await refuse(request, error);
    }
  };

async function answerOf(route: Route, request: OpsRequest): Promise<Answer> {
  await checkRequest(route.method, request);
  if (route.role !== 'nobody' && request.signed === null) return askToSignIn(request);
  if (route.method === 'POST') request.form = await readForm(request);
  if (route.role === 'nobody') {
    if (route.limited === true) await request.services.limits.check(request, request.form.get('name'));
    return route.handle(request);
  }
  const { signed } = request;
  if (signed === null || !hasRole(signed.user, route.role)) throw new OpsProblem('forbidden');
  return route.handle(contextOf(request, signed), request);
}

/** How long, from where, and from whom; nothing of its body is read before. */
async function checkRequest(method: string, request: OpsRequest): Promise<void> {
  if (request.req.originalUrl.length > MAX_ADDRESS) throw new OpsProblem('address_too_long');
  if (method !== 'GET') requireSameOrigin(request);
  request.signed = await request.services.sessions.find(cookieOf(request, 'session'));
}

/** A link from a mail leaves the strict cookie behind: the browser comes again, from here. */
function askToSignIn({ req, t }: OpsRequest): Answer {
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new OpsProblem('session_ended');
  if (isFromElsewhere(req)) return goOnPage(returnTo(req.originalUrl), t('Un instant'));
  return goTo(signInPath(req.originalUrl));
}

function contextOf({ req, services, t, query, form, log }: OpsRequest, { user }: Signed): PageContext {
  const params = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
  const { pipeline: opened, storage, clock, hasParcours } = services;
  return { pipeline: opened, storage, clock, hasParcours, user, t, query, form, params, log };
}

/** Another program's pages behind the same checks; of its writes the mount says which pass. */
export function mounted(services: Services, mount: Mount): RequestHandler {
  const users = new WeakMap<IncomingMessage, User>();
  const handler = mount.build(services.pipeline, (req) => {
    const user = users.get(req);
    if (user === undefined) throw new OpsProblem('session_ended');
    return user;
  });
  return async (req, res, next) => {
    const request = createRequest(req, res, services, mount.name);
    try {
      await checkRequest(req.method === 'HEAD' ? 'GET' : req.method, request);
      if (request.signed === null) return await send(request, askToSignIn(request));
      requireRight(mount, request, request.signed.user);
      users.set(req, request.signed.user);
    } catch (error) {
      return refuse(request, error);
    }
    return handler(req, res, (error?: unknown) =>
      error === undefined ? next() : void refuse(request, error),
    );
  };
}

function requireRight({ role, mayWrite }: Mount, { req, log }: OpsRequest, user: User): void {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  const needed = reads ? role : mayWrite(req.method, req.path);
  if (needed !== 'nobody' && hasRole(user, needed)) return;
  log.warn({ user: user.name, method: req.method }, 'ops write refused');
  throw new OpsProblem('forbidden');
}

/** Sends a good answer. */
async function send(request: OpsRequest, answer: Answer): Promise<void> {
  if (answer.kind === 'page') await sendPage(request, answer);
  else if (answer.kind === 'redirect') await sendOn(request, answer);
  else await sendFile(request, answer);
  logRequest(request);
}

/** Sends the page of an error; an unforeseen one is logged and told as `internal`. */
export async function refuse(request: OpsRequest, error: unknown): Promise<void> {
  const { res, log, t, services } = request;
  const problem = (await knownProblem(error, services.storage)) ?? new OpsProblem('internal');
  if (problem.status >= 500) log.error({ err: error }, 'an ops page failed');
  if (res.headersSent) res.destroy();
  else {
    if (problem.retryAfterS !== null) res.set('Retry-After', String(problem.retryAfterS));
    const { title, advice } = problem.told(t);
    const sheet = { title, onTo: null, body: h(ProblemView, { advice }) };
    sendHtml(request, problem.status, renderPage(frameOf(request, null), sheet));
  }
  logRequest(request, problem.code);
}

async function sendPage(request: OpsRequest, page: PageAnswer): Promise<void> {
  const { t, services, signed, req, res } = request;
  const { status, title, body, onTo = null, refreshS } = page;
  const reads = signed !== null && req.method === 'GET' && status === 200 && onTo === null;
  const flash = reads ? await services.sessions.takeFlash(signed.id) : null;
  // A form that was filled in wrongly says so first.
  const shown = status < 400 ? title : `${t('Erreur : ')}${title}`;
  const html = renderPage(frameOf(request, flash), { title: shown, onTo, body });
  if (refreshS !== undefined) res.set('Refresh', String(refreshS));
  sendHtml(request, status, html);
}

function sendHtml({ res }: OpsRequest, status: number, html: string): void {
  res.statusCode = status;
  res.set({ 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': String(Buffer.byteLength(html)) });
  res.end(html);
}

async function sendOn({ res, services, signed }: OpsRequest, { to, flash }: Redirect): Promise<void> {
  if (flash !== null && signed !== null) await services.sessions.keepFlash(signed.id, flash);
  res.statusCode = 303;
  res.setHeader('Location', to);
  res.end();
}

async function sendFile({ req, res }: OpsRequest, { name, type, text }: FileAnswer): Promise<void> {
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Disposition', `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"`);
  if (req.method === 'HEAD') res.end();
  else await pipeline(Readable.from(typeof text === 'string' ? [text] : text), res);
}

function frameOf(request: OpsRequest, flash: Flash | null): Frame {
  const { req, services, signed, t, route, requestId, query } = request;
  const { config, assets, nav } = services;
  const other = new URLSearchParams(query);
  other.set('lang', t.lang === 'fr' ? 'en' : 'fr');
  return {
    t,
    user: signed?.user ?? null,
    nav,
    current: route,
    name: config.name,
    logoHref: assets.logo?.href ?? null,
    styleHref: assets.style.href,
    // What was posted cannot be asked for again.
    otherLangHref:
      req.method === 'GET' ? `${pathOf(req)}?${other.toString()}` : `/ops?lang=${other.get('lang') ?? ''}`,
    timeZone: services.pipeline.scheme.timeZone,
    flash,
    requestId,
  };
}

/** One line a request: never an address, a form or a cookie. */
function logRequest({ req, res, log, route, signed, startedMs }: OpsRequest, code?: string): void {
  const durationMs = Math.round(performance.now() - startedMs);
  const user = signed?.user.name ?? null;
  const about = { method: req.method, route, status: res.statusCode, user, durationMs };
  log.info(code === undefined ? about : { ...about, code }, 'ops request');
}
