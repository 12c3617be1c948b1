import { goTo, type Answer } from '../answer.js';
import { cookieOf, dropCookie, SESSION_COOKIE, setCookie } from '../http/cookies.js';
import { OpsProblem } from '../http/problem.js';
import type { Visit } from '../http/visit.js';
import type { Account } from '../session/accounts.js';
import { SESSION_MS } from '../session/store.js';
import { signInForm } from './page.js';
import { returnTo } from './return-to.js';
import { SIGN_IN } from './words.js';

/** `POST /ops/connexion`. The answer to an unknown name is that to a wrong password. */
export async function signIn(visit: Visit): Promise<Answer> {
  const { services, form, log } = visit;
  if (!services.hasPasswords) throw new OpsProblem('not_found');
  const name = form.get('name') ?? '';
  const account = await services.gate(() => services.accounts.byPassword(name, form.get('password') ?? ''));
  if (account === null) {
    log.warn({ user: services.accounts.known(name), via: 'password' }, 'ops sign-in refused');
    return signInForm(visit, { status: 403, fault: SIGN_IN.wrong });
  }
  await enter(visit, account, null);
  services.limits.remember(visit, name);
  return goTo(returnTo(form.get('suite')));
}

/** Starts a session, and ends the one that the browser came with. */
export async function enter(visit: Visit, account: Account, idToken: string | null): Promise<void> {
  const { req, res, services, log } = visit;
  const before = visit.signed ?? (await services.sessions.find(cookieOf(req, SESSION_COOKIE)));
  if (before !== null) await services.sessions.end(before.id);
  const cookie = await services.sessions.start(account, idToken);
  setCookie(req, res, SESSION_COOKIE, cookie, { maxAgeMs: SESSION_MS });
  log.info({ user: account.name, role: account.role, via: account.via }, 'ops sign-in');
}

/** `POST /ops/deconnexion`: the session is gone from Redis, so an old cookie opens nothing. */
export async function signOut({ req, res, services, signed, log }: Visit): Promise<Answer> {
  if (signed === null) throw new OpsProblem('session_ended');
  await services.sessions.end(signed.id);
  dropCookie(req, res, SESSION_COOKIE);
  log.info({ user: signed.user.name }, 'ops sign-out');
  const elsewhere = signed.idToken === null ? null : ((await services.oidc?.leave(signed.idToken)) ?? null);
  return goTo(elsewhere ?? '/ops/connexion?fin');
}
