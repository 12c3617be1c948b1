import { h } from 'preact';
import { z } from 'zod';
import type { Localized } from '../../shared/words.js';
import { cookieOf, dropCookie, setCookie } from '../http/headers.js';
import { OpsProblem } from '../http/problem.js';
import type { OpsRequest } from '../http/request.js';
import { goTo, type Answer, type PageAnswer, type Route } from '../route.js';
import type { Account } from './accounts.js';
import type { Oidc, OidcLoginState } from './oidc.js';
import { goOnPage, returnTo } from './return-to.js';
import { openJson, SESSION_MS } from './sessions.js';
import { SignInView } from './view.js';
import { SIGN_IN } from './words.js';

/** `GET /ops/connexion`. */
function signInPage(request: OpsRequest): Answer {
  if (request.signed !== null) return goTo(returnTo(request.query.get('suite')));
  return signInForm(request, 200, null);
}

/** The form, again when something was wrong. */
function signInForm(request: OpsRequest, status: number, fault: Localized | null): PageAnswer {
  const { services, query, form, lang } = request;
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

/** `POST /ops/connexion`. An unknown name and a wrong password are answered alike. */
async function signIn(request: OpsRequest): Promise<Answer> {
  const { services, form, log } = request;
  if (!services.hasPasswords) throw new OpsProblem('not_found');
  const name = form.get('name') ?? '';
  const account = await services.gate(() => services.accounts.byPassword(name, form.get('password') ?? ''));
  if (account === null) {
    log.warn({ user: services.accounts.known(name), via: 'password' }, 'ops sign-in refused');
    return signInForm(request, 403, SIGN_IN.wrong);
  }
  await startSession(request, account, null);
  services.limits.remember(request, name);
  return goTo(returnTo(form.get('suite')));
}

/** Starts a session, and ends the one that the browser came with. */
async function startSession(request: OpsRequest, account: Account, idToken: string | null): Promise<void> {
  const { services, log, signed } = request;
  if (signed !== null) await services.sessions.end(signed.id);
  const cookie = await services.sessions.start(account, idToken);
  setCookie(request, 'session', cookie, { maxAgeMs: SESSION_MS });
  log.info({ user: account.name, role: account.role, via: account.via }, 'ops sign-in');
}

/** `POST /ops/deconnexion`. The record is deleted, so an old cookie opens nothing. */
async function signOut(request: OpsRequest): Promise<Answer> {
  const { services, signed, log } = request;
  if (signed === null) throw new OpsProblem('session_ended');
  await services.sessions.end(signed.id);
  dropCookie(request, 'session');
  log.info({ user: signed.user.name }, 'ops sign-out');
  const { oidc } = services;
  const elsewhere = signed.idToken === null || oidc === null ? null : await oidc.signOutUrl(signed.idToken);
  return goTo(elsewhere ?? '/ops/connexion?fin');
}

/** `GET /ops/oidc/depart`: off to the identity provider. */
async function beginOidc(request: OpsRequest): Promise<Answer> {
  const oidc = oidcOf(request);
  try {
    const { url, login } = await oidc.begin();
    keepLogin(request, { ...login, returnTo: returnTo(request.query.get('suite')) });
    return goTo(url);
  } catch (err) {
    request.log.error({ err }, 'the identity provider does not answer');
    return signInForm(request, 503, SIGN_IN.idpAway);
  }
}

/** `GET /ops/oidc/retour`: back from it, with its answer. */
async function finishOidc(request: OpsRequest): Promise<Answer> {
  const { query, log, services } = request;
  const oidc = oidcOf(request);
  const refused = { user: null, via: 'oidc' };
  const login = takeLogin(request);
  if (login === null) return signInForm(request, 403, SIGN_IN.idpRefused);
  let back: Awaited<ReturnType<Oidc['finish']>>;
  try {
    back = await oidc.finish(query, login);
  } catch (err) {
    log.warn({ err, ...refused }, 'ops sign-in refused');
    return signInForm(request, 403, SIGN_IN.idpRefused);
  }
  const account = services.accounts.byIdentity(back.identity);
  if (account === null) {
    log.warn(refused, 'ops sign-in refused');
    return signInForm(request, 403, SIGN_IN.unlisted);
  }
  await startSession(request, account, back.idToken);
  return goOnPage(returnTo(login.returnTo), SIGN_IN.signedIn);
}

function oidcOf({ services }: OpsRequest): Oidc {
  if (services.oidc === null) throw new OpsProblem('not_found');
  return services.oidc;
}

/** Somebody may have to look for their second factor. */
const LOGIN_MS = 10 * 60_000;
const LOGIN_CONTEXT = 'ops oidc';

const loginForm = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  endsMs: z.number(),
});

type Login = OidcLoginState & { readonly returnTo: string };

/** Sealed in a cookie: strangers use no memory of ours. `Lax`, to come along from the provider. */
function keepLogin(request: OpsRequest, login: Login): void {
  const { vault, clock } = request.services;
  const record: z.input<typeof loginForm> = { ...login, endsMs: clock() + LOGIN_MS };
  const sealed = vault.seal(JSON.stringify(record), LOGIN_CONTEXT);
  setCookie(request, 'oidc', sealed, { sameSite: 'lax', maxAgeMs: LOGIN_MS });
}

/** Once: the cookie is taken back. Null without one, or with one that is too old or not ours. */
function takeLogin(request: OpsRequest): Login | null {
  const { vault, clock } = request.services;
  const sealed = cookieOf(request, 'oidc');
  if (sealed === null) return null;
  dropCookie(request, 'oidc');
  const { data } = loginForm.safeParse(openJson(vault, sealed, LOGIN_CONTEXT));
  return data === undefined || data.endsMs <= clock() ? null : data;
}

export const SIGN_IN_ROUTES: readonly Route[] = [
  { name: 'sign-in', method: 'GET', path: '/connexion', role: 'nobody', handle: signInPage },
  { name: 'sign-in', method: 'POST', path: '/connexion', role: 'nobody', limited: true, handle: signIn },
  {
    name: 'sign-out',
    method: 'POST',
    path: '/deconnexion',
    role: 'lecture',
    handle: (_, request) => signOut(request),
  },
  { name: 'oidc', method: 'GET', path: '/oidc/depart', role: 'nobody', handle: beginOidc },
  { name: 'oidc', method: 'GET', path: '/oidc/retour', role: 'nobody', limited: true, handle: finishOidc },
];
