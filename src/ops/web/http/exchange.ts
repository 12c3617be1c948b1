import express, { type Request, type RequestHandler, type Response } from 'express';
import { cookieIn, isSameOrigin } from '../../shared/browser.js';
import { OpsProblem } from './problem.js';

/** A request and its answer; `publicUrl` is the address that people see. */
export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly services: { readonly config: { readonly publicUrl: string | null } };
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html */
export const HEADERS = {
  'Cache-Control': 'no-store',
  // With `no-referrer` a browser would send `Origin: null` with our own forms.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/** The pages' policy. @param idp origin of the identity provider, where signing out sends a form of ours */
export const contentPolicy = (idp: string | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action 'self'${idp === null ? '' : ` ${idp}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/** Whether the browser is on TLS: `PUBLIC_URL` or a trusted proxy says so. */
export const isSecure = ({ req, services }: Exchange): boolean =>
  services.config.publicUrl?.startsWith('https:') === true || req.secure;

/** `oidc`: what must come back from the provider; `known`: a browser in which somebody signed in before. */
type CookieName = 'session' | 'oidc' | 'lang' | 'known';

/** `__Host-` keeps neighbours of our domain from setting it; it wants TLS and the path `/`. */
const cookieNameOf = (exchange: Exchange, name: CookieName): string =>
  `${isSecure(exchange) ? '__Host-' : ''}palier_${name}`;

const attributesOf = (exchange: Exchange) => {
  const secure = isSecure(exchange);
  return { httpOnly: true, path: secure ? '/' : '/ops', secure };
};

export const cookieOf = (exchange: Exchange, name: CookieName): string | null =>
  cookieIn(exchange.req.headers, cookieNameOf(exchange, name));

/**
 * @param value of letters that need no escape
 * @param sameSite a `lax` cookie alone comes along when another site sends the browser here
 */
export function setCookie(
  exchange: Exchange,
  name: CookieName,
  value: string,
  maxAge: number,
  sameSite: 'strict' | 'lax' = 'strict',
): void {
  exchange.res.cookie(cookieNameOf(exchange, name), value, { ...attributesOf(exchange), sameSite, maxAge });
}

export const dropCookie = (exchange: Exchange, name: CookieName): void =>
  void exchange.res.clearCookie(cookieNameOf(exchange, name), attributesOf(exchange));

/** A write must come from a page of ours: forms carry no token. @throws OpsProblem */
export function requireSameOrigin({ req, services }: Exchange): void {
  const own = services.config.publicUrl ?? `${req.protocol}://${req.host}`;
  if (!isSameOrigin(req.headers, own)) throw new OpsProblem('cross_site');
}

/** Another site's link or form brought the browser here: `Strict` cookies stayed behind. */
export const isFromElsewhere = (req: Request): boolean => req.headers['sec-fetch-site'] === 'cross-site';

const FORM = 'application/x-www-form-urlencoded';
/** 16 kB is above any form of ours. */
const asText: RequestHandler = express.text({ type: FORM, limit: 16 * 1024, inflate: false });

/**
 * What a form was filled in with.
 * @throws OpsProblem when it is no form, or over 16 kB
 */
export async function readForm({ req, res }: Exchange): Promise<URLSearchParams> {
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
