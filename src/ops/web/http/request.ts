import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Logger } from '../../../platform/logger.js';
import { LANGS, type Lang } from '../../shared/words.js';
import type { Services } from '../services.js';
import type { Signed } from '../sign-in/sessions.js';
import { TRANSLATORS, type Translate } from '../words.js';
import { cookieOf, HEADERS, isSecure, setCookie, type Exchange } from './exchange.js';

/** One request on its way to its answer. */
export interface OpsRequest extends Exchange {
  readonly services: Services;
  /** A name for the log: the address may hold anything. */
  readonly route: string;
  readonly requestId: string;
  readonly log: Logger;
  readonly t: Translate;
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
  res.set({ ...HEADERS, 'X-Request-Id': requestId, 'Content-Security-Policy': services.policy });
  // Promised without TLS, it would lock people out of a test machine.
  if (isSecure(exchange)) res.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  else res.removeHeader('Strict-Transport-Security');
  const query = new URLSearchParams(req.originalUrl.slice(pathOf(req).length + 1));
  return {
    ...exchange,
    route,
    requestId,
    log: services.log.child({ requestId }),
    t: TRANSLATORS[languageOf(exchange, query)],
    query,
    startedMs: performance.now(),
    signed: null,
    form: new URLSearchParams(),
  };
}

/** The path that was asked for, from `/ops` on, without the query. */
export const pathOf = (req: Request): string => req.originalUrl.split('?', 1)[0] ?? '';

const YEAR_MS = 365 * 24 * 3_600_000;

const languageIn = (text: string | null) => LANGS.find((lang) => lang === text) ?? null;

/** `?lang=` is kept. French by default: a browser's language says nothing about the operator. */
function languageOf(exchange: Exchange, query: URLSearchParams): Lang {
  const asked = languageIn(query.get('lang'));
  if (asked !== null) setCookie(exchange, 'lang', asked, YEAR_MS, 'lax');
  return asked ?? languageIn(cookieOf(exchange, 'lang')) ?? 'fr';
}
