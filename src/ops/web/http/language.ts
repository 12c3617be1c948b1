import type { Request, Response } from 'express';
import { LANGS, type Lang } from '../../shared/words.js';
import { cookieOf, LANG_COOKIE, setCookie } from './cookies.js';

const YEAR_MS = 365 * 24 * 3_600_000;

const known = (text: string | null): Lang | null => LANGS.find((lang) => lang === text) ?? null;

/**
 * `?lang=` is kept for the visits to come. French for whoever never chose: an operator's browser in
 * another language says nothing about the operator.
 */
export function languageOf(req: Request, res: Response, query: URLSearchParams): Lang {
  const asked = known(query.get('lang'));
  if (asked !== null) setCookie(req, res, LANG_COOKIE, asked, { sameSite: 'lax', maxAgeMs: YEAR_MS });
  return asked ?? known(cookieOf(req, LANG_COOKIE)) ?? 'fr';
}
