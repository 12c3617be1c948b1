import { goTo, type Answer } from '../answer.js';
import { OpsProblem } from '../http/problem.js';
import type { Visit } from '../http/visit.js';
import { goOnPage, signInForm } from '../sign-in/page.js';
import { returnTo } from '../sign-in/return-to.js';
import { enter } from '../sign-in/sign-in.js';
import { SIGN_IN } from '../sign-in/words.js';
import type { Oidc } from './oidc.js';
import { keepTrip, takeTrip, type Trip } from './trip.js';

/** `GET /ops/oidc/depart`: off to the identity provider. */
export async function setOut(visit: Visit): Promise<Answer> {
  const oidc = oidcOf(visit);
  try {
    const { url, trip } = await oidc.begin();
    keepTrip(visit, { ...trip, returnTo: returnTo(visit.query.get('suite')) });
    return goTo(url);
  } catch (err) {
    visit.log.error({ err }, 'the identity provider does not answer');
    return signInForm(visit, { status: 503, fault: SIGN_IN.idpAway });
  }
}

/** `GET /ops/oidc/retour`: back from it, with its answer. */
export async function comeBack(visit: Visit): Promise<Answer> {
  const oidc = oidcOf(visit);
  const trip = takeTrip(visit);
  const back = trip === null ? null : await finished(oidc, visit, trip);
  if (trip === null || back === null) return signInForm(visit, { status: 403, fault: SIGN_IN.idpRefused });
  const account = visit.services.accounts.byIdentity(back.identity);
  if (account === null) {
    visit.log.warn({ user: null, via: 'oidc' }, 'ops sign-in refused');
    return signInForm(visit, { status: 403, fault: SIGN_IN.unlisted });
  }
  await enter(visit, account, back.idToken);
  return goOnPage(returnTo(trip.returnTo), visit, SIGN_IN.signedIn);
}

/** Null when the answer is not to be believed. */
async function finished(oidc: Oidc, { query, log }: Visit, trip: Trip) {
  try {
    return await oidc.finish(query, trip);
  } catch (err) {
    log.warn({ err, user: null, via: 'oidc' }, 'ops sign-in refused');
    return null;
  }
}

function oidcOf({ services }: Visit): Oidc {
  if (services.oidc === null) throw new OpsProblem('not_found');
  return services.oidc;
}
