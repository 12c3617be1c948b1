import type { IncomingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import type { z } from 'zod';
import { earnerKeyOf } from '../../earners/person.js';
import { asEarnerKey, type EarnerKey } from '../../ids.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import { VaultError, type Vault } from '../../platform/vault.js';

/** @see https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html */
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/**
 * Returns a function that sets a page's security headers: no cache, no index, no frame, no other host.
 * @param directives CSP directives, added to our own styles and forms
 */
export function pageHeaders(directives: Readonly<Record<string, readonly string[]>> = {}) {
  const defaults = { defaultSrc: ["'none'"], styleSrc: ["'self'"], formAction: ["'self'"] };
  const fixed = { frameAncestors: ["'none'"], baseUri: ["'none'"] };
  const setHelmetHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...defaults, ...directives, ...fixed } },
    // With `no-referrer`, a browser sends `Origin: null` with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: false,
  });
  return (req: Request, res: Response, isSecure: boolean): void => {
    setHelmetHeaders(req, res, () => undefined);
    res.set(HEADERS);
    // Without TLS, HSTS would lock people out of a test machine.
    if (isSecure) res.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  };
}

/**
 * Reads and writes one cookie that scripts cannot read. Over TLS, the prefix `__Host-` stops sibling domains from
 * setting it, and requires the path `/`.
 * @param path the cookie's path without TLS
 */
export function cookieJar(name: string, isSecure: boolean, path: string) {
  const cookieName = isSecure ? `__Host-${name}` : name;
  const attributes = { httpOnly: true, path: isSecure ? '/' : path, secure: isSecure };
  return {
    /** Returns the raw value; of two, the first, which has the longer path (RFC 6265, 5.4). Null: no cookie. */
    read({ headers: { cookie = '' } }: Pick<Request, 'headers'>): string | null {
      const parts = cookie.split(';').map((part) => part.trim());
      return parts.find((part) => part.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? null;
    },
    /**
     * @param value has no character that needs an escape
     * @param sameSite only a `lax` cookie is sent when a link of another site leads here
     */
    set: (res: Response, value: string, maxAge: number, sameSite: 'strict' | 'lax' = 'strict'): void =>
      void res.cookie(cookieName, value, { ...attributes, sameSite, maxAge }),
    clear: (res: Response): void => void res.clearCookie(cookieName, attributes),
  };
}

/**
 * Whether one of our own pages sent a form. Browsers send `Sec-Fetch-Site` over TLS and to localhost. Without it,
 * `Origin` must be ours. With a `SameSite=Strict` cookie, this is the whole protection against forged forms.
 * @param ownOrigin our scheme and host, as browsers see them
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export const isSameOrigin = (
  { 'sec-fetch-site': site, origin }: IncomingHttpHeaders,
  ownOrigin: string,
): boolean => (site === undefined ? origin === ownOrigin : site === 'same-origin');

/** Reads JSON that was sealed for Redis or a browser. Null: missing, not sealed by us, altered, or another schema. */
export function openSealed<T>(
  vault: Vault,
  sealed: string | null,
  context: string,
  schema: z.ZodType<T>,
): T | null {
  if (sealed === null) return null;
  try {
    return schema.safeParse(JSON.parse(vault.open(sealed, context))).data ?? null;
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

const MAX_ADDRESS_CHARS = 254;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** Returns the earner key of a typed e-mail address; null: not an address. */
export function keyOfAddress(text: string | null, vault: Vault): EarnerKey | null {
  const typed = withoutUnseenEnds(text ?? '');
  return ADDRESS.test(typed) && typed.length <= MAX_ADDRESS_CHARS ? earnerKeyOf(vault, typed) : null;
}

/** The form of an earner key: 128 bits in base64url. */
const EARNER_KEY = /^[\w-]{22}$/;

/** Returns a typed earner key, in the form that reports and the journal show; null: not a key. */
export function parseEarnerKey(text: string | null): EarnerKey | null {
  const typed = withoutUnseenEnds(text ?? '');
  return EARNER_KEY.test(typed) ? asEarnerKey(typed) : null;
}

/** Matches code or typed text with its tags, another tag with its attributes, or plain text. */
const HTML_PARTS = /<(code|textarea|pre)\b[^>]*>.*?<\/\1>|<[^">]*(?:"[^"]*"[^">]*)*>|[^<]+/gs;

/**
 * Makes the spaces inside « » and before : ; ? ! non-breaking. Tags, code and typed text stay as they are.
 * @param html as preact renders it: attributes in double quotes, text escaped
 * @see Lexique des règles typographiques en usage à l'Imprimerie nationale
 */
export const typesetFrench = (html: string): string =>
  html.replaceAll(HTML_PARTS, (part) => (part.startsWith('<') ? part : spaced(part)));

const spaced = (text: string): string =>
  text
    .replaceAll('« ', '«\u00a0')
    .replaceAll(' »', '\u00a0»')
    .replaceAll(' :', '\u00a0:')
    .replaceAll(/ (?=[;?!])/g, '\u202f');
