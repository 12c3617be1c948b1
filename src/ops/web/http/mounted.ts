import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { User } from '../context.js';
import { hasRole } from '../layout/frame.js';
import type { Mount } from '../route.js';
import type { Services } from '../services.js';
import { askToSignIn, requireGoodRequest } from './serve.js';
import { OpsProblem } from './problem.js';
import { refuse, send } from './send.js';
import { begin, type Visit } from './visit.js';

/** Another program's pages behind our doors: it is reached by whoever may, and by the writes it is let. */
export function mounted(services: Services, mount: Mount): RequestHandler {
  const users = new WeakMap<IncomingMessage, User>();
  const whoOf = (req: IncomingMessage): User => {
    const user = users.get(req);
    if (user === undefined) throw new OpsProblem('session_ended');
    return user;
  };
  const handler = mount.build(services.pipeline, whoOf);
  return async (req, res, next) => {
    const visit = begin(req, res, services, mount.name);
    try {
      await requireGoodRequest(req.method === 'HEAD' ? 'GET' : req.method, visit);
      if (visit.signed === null) return await send(visit, askToSignIn(visit));
      requireRight(mount, visit, visit.signed.user);
      users.set(req, visit.signed.user);
    } catch (error) {
      return refuse(visit, error);
    }
    return handler(req, res, (error?: unknown) => (error === undefined ? next() : void refuse(visit, error)));
  };
}

/** The session's cookie does not come along from another site, and the browser said that this is ours. */
function requireRight({ role, mayWrite }: Mount, { req, log }: Visit, user: User): void {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  const needed = reads ? role : mayWrite(req.method, req.path);
  if (needed !== 'nobody' && hasRole(user, needed)) return;
  log.warn({ user: user.name, method: req.method }, 'ops write refused');
  throw new OpsProblem('forbidden');
}
