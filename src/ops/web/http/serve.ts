import type { RequestHandler } from 'express';
import { goTo, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { hasRole } from '../layout/frame.js';
import type { OpenRoute, Route, SignedRoute } from '../route.js';
import type { Services } from '../services.js';
import type { Signed } from '../session/store.js';
import { goOnPage } from '../sign-in/page.js';
import { returnTo, signInPath } from '../sign-in/return-to.js';
import { cookieOf, SESSION_COOKIE } from './cookies.js';
import { readForm } from './form.js';
import { OpsProblem } from './problem.js';
import { isFromElsewhere, requireSameOrigin } from './same-origin.js';
import { refuse, send } from './send.js';
import { begin, type Visit } from './visit.js';

/** The longest address that is looked at, characters; ours are far below. */
const MAX_ADDRESS = 2000;

/** A route as Express serves it: every request goes through the same doors, in this order. */
export const serve =
  (services: Services, route: Route): RequestHandler =>
  async (req, res) => {
    const visit = begin(req, res, services, route.name);
    try {
      await send(visit, await answerOf(route, visit));
    } catch (error) {
      await refuse(visit, error);
    }
  };

async function answerOf(route: Route, visit: Visit): Promise<Answer> {
  await requireGoodRequest(route.method, visit);
  if (route.role === 'nobody') return openAnswer(route, visit);
  if (visit.signed === null) return askToSignIn(visit);
  return signedAnswer(route, visit, visit.signed);
}

/** Before anything is read of it: how long, from where, and from whom. */
export async function requireGoodRequest(method: string, visit: Visit): Promise<void> {
  const { req, services } = visit;
  if (req.originalUrl.length > MAX_ADDRESS) throw new OpsProblem('address_too_long');
  if (method !== 'GET') requireSameOrigin(req, services.config.publicUrl);
  visit.signed = await services.sessions.find(cookieOf(req, SESSION_COOKIE));
}

async function openAnswer(route: OpenRoute, visit: Visit): Promise<Answer> {
  if (route.method === 'POST') visit.form = await readForm(visit.req, visit.res);
  if (route.limited) await visit.services.limits.require(visit);
  return route.handle(visit);
}

async function signedAnswer(route: SignedRoute, visit: Visit, signed: Signed): Promise<Answer> {
  if (route.method === 'POST') visit.form = await readForm(visit.req, visit.res);
  if (!hasRole(signed.user, route.role)) throw new OpsProblem('forbidden');
  return route.handle(contextOf(visit, signed), visit);
}

/** Somebody who follows a link from a mail may be signed in all the same: the browser comes again, from here. */
export function askToSignIn(visit: Visit): Answer {
  const { req } = visit;
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new OpsProblem('session_ended');
  if (isFromElsewhere(req)) return goOnPage(returnTo(req.originalUrl), visit);
  return goTo(signInPath(req.originalUrl));
}

function contextOf({ req, services, lang, query, form, log }: Visit, { user }: Signed): PageContext {
  const params = Object.entries(req.params).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const { pipeline, clock } = services;
  return { pipeline, user, lang, query, form, params: Object.fromEntries(params), log, clock };
}
