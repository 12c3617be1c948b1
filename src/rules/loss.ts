import type { AwardId } from '../ids.js';
import type { Portfolio } from '../earners/portfolio.js';
import { evaluate } from './evaluate.js';
import type { Scheme } from './types.js';
import type { Evaluation } from './verdict.js';

/**
 * The held awards whose rule is not met any more *because badges were revoked*: had they not been, it
 * still would be. Expiry alone takes nothing back, nor does a rule that was made stricter; an award that
 * is switched off is never lost.
 * @param evaluation of that portfolio, at the same instant
 */
export function lostByRevocation(
  scheme: Scheme,
  portfolio: Portfolio,
  evaluation: Evaluation,
): ReadonlySet<AwardId> {
  const unmet = evaluation.awards.filter(
    ({ award, status, met }) => award.active && status === 'held' && !met,
  );
  if (unmet.length === 0 || !portfolio.assertions.some(({ revoked }) => revoked)) return new Set();
  const assertions = portfolio.assertions.map((assertion) => ({ ...assertion, revoked: false }));
  const unrevoked = evaluate(scheme, { ...portfolio, assertions }, evaluation.nowS);
  const stillMet = new Set(unrevoked.awards.filter(({ met }) => met).map(({ award }) => award.id));
  return new Set(unmet.map(({ award }) => award.id).filter((id) => stillMet.has(id)));
}
