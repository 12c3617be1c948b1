import type { Request } from 'express';
import { OpsProblem } from './problem.js';

/** Scheme and host that people see in their browser. */
export const originOf = (req: Request, publicUrl: string | null): string =>
  publicUrl ?? `${req.protocol}://${req.host}`;

/**
 * A write must come from a page of ours. Browsers say so themselves, over TLS and to this machine; where
 * they do not, the form's origin must be ours; a request that says neither is refused. With the session's
 * `SameSite=Strict` cookie this is all that stops forged forms: they carry no token.
 * @throws OpsProblem
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function requireSameOrigin(req: Request, publicUrl: string | null): void {
  const { 'sec-fetch-site': site, origin } = req.headers;
  const good = site === undefined ? origin === originOf(req, publicUrl) : site === 'same-origin';
  if (!good) throw new OpsProblem('cross_site');
}

/** Another site's link or form brought the browser here: cookies that are `Strict` stayed behind. */
export const isFromElsewhere = (req: Request): boolean => req.headers['sec-fetch-site'] === 'cross-site';
