import { h } from 'preact';
import { z } from 'zod';
import { OpsProblem } from '../http/problem.js';
import { cookieOf, dropCookie, setCookie } from '../http/exchange.js';
import type { OpsRequest } from '../http/request.js';
import { goTo, type Answer, type PageAnswer, type Route } from '../route.js';
import type { French } from '../words.js';
import type { Oidc } from './oidc.js';
import { openJson, SESSION_MS, type Account } from './sessions.js';
import { goOnPage, returnTo, SignInView } from './view.js';

/** The form, again when something was wrong. */
function signInForm(request: OpsRequest, status = 200, fault: French | null = null): PageAnswer {
  const { services, query, form, t } = request;
  const model = {
    hasPasswords: services.hasPasswords,
    hasOidc: services.oidc !== null,
    name: form.get('name') ?? '',
    fault: fault === null ? null : t(fault),
    returnTo: returnTo(form.get('suite') ?? query.get('suite')),
    signedOut: status === 200 && query.has('fin'),
  };
  return { kind: 'page', status, title: t('Connexion'), body: h(SignInView, { model, t }) };
}

/** `POST /ops/connexion`. An unknown name and a wrong password are answered alike. */
async function signIn(request: OpsRequest): Promise<Answer> {
  const { services, form, log } = request;
  if (!services.hasPasswords) throw new OpsProblem('not_found');
  const name = form.get('name') ?? '';
  const account = await services.gate(() => services.accounts.byPassword(name, form.get('password') ?? ''));
  if (account === null) {
    log.warn({ user: services.accounts.known(name), via: 'password' }, 'ops sign-in refused');
    return signInForm(request, 403, 'Nom ou mot de passe incorrect.');
  }
  await startSession(request, account, null);
  services.limits.remember(request, name);
  return goTo(returnTo(form.get('suite')));
}

/** Starts a session, and ends the one that the browser came with. */
async function startSession(request: OpsRequest, account: Account, idToken: string | null): Promise<void> {
  const { services, log, signed } = request;
  if (signed !== null) await services.sessions.end(signed.id);
  setCookie(request, 'session', await services.sessions.start(account, idToken), SESSION_MS);
  log.info({ user: account.name, role: account.role, via: account.via }, 'ops sign-in');
}

/** `POST /ops/deconnexion`. The record is deleted, so an old cookie opens nothing. */
async function signOut(request: OpsRequest): Promise<Answer> {
  const { services, signed, log } = request;
  if (signed === null) throw new OpsProblem('session_ended');
  await services.sessions.end(signed.id);
  dropCookie(request, 'session');
  log.info({ user: signed.user.name }, 'ops sign-out');
  const elsewhere = signed.idToken === null ? null : await services.oidc?.signOutUrl(signed.idToken);
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
    const away = 'Le service d’identité de votre organisation ne répond pas. Recommencez dans un instant.';
    return signInForm(request, 503, away);
  }
}

const FAILED = 'La connexion par votre organisation n’a pas abouti : recommencez depuis cette page.';
const UNLISTED = 'Votre organisation vous connaît, mais aucun accès à ces pages ne vous a été donné.';

/** `GET /ops/oidc/retour`: back from it, with its answer. */
async function finishOidc(request: OpsRequest): Promise<Answer> {
  const { query, log, services, t } = request;
  const oidc = oidcOf(request);
  const refused = { user: null, via: 'oidc' };
  const login = takeLogin(request);
  if (login === null) return signInForm(request, 403, FAILED);
  let back: Awaited<ReturnType<Oidc['finish']>>;
  try {
    back = await oidc.finish(query, login);
  } catch (err) {
    log.warn({ err, ...refused }, 'ops sign-in refused');
    return signInForm(request, 403, FAILED);
  }
  const account = services.accounts.byIdentity(back.identity);
  if (account === null) {
    log.warn(refused, 'ops sign-in refused');
    return signInForm(request, 403, UNLISTED);
  }
  await startSession(request, account, back.idToken);
  return goOnPage(returnTo(login.returnTo), t('Vous êtes connecté'));
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
type Login = z.output<typeof loginForm>;

/** Sealed in a cookie: strangers use no memory of ours. `Lax`, to come along from the provider. */
function keepLogin(request: OpsRequest, login: Omit<Login, 'endsMs'>): void {
  const { vault, clock } = request.services;
  const record: Login = { ...login, endsMs: clock() + LOGIN_MS };
  setCookie(request, 'oidc', vault.seal(JSON.stringify(record), LOGIN_CONTEXT), LOGIN_MS, 'lax');
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

/** `GET /ops/connexion`. */
const showSignIn = (request: OpsRequest): Answer =>
  request.signed === null ? signInForm(request) : goTo(returnTo(request.query.get('suite')));

export const SIGN_IN_ROUTES: readonly Route[] = [
  { name: 'sign-in', method: 'GET', path: '/connexion', role: 'nobody', handle: showSignIn },
  { name: 'sign-in', method: 'POST', path: '/connexion', role: 'nobody', limited: true, handle: signIn },
  {
    name: 'sign-out',
    method: 'POST',
    path: '/deconnexion',
    role: 'lecture',
    handle: (_, one) => signOut(one),
  },
  { name: 'oidc', method: 'GET', path: '/oidc/depart', role: 'nobody', handle: beginOidc },
  { name: 'oidc', method: 'GET', path: '/oidc/retour', role: 'nobody', limited: true, handle: finishOidc },
];
