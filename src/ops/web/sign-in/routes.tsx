import type { VNode } from 'preact';
import { z } from 'zod';
import { OpsProblem } from '../http/problem.js';
import { jarOf, setSealedCookie, takeSealedCookie, type OpsRequest } from '../http/request.js';
import { Field } from '../parts/form.js';
import { Alert, LinkLine, P } from '../parts/text.js';
import { action, goTo, type Answer, type PageAnswer, type PageRoute } from '../route.js';
import { loginState, type Oidc } from './oidc.js';
import { SESSION_MS, type Account } from './sessions.js';

/** A path below `/ops` and its query; no host, no backslash, no space. */
const OPS_PATH = /^\/ops([/?][\x21-\x5b\x5d-\x7e]*)?$/;
const MAX_PATH_CHARS = 1000;

/** Returns where to go after signing in: the requested page if it is ours, else the home page. */
export const returnTo = (requested: string | null): string =>
  requested !== null && requested.length <= MAX_PATH_CHARS && OPS_PATH.test(requested) ? requested : '/ops';

export const signInPath = (from: string): string =>
  from === '/ops' ? '/ops/connexion' : `/ops/connexion?suite=${encodeURIComponent(returnTo(from))}`;

/**
 * Returns a page that sends the browser on. A page is needed because browsers send no `SameSite=Strict` cookie
 * along redirects that another site began.
 */
export const forwardingPage = (to: string, title: string): PageAnswer => ({
  kind: 'page',
  status: 200,
  title,
  body: <LinkLine href={to} say="Continuer" />,
  refreshTo: to,
});

/** Returns the sign-in page, with a fault after a failed attempt. */
function signInForm(request: OpsRequest, status = 200, fault: string | null = null): PageAnswer {
  const { hasPasswords, oidc, query, form } = request;
  const suite = returnTo(form.get('suite') ?? query.get('suite'));
  const body = (
    <>
      {status === 200 && query.has('fin') && <Alert kind="good">Vous êtes déconnecté.</Alert>}
      {fault !== null && <Alert kind="bad">{fault}</Alert>}
      {hasPasswords && <PasswordForm name={form.get('name') ?? ''} suite={suite} />}
      {hasPasswords && oidc !== null && <P say="ou" />}
      {oidc !== null && (
        <p>
          <a class="button" href={`/ops/oidc/depart?suite=${encodeURIComponent(suite)}`}>
            Se connecter avec le compte de votre organisation
          </a>
        </p>
      )}
    </>
  );
  return { kind: 'page', status, title: 'Connexion', body };
}

const PasswordForm = ({ name, suite }: { readonly name: string; readonly suite: string }): VNode => (
  <form method="post" action="/ops/connexion" class="narrow">
    <input type="hidden" name="suite" value={suite} />
    <Field name="name" label="Nom" value={name} autocomplete="username" maxLength={200} required />
    <Field
      name="password"
      type="password"
      label="Mot de passe"
      autocomplete="current-password"
      maxLength={1024}
      required
    />
    <button type="submit">Se connecter</button>
  </form>
);

/** `GET /ops/connexion`. */
const showSignIn = (request: OpsRequest): Answer =>
  request.session === null ? signInForm(request) : goTo(returnTo(request.query.get('suite')));

const HALF_A_YEAR_MS = 180 * 24 * 3_600_000;

/** `POST /ops/connexion`. An unknown name and a wrong password get the same answer. */
async function signIn(request: OpsRequest): Promise<Answer> {
  const { req, res, accounts, gate, hasPasswords, limits, form, log } = request;
  if (!hasPasswords) throw new OpsProblem('not_found');
  const name = form.get('name') ?? '';
  const mark = limits.markOf(name);
  const knownCookie = jarOf(request, 'known');
  await limits.check(req, res, name, knownCookie.read(req) === mark);
  const account = await gate(() => accounts.byPassword(name, form.get('password') ?? ''));
  if (account === null) {
    log.warn({ user: accounts.nameForLog(name), via: 'password' }, 'ops sign-in refused');
    return signInForm(request, 403, 'Nom ou mot de passe incorrect.');
  }
  await startSession(request, account, null);
  knownCookie.set(res, mark, HALF_A_YEAR_MS);
  return goTo(returnTo(form.get('suite')));
}

/** Starts a session, and ends the browser's previous one. */
async function startSession(request: OpsRequest, account: Account, idToken: string | null): Promise<void> {
  const { res, sessions, log, session } = request;
  if (session !== null) await sessions.end(session.id);
  jarOf(request, 'session').set(res, await sessions.start(account, idToken), SESSION_MS);
  log.info({ user: account.name, role: account.role, via: account.via }, 'ops sign-in');
}

/** `POST /ops/deconnexion`. Deletes the session's record, so an old cookie is worthless. */
async function signOut(request: OpsRequest): Promise<Answer> {
  const { res, oidc, sessions, session, log } = request;
  if (session === null) throw new OpsProblem('session_ended');
  await sessions.end(session.id);
  jarOf(request, 'session').clear(res);
  log.info({ user: session.user.name }, 'ops sign-out');
  const providerUrl = session.idToken === null ? null : await oidc?.signOutUrl(session.idToken);
  return goTo(providerUrl ?? '/ops/connexion?fin');
}

/** How long signing in at the provider may take; users may have to find their second factor. */
const LOGIN_MS = 10 * 60_000;
const loginCookie = loginState.extend({ returnTo: z.string() });

/** `GET /ops/oidc/depart`: redirects to the identity provider. */
async function beginOidc(request: OpsRequest): Promise<Answer> {
  const oidc = oidcOf(request);
  try {
    const { url, login } = await oidc.begin();
    const cookie: z.input<typeof loginCookie> = { ...login, returnTo: returnTo(request.query.get('suite')) };
    // `Lax`: the browser must send it when the provider redirects back.
    setSealedCookie(request, 'oidc', cookie, LOGIN_MS, 'lax');
    return goTo(url);
  } catch (err) {
    request.log.error({ err }, 'the identity provider does not answer');
    const message = 'Le service d’identité de votre organisation ne répond pas. Recommencez dans un instant.';
    return signInForm(request, 503, message);
  }
}

const FAILED = 'La connexion par votre organisation n’a pas abouti : recommencez depuis cette page.';
const UNLISTED = 'Votre organisation vous connaît, mais aucun accès à ces pages ne vous a été donné.';

/** `GET /ops/oidc/retour`: finishes with the provider's answer. */
async function finishOidc(request: OpsRequest): Promise<Answer> {
  const { req, res, accounts, limits, query, log } = request;
  const oidc = oidcOf(request);
  const logFacts = { user: null, via: 'oidc' };
  await limits.check(req, res, null);
  const login = takeSealedCookie(request, 'oidc', loginCookie);
  if (login === null) return signInForm(request, 403, FAILED);
  const result = await oidc.finish(query, login).catch((err: unknown) => {
    log.warn({ err, ...logFacts }, 'ops sign-in refused');
    return null;
  });
  if (result === null) return signInForm(request, 403, FAILED);
  const account = accounts.byIdentity(result.identity);
  if (account === null) {
    log.warn(logFacts, 'ops sign-in refused');
    return signInForm(request, 403, UNLISTED);
  }
  await startSession(request, account, result.idToken);
  return forwardingPage(returnTo(login.returnTo), 'Vous êtes connecté');
}

function oidcOf({ oidc }: OpsRequest): Oidc {
  if (oidc === null) throw new OpsProblem('not_found');
  return oidc;
}

export const SIGN_IN_ROUTES: readonly PageRoute[] = [
  { name: 'sign-in', method: 'GET', path: '/connexion', role: 'nobody', handle: showSignIn },
  action('sign-in', '/connexion', signIn, 'nobody'),
  action('sign-out', '/deconnexion', signOut, 'lecture'),
  { name: 'oidc', method: 'GET', path: '/oidc/depart', role: 'nobody', handle: beginOidc },
  { name: 'oidc', method: 'GET', path: '/oidc/retour', role: 'nobody', handle: finishOidc },
];
