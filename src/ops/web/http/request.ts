import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from '../../../platform/logger.js';
import { LANGS, type Lang } from '../../shared/words.js';
import type { Services } from '../services.js';
import type { Signed } from '../sign-in/sessions.js';
import { cookieOf, setCookie, setHeaders, type Exchange } from './headers.js';

/** One request on its way to its answer. */
export interface OpsRequest extends Exchange {
  readonly services: Services;
  /** A name for the log: the address may hold anything. */
  readonly route: string;
  readonly requestId: string;
  readonly log: Logger;
  readonly lang: Lang;
  readonly query: URLSearchParams;
  readonly startedMs: number;
  /** Set once the session was looked up; a refusal then has the navigation, too. */
  signed: Signed | null;
  /** What was posted, once it was read. */
  form: URLSearchParams;
}

/** Sets the headers that every answer has. */
export function createRequest(req: Request, res: Response, services: Services, route: string): OpsRequest {
  const exchange = { req, res, services };
  const given = req.get('x-request-id');
  const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', requestId);
  setHeaders(exchange, services.policy);
  const query = new URLSearchParams(req.originalUrl.slice(pathOf(req).length + 1));
  return {
    ...exchange,
    route,
    requestId,
    log: services.log.child({ requestId }),
    lang: languageOf(exchange, query),
    query,
    startedMs: performance.now(),
    signed: null,
    form: new URLSearchParams(),
  };
}

/** The path that was asked for, from `/ops` on, without the query. */
export const pathOf = (req: Request): string => req.originalUrl.split('?', 1)[0] ?? '';

const YEAR_MS = 365 * 24 * 3_600_000;

const known = (text: string | null): Lang | null => LANGS.find((lang) => lang === text) ?? null;

/** `?lang=` is kept. French by default: a browser's language says nothing about the operator. */
function languageOf(exchange: Exchange, query: URLSearchParams): Lang {
  const asked = known(query.get('lang'));
  if (asked !== null) setCookie(exchange, 'lang', asked, { sameSite: 'lax', maxAgeMs: YEAR_MS });
  return asked ?? known(cookieOf(exchange, 'lang')) ?? 'fr';
}
