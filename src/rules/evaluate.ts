import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import type { AwardId } from '../ids.js';
import { evaluateCondition } from './conditions.js';
import { AHEAD_S, distinct, heldBadges, partitionCountable } from './countable.js';
import type { Award, Scheme } from './types.js';
import { awardsIn, badgesIn, type AwardStatus, type AwardVerdict, type Evaluation } from './evaluation.js';

/**
 * Decides, for one earner at one instant, what every award of the scheme comes to, and why. Pure: the same
 * arguments, the same result; the order and the repetition of assertions change nothing.
 *
 * `scheme.awards` has every award after those that its rule holds, so one pass settles all chains.
 * @param nowS the clock, Unix seconds
 * @throws TypeError when a rule cannot be interpreted (a defect of this program): the whole evaluation
 * fails, loudly, rather than some of it being granted.
 * @throws RangeError when `nowS` is not a whole number: nothing would look expired, and nothing held.
 */
export function evaluate(scheme: Scheme, portfolio: Portfolio, nowS: number): Evaluation {
  if (!Number.isSafeInteger(nowS))
    throw new RangeError(`nowS must be whole Unix seconds, not ${String(nowS)}`);
  const { candidates, excluded } = partitionCountable(scheme, portfolio.assertions, nowS);
  const held = heldBadges(portfolio.held, nowS);
  const standing = new Map<AwardId, 'held' | 'due'>();
  const awards = scheme.awards.map((award): AwardVerdict => {
    const tree = evaluateCondition(award.rule, { scheme, nowS, candidates, standing });
    const heldBy = held.get(award.badgeId) ?? null;
    const blocked = portfolio.blocked.includes(award.badgeId);
    const status = statusOf(award, tree.met, heldBy, blocked);
    if (status === 'held' || status === 'due') standing.set(award.id, status);
    const earnedBy = distinct(badgesIn(tree, 'met').flatMap(({ counted }) => counted));
    return { award, met: tree.met, status, heldBy, tree, earnedBy };
  });
  const againS = excluded.flatMap(({ assertion, reason }) =>
    reason.why === 'future' ? [assertion.issuedOnS - AHEAD_S] : [],
  );
  const evaluateAgainAtS = againS.length === 0 ? null : Math.min(...againS);
  return { version: scheme.version, nowS, awards, candidates, excluded, evaluateAgainAtS };
}

/**
 * What is held is held, whatever else. What stands in the way of issuing is told even while the rule is not
 * met (`met` says that beside it): useful before a block is lifted or an award switched on.
 */
function statusOf(award: Award, met: boolean, heldBy: Assertion | null, blocked: boolean): AwardStatus {
  if (heldBy !== null) return 'held';
  if (blocked) return 'blocked';
  if (!award.active) return 'inactive';
  return met ? 'due' : 'not_met';
}

/**
 * The assertions that earned an award, those of the awards that its rule holds included: an award that
 * rests on other awards alone was earned by badges too. Oldest first, none twice. It ends, since they stand before
 * it in the scheme.
 */
export function earnedThrough(evaluation: Evaluation, id: AwardId): readonly Assertion[] {
  const verdict = evaluation.awards.find(({ award }) => award.id === id);
  if (verdict === undefined) return [];
  const through = awardsIn(verdict.tree, 'met').flatMap((held) => earnedThrough(evaluation, held));
  return distinct([...verdict.earnedBy, ...through]);
}

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
): readonly Award[] {
  const unmet = evaluation.awards.filter(
    ({ award, status, met }) => award.active && status === 'held' && !met,
  );
  if (unmet.length === 0) return [];
  const assertions = portfolio.assertions.map((assertion) => ({ ...assertion, revoked: false }));
  const unrevoked = evaluate(scheme, { ...portfolio, assertions }, evaluation.nowS);
  const stillMet = new Set(unrevoked.awards.filter(({ met }) => met).map(({ award }) => award.id));
  return unmet.map(({ award }) => award).filter(({ id }) => stillMet.has(id));
}
