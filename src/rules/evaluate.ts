import { DateTime } from 'luxon';
import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import type { AwardId } from '../ids.js';
import { type BadgesCondition, DEMAND_NAMES, DEMANDS, picks, windowOf } from './badges-condition.js';
import { choose } from './choice.js';
import { AHEAD_S, distinct, heldBadges, isWithin, oldestFirst, partitionCountable } from './countable.js';
import {
  awardsIn,
  type AwardStatus,
  type AwardVerdict,
  badgesIn,
  type BadgesResult,
  type ConditionResult,
  type Demand,
  type Evaluation,
  reached,
} from './evaluation.js';
import type { Award, Candidate, Condition, Scheme } from './types.js';

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

/** All that a condition may look at. */
export interface EvaluationFacts {
  readonly scheme: Scheme;
  /** Unix seconds. */
  readonly nowS: number;
  /** Every assertion that counts, oldest first. */
  readonly candidates: readonly Candidate[];
  /** The awards that are held or due; those that a rule holds are evaluated before it. */
  readonly standing: ReadonlyMap<AwardId, 'held' | 'due'>;
}

/** Interprets a rule: the same tree, with what each condition has and needs. Pure. */
export function evaluateCondition(condition: Condition, facts: EvaluationFacts): ConditionResult {
  switch (condition.kind) {
    case 'all':
    case 'any':
    case 'at_least': {
      const { kind } = condition;
      const of = condition.of.map((one) => evaluateCondition(one, facts));
      const need = kind === 'all' ? of.length : kind === 'any' ? 1 : condition.atLeast;
      const have = of.filter(({ met }) => met).length;
      return { kind, met: reached({ have, need }), have, need, of };
    }
    case 'holds': {
      const through = facts.standing.get(condition.award) ?? null;
      return { kind: 'holds', award: condition.award, met: through !== null, through };
    }
    case 'badges':
      return evaluateBadges(condition, facts);
  }
  // Nothing is left, as the compiler knows. A rule of an unknown form is not a rule that is met.
  throw new TypeError(`Nothing is of this form: ${JSON.stringify(condition satisfies never)}`);
}

/** Met when every demand is: the choice makes each of them as great as it can be, all at once. */
function evaluateBadges(
  condition: BadgesCondition,
  { scheme, nowS, candidates }: EvaluationFacts,
): BadgesResult {
  const window = windowOf(condition, (months) => monthsAgoS(scheme, nowS, months));
  const picked = candidates.filter(({ enrolment }) => picks(condition.selector, enrolment));
  const inTime = picked.filter(({ assertion }) => isWithin(window, assertion.issuedOnS));
  const outOfTime = picked
    .filter(({ assertion }) => !isWithin(window, assertion.issuedOnS))
    .map(({ assertion }) => ({ assertion, reason: { why: 'outside_condition_dates', ...window } as const }));
  const choice = choose(inTime, condition);
  const badges = choice.counted.map(({ enrolment }) => enrolment);
  const demands = DEMAND_NAMES.flatMap((name): readonly Demand[] => {
    const { field, have } = DEMANDS[name];
    const need = condition[field];
    return need === undefined ? [] : [{ name, have: have(badges), need }];
  });
  return {
    kind: 'badges',
    condition,
    met: demands.every(reached),
    demands,
    counted: choice.counted.map(({ assertion }) => assertion),
    excluded: oldestFirst([...outOfTime, ...choice.excluded]),
  };
}

/** Calendar arithmetic costs more than a whole evaluation, and a plan asks the same for every earner. */
const monthStarts = new WeakMap<Scheme, { readonly nowS: number; readonly byMonths: Map<number, number> }>();

/**
 * The first instant of "the last W months": midnight, in the scheme's zone, of the same day W calendar months
 * ago (or of that month's last day). Whole days: a badge may not stop counting in the middle of its last day.
 */
function monthsAgoS(scheme: Scheme, nowS: number, months: number): number {
  let known = monthStarts.get(scheme);
  if (known?.nowS !== nowS) monthStarts.set(scheme, (known = { nowS, byMonths: new Map() }));
  const start =
    known.byMonths.get(months) ??
    DateTime.fromSeconds(nowS, { zone: scheme.timeZone }).minus({ months }).startOf('day').toSeconds();
  known.byMonths.set(months, start);
  return start;
}
