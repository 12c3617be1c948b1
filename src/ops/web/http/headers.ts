import type { Request, Response } from 'express';

/**
 * @param idp origin of the identity provider, where a form of ours may end up: signing out there
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

/** On every answer below `/ops`, whatever becomes of it. */
export function setHeaders(req: Request, res: Response, policy: string): void {
  res.setHeader('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(ALWAYS)) res.setHeader(name, value);
  // A promise of TLS made without it would lock people out of a test machine.
  if (req.secure) res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  else res.removeHeader('Strict-Transport-Security');
}
