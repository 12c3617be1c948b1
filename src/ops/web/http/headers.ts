import type { Request, Response } from 'express';
import type { OpsConfig } from '../../../config.js';

/** A request and its answer; `publicUrl` is the address that people see. */
export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly services: { readonly config: Pick<OpsConfig, 'publicUrl'> };
}

/** Whether the browser is on TLS: `PUBLIC_URL` or a trusted proxy says so. */
const isSecure = ({ req, services }: Exchange): boolean =>
  services.config.publicUrl?.startsWith('https:') === true || req.secure;

/** Scheme and host that people see in their browser. */
export const originOf = ({ req, services }: Exchange): string =>
  services.config.publicUrl ?? `${req.protocol}://${req.host}`;

/**
 * @param idp origin of the identity provider, where signing out sends a form of ours
 * @see https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
export const contentPolicy = (idp: string | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    `form-action 'self'${idp === null ? '' : ` ${idp}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

const ALWAYS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  // With `no-referrer` a browser would send `Origin: null` with our own forms.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** On every answer below `/ops`. */
export function setHeaders(exchange: Exchange, policy: string): void {
  const { res } = exchange;
  res.setHeader('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(ALWAYS)) res.setHeader(name, value);
  // Promised without TLS, it would lock people out of a test machine.
  if (isSecure(exchange)) res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  else res.removeHeader('Strict-Transport-Security');
}

/** `oidc`: what must come back from the provider; `known`: a browser in which somebody signed in before. */
export type CookieName = 'session' | 'oidc' | 'lang' | 'known';

/** `__Host-` keeps neighbours of our domain from setting it; it wants TLS and the path `/`. */
const cookieNameOf = (exchange: Exchange, name: CookieName): string =>
  `${isSecure(exchange) ? '__Host-' : ''}palier_${name}`;

const attributesOf = (exchange: Exchange) => {
  const secure = isSecure(exchange);
  return { httpOnly: true, path: secure ? '/' : '/ops', secure };
};

/** A cookie's value as it came; of two the first, which has the longer path (RFC 6265, 5.4). */
export function cookieOf(exchange: Exchange, name: CookieName): string | null {
  const parts = (exchange.req.headers.cookie ?? '').split(';').map((part) => part.trim());
  const start = `${cookieNameOf(exchange, name)}=`;
  return parts.find((part) => part.startsWith(start))?.slice(start.length) ?? null;
}

interface CookieOptions {
  /** A `lax` cookie alone comes along when another site sends the browser here. */
  readonly sameSite?: 'strict' | 'lax';
  readonly maxAgeMs: number;
}

/** @param value of letters that need no escape */
export function setCookie(
  exchange: Exchange,
  name: CookieName,
  value: string,
  { sameSite = 'strict', maxAgeMs }: CookieOptions,
): void {
  const attributes = { ...attributesOf(exchange), sameSite, maxAge: maxAgeMs };
  exchange.res.cookie(cookieNameOf(exchange, name), value, attributes);
}

export function dropCookie(exchange: Exchange, name: CookieName): void {
  exchange.res.clearCookie(cookieNameOf(exchange, name), attributesOf(exchange));
}
