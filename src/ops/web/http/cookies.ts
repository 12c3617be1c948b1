import type { Request, Response } from 'express';

export const SESSION_COOKIE = 'palier_session';
/** What must come back from the identity provider. */
export const TRIP_COOKIE = 'palier_oidc';
export const LANG_COOKIE = 'palier_lang';
/** Of a browser in which somebody signed in with a password. */
export const KNOWN_COOKIE = 'palier_known';

export type CookieName =
  typeof SESSION_COOKIE | typeof TRIP_COOKIE | typeof LANG_COOKIE | typeof KNOWN_COOKIE;

/** The value of a cookie, as it came; of two with one name the first, which has the longer path (RFC 6265, 5.4). */
export function cookieOf(req: Request, name: CookieName): string | null {
  const parts = (req.headers.cookie ?? '').split(';').map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

interface CookieOptions {
  /** `lax` alone comes along when another site sends the browser here. */
  readonly sameSite?: 'strict' | 'lax';
  /** Without it the cookie goes with the browser's window. */
  readonly maxAgeMs?: number;
}

/** @param value of letters that need no escape */
export function setCookie(
  req: Request,
  res: Response,
  name: CookieName,
  value: string,
  { sameSite = 'strict', maxAgeMs }: CookieOptions = {},
): void {
  res.cookie(name, value, {
    httpOnly: true,
    sameSite,
    path: '/ops',
    secure: req.secure,
    ...(maxAgeMs === undefined ? {} : { maxAge: maxAgeMs }),
  });
}

export function dropCookie(req: Request, res: Response, name: CookieName): void {
  res.clearCookie(name, { httpOnly: true, path: '/ops', secure: req.secure });
}
