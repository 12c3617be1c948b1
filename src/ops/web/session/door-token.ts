import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Vault } from '../../../platform/vault.js';
import { cookieOf, DOOR_COOKIE, setCookie } from '../http/cookies.js';
import { OpsProblem } from '../http/problem.js';
import type { Visit } from '../http/visit.js';

/** The field of every form that carries its token. */
export const TOKEN_FIELD = '_csrf';

const COOKIE_FORM = /^[\w-]{43}$/;

const tokenOf = (cookie: string, vault: Vault): string => vault.fingerprint(cookie, 'ops door');

/** The token of a form that is shown before a session exists: the browser's cookie, under our key. */
export function doorToken({ req, res, services }: Visit): string {
  const given = cookieOf(req, DOOR_COOKIE);
  const cookie = given !== null && COOKIE_FORM.test(given) ? given : randomBytes(32).toString('base64url');
  if (cookie !== given) setCookie(req, res, DOOR_COOKIE, cookie);
  return tokenOf(cookie, services.vault);
}

/** @throws OpsProblem unless the form has the token of the session, or before one, of the browser */
export function requireToken({ req, form, services }: Visit, sessionToken: string | null): void {
  const cookie = cookieOf(req, DOOR_COOKIE);
  const expected = sessionToken ?? (cookie === null ? null : tokenOf(cookie, services.vault));
  const given = form.get(TOKEN_FIELD);
  if (expected === null || given === null || !isSame(expected, given)) throw new OpsProblem('form_expired');
}

/** @param expected ours, whose length is no secret */
function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
