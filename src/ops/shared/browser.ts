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
 * What sets the headers of a page: nothing is kept, indexed, framed, or fetched from elsewhere.
 * @param directives of the policy, besides styles and forms of our own
 */
export function pageHeaders(directives: Readonly<Record<string, readonly string[]>> = {}) {
  const own = { defaultSrc: ["'none'"], styleSrc: ["'self'"], formAction: ["'self'"] };
  const kept = { frameAncestors: ["'none'"], baseUri: ["'none'"] };
  const common = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...own, ...directives, ...kept } },
    // With `no-referrer` a browser would send `Origin: null` with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: false,
  });
  return (req: Request, res: Response, isSecure: boolean): void => {
    common(req, res, () => undefined);
    res.set(HEADERS);
    // Promised without TLS, it would lock people out of a test machine.
    if (isSecure) res.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  };
}

/**
 * A cookie that no script reads. Over TLS, `__Host-` keeps neighbours of our domain from setting it, and wants the path `/`.
 * @param path without TLS
 */
export function cookieJar(name: string, isSecure: boolean, path: string) {
  const own = isSecure ? `__Host-${name}` : name;
  const attributes = { httpOnly: true, path: isSecure ? '/' : path, secure: isSecure };
  return {
    /** As it came; of two the first, which has the longer path (RFC 6265, 5.4). Null: there is none. */
    read({ headers: { cookie = '' } }: Pick<Request, 'headers'>): string | null {
      const parts = cookie.split(';').map((part) => part.trim());
      return parts.find((part) => part.startsWith(`${own}=`))?.slice(own.length + 1) ?? null;
    },
    /**
     * @param value of letters that need no escape
     * @param sameSite a `lax` cookie alone comes along when another site sends the browser here
     */
    set: (res: Response, value: string, maxAge: number, sameSite: 'strict' | 'lax' = 'strict'): void =>
      void res.cookie(own, value, { ...attributes, sameSite, maxAge }),
    clear: (res: Response): void => void res.clearCookie(own, attributes),
  };
}

/**
 * Whether a form was sent by a page of ours. Browsers say so in `Sec-Fetch-Site`, over TLS and to this machine; where
 * they do not, the form's origin must be ours. With a `SameSite=Strict` cookie this is all that stops forged forms.
 * @param own scheme and host that people see
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export const isSameOrigin = (
  { 'sec-fetch-site': site, origin }: IncomingHttpHeaders,
  own: string,
): boolean => (site === undefined ? origin === own : site === 'same-origin');

/** Reads JSON that was sealed for Redis or a browser. Null: there is none, it is not ours, or it was altered. */
export function openSealed<T>(
  vault: Vault,
  sealed: string | null,
  context: string,
  form: z.ZodType<T>,
): T | null {
  if (sealed === null) return null;
  try {
    return form.safeParse(JSON.parse(vault.open(sealed, context))).data ?? null;
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** As long as an address may be, characters. */
const MAX_ADDRESS = 254;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;

/** The key of an e-mail address that was typed; null for what is none. */
export function keyOfAddress(text: string | null, vault: Vault): EarnerKey | null {
  const typed = withoutUnseenEnds(text ?? '');
  return ADDRESS.test(typed) && typed.length <= MAX_ADDRESS ? earnerKeyOf(vault, typed) : null;
}

/** What `earnerKeyOf` makes: 128 bits in base64url. */
const KEY = /^[\w-]{22}$/;

/** The earner key that was typed, as reports and the journal show it; null for what is none. */
export function keyIn(text: string | null | undefined): EarnerKey | null {
  const typed = withoutUnseenEnds(text ?? '');
  return KEY.test(typed) ? asEarnerKey(typed) : null;
}

/** A tag with its attributes, code and typed text (they stay as they are, to be copied), or plain text. */
const PARTS = /<(code|textarea|pre)\b[^>]*>.*?<\/\1>|<[^">]*(?:"[^"]*"[^">]*)*>|[^<]+/gs;

/**
 * Makes the spaces within « » and before two-part marks unbreakable. Attributes stay as they are.
 * @param html as preact renders it: attributes in double quotes, text escaped
 * @see Lexique des règles typographiques en usage à l'Imprimerie nationale
 */
export const typesetFrench = (html: string): string =>
  html.replaceAll(PARTS, (part) => (part.startsWith('<') ? part : spaced(part)));

const spaced = (text: string): string =>
  text
    .replaceAll('« ', '«\u00a0')
    .replaceAll(' »', '\u00a0»')
    .replaceAll(' :', '\u00a0:')
    .replaceAll(/ (?=[;?!])/g, '\u202f');
