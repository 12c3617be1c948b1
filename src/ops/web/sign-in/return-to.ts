import { h } from 'preact';
import type { Localized } from '../../shared/words.js';
import type { PageAnswer } from '../route.js';
import { GoOnView } from './view.js';
import { SIGN_IN } from './words.js';

/** A path below `/ops` and its query; no host, no backslash, no space. */
const OURS = /^\/ops([/?][\x21-\x5b\x5d-\x7e]*)?$/;
const LONGEST = 1000;

/** Where somebody wanted to go before signing in: a page of ours, or the first one. */
export const returnTo = (asked: string | null): string =>
  asked !== null && asked.length <= LONGEST && OURS.test(asked) ? asked : '/ops';

export const signInPath = (from: string): string =>
  from === '/ops' ? '/ops/connexion' : `/ops/connexion?suite=${encodeURIComponent(returnTo(from))}`;

/**
 * A page that sends the browser on by itself. Through a redirect that another site began, a browser keeps our
 * `SameSite=Strict` session cookie back to its end.
 */
export const goOnPage = (to: string, title: Localized = SIGN_IN.moment): PageAnswer => ({
  kind: 'page',
  status: 200,
  title,
  body: h(GoOnView, { to }),
  onTo: to,
});
