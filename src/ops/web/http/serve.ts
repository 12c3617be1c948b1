import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { hasRole, type User } from '../parts/frame.js';
import { goTo, type Answer, type Mount, type PageContext, type Route } from '../route.js';
import type { Services } from '../services.js';
import { goOnPage, returnTo, signInPath } from '../sign-in/return-to.js';
import type { Signed } from '../sign-in/sessions.js';
import { isFromElsewhere, readForm, requireSameOrigin } from './form.js';
import { cookieOf } from './headers.js';
import { OpsProblem } from './problem.js';
import { createRequest, type OpsRequest } from './request.js';
import { refuse, send } from './send.js';

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
  if (route.method === 'POST') request.form = await readForm(request.req, request.res);
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
function askToSignIn(request: OpsRequest): Answer {
  const { req } = request;
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new OpsProblem('session_ended');
  if (isFromElsewhere(req)) return goOnPage(returnTo(req.originalUrl));
  return goTo(signInPath(req.originalUrl));
}

function contextOf({ req, services, lang, query, form, log }: OpsRequest, { user }: Signed): PageContext {
  const params = Object.entries(req.params).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const { pipeline, storage, clock, hasParcours } = services;
  const given = { pipeline, storage, clock, hasParcours };
  return { ...given, user, lang, query, form, params: Object.fromEntries(params), log };
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
