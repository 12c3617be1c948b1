import express, { type Request, type RequestHandler, type Response } from 'express';
import { originOf, type Exchange } from './headers.js';
import { OpsProblem } from './problem.js';

/**
 * A write must come from a page of ours. Browsers say so in `Sec-Fetch-Site`, over TLS and to this machine; where
 * they do not, the form's origin must be ours. With the session's `SameSite=Strict` cookie this is all that stops
 * forged forms: they carry no token.
 * @throws OpsProblem
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function requireSameOrigin(exchange: Exchange): void {
  const { 'sec-fetch-site': site, origin } = exchange.req.headers;
  const good = site === undefined ? origin === originOf(exchange) : site === 'same-origin';
  if (!good) throw new OpsProblem('cross_site');
}

/** Another site's link or form brought the browser here: `Strict` cookies stayed behind. */
export const isFromElsewhere = (req: Request): boolean => req.headers['sec-fetch-site'] === 'cross-site';

/** Above any form of ours, bytes. */
const LIMIT = 16 * 1024;
const FORM = 'application/x-www-form-urlencoded';

const asText: RequestHandler = express.text({ type: FORM, limit: LIMIT, inflate: false });

/**
 * What a form was filled in with.
 * @throws OpsProblem when it is no form, or over 16 kB
 */
export async function readForm(req: Request, res: Response): Promise<URLSearchParams> {
  if (!req.is(FORM)) throw new OpsProblem('media_type');
  try {
    await run(asText, req, res);
  } catch (error) {
    const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : null;
    if (status === 413) throw new OpsProblem('too_large');
    throw new OpsProblem(status === 415 ? 'media_type' : 'bad_request');
  }
  const body: unknown = req.body;
  return new URLSearchParams(typeof body === 'string' ? body : '');
}

/** A middleware as a promise. */
export const run = (handler: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    void Promise.resolve(handler(req, res, next)).catch(reject);
  });
