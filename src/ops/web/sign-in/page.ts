import { h } from 'preact';
import type { Localized } from '../../shared/words.js';
import { goTo, type Answer, type PageAnswer } from '../answer.js';
import type { Visit } from '../http/visit.js';
import { returnTo } from './return-to.js';
import { GoOnView, SignInView } from './view.js';
import { SIGN_IN } from './words.js';

/** `GET /ops/connexion`. */
export function signInPage(visit: Visit): Answer {
  if (visit.signed !== null) return goTo(returnTo(visit.query.get('suite')));
  return signInForm(visit, { status: 200, fault: null });
}

interface Shown {
  readonly status: number;
  readonly fault: Localized | null;
}

/** The form, again when something was wrong. */
export function signInForm(visit: Visit, { status, fault }: Shown): PageAnswer {
  const { services, query, form, lang } = visit;
  const model = {
    hasPasswords: services.hasPasswords,
    hasOidc: services.oidc !== null,
    name: form.get('name') ?? '',
    fault,
    returnTo: returnTo(form.get('suite') ?? query.get('suite')),
    signedOut: status === 200 && query.has('fin'),
  };
  return { kind: 'page', status, title: SIGN_IN.title, body: h(SignInView, { model, lang }) };
}

/**
 * A page that sends the browser on by itself. A redirect would not do: where another site began the
 * journey, a browser keeps our session's cookie (`SameSite=Strict`) back to its end.
 */
export const goOnPage = (to: string, { lang }: Visit, title: Localized = SIGN_IN.moment): PageAnswer => ({
  kind: 'page',
  status: 200,
  title,
  body: h(GoOnView, { to, lang }),
  onTo: to,
});
