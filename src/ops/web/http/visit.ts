import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from '../../../platform/logger.js';
import type { Lang } from '../../shared/words.js';
import type { Services } from '../services.js';
import type { Signed } from '../session/store.js';
import { setHeaders } from './headers.js';
import { languageOf } from './language.js';

/** One request on its way to its answer. */
export interface Visit {
  readonly req: Request;
  readonly res: Response;
  readonly services: Services;
  /** A name for the log: the address that was asked for may hold anything. */
  readonly route: string;
  readonly requestId: string;
  readonly log: Logger;
  readonly lang: Lang;
  readonly query: URLSearchParams;
  readonly startedMs: number;
  /** Who it is, as soon as that is known; then even a page that says no has the navigation. */
  signed: Signed | null;
  /** What was posted, once it was read. */
  form: URLSearchParams;
}

export function begin(req: Request, res: Response, services: Services, route: string): Visit {
  const given = req.get('x-request-id');
  const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', requestId);
  setHeaders(req, res, services.policy);
  const query = queryOf(req);
  return {
    req,
    res,
    services,
    route,
    requestId,
    log: services.log.child({ requestId }),
    lang: languageOf(req, res, query),
    query,
    startedMs: performance.now(),
    signed: null,
    form: new URLSearchParams(),
  };
}

/** The path that was asked for, without what follows `?`; from `/ops` on. */
export const pathOf = (req: Request): string => req.originalUrl.split('?', 1)[0] ?? '';

const queryOf = (req: Request): URLSearchParams =>
  new URLSearchParams(req.originalUrl.slice(pathOf(req).length + 1));
