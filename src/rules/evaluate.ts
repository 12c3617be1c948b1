import { DateTime } from 'luxon';
import type { Assertion } from '../earners/record.js';
import type { Portfolio } from '../earners/person.js';
import type { AwardId } from '../ids.js';
import { type BadgesCondition, DEMAND_NAMES, DEMANDS, picks, windowOf } from './badges-condition.js';
import { chooseCounted } from './choice.js';
import {
  MAX_FUTURE_S,
  distinctAssertions,
  heldBadges,
  isWithin,
  oldestFirst,
  partitionCountable,
} from './countable.js';
import {
  awardsIn,
  type AwardStatus,
  type AwardVerdict,
  badgesIn,
  type BadgesResult,
  type ConditionResult,
  type Demand,
  type Evaluation,
  isReached,
} from './evaluation.js';
import type { Award, Candidate, Condition, Scheme } from './types.js';

/**
 * Decides the status of every award for one earner at one instant, with reasons. Pure. The order and the repetition of
 * assertions change nothing. One pass is enough: `scheme.awards` lists each award after those that its rule holds.
 * @param nowS the clock, Unix seconds
 * @throws TypeError when a condition is of an unknown kind (a bug): the whole evaluation fails, nothing is granted
 * @throws RangeError when `nowS` is not a whole number: nothing would look expired, and nothing held
 */
export function evaluate(scheme: Scheme, portfolio: Portfolio, nowS: number): Evaluation {
  if (!Number.isSafeInteger(nowS))
    throw new RangeError(`nowS must be whole Unix seconds, not ${String(nowS)}`);
  const { candidates, excluded } = partitionCountable(scheme, portfolio.assertions, nowS);
  const held = heldBadges(portfolio.held, nowS);
  const heldOrDue = new Map<AwardId, 'held' | 'due'>();
  const awards = scheme.awards.map((award): AwardVerdict => {
    const tree = evaluateCondition(award.rule, { scheme, nowS, candidates, heldOrDue });
    const heldBy = held.get(award.badgeId) ?? null;
    const blocked = portfolio.blocked.includes(award.badgeId);
    const status = statusOf(award, tree.met, heldBy, blocked);
    if (status === 'held' || status === 'due') heldOrDue.set(award.id, status);
    const earnedBy = distinctAssertions(badgesIn(tree, 'met').flatMap(({ counted }) => counted));
    return { award, met: tree.met, status, heldBy, tree, earnedBy };
  });
  const futureS = excluded.flatMap(({ assertion, reason }) =>
    reason.why === 'future' ? [assertion.issuedOnS - MAX_FUTURE_S] : [],
  );
  const evaluateAgainAtS = futureS.length === 0 ? null : Math.min(...futureS);
  return { version: scheme.version, nowS, awards, candidates, excluded, evaluateAgainAtS };
}

/** `blocked` and `inactive` come before an unmet rule: people see them before a block is lifted. */
function statusOf(award: Award, met: boolean, heldBy: Assertion | null, blocked: boolean): AwardStatus {
  if (heldBy !== null) return 'held';
  if (blocked) return 'blocked';
  if (!award.active) return 'inactive';
  return met ? 'due' : 'not_met';
}

/**
 * Returns the distinct assertions that earned an award, oldest first. Includes those of the awards that its rule holds.
 * The recursion ends: the scheme lists those awards before this one.
 */
export function earnedThrough(evaluation: Evaluation, id: AwardId): readonly Assertion[] {
  const verdict = evaluation.awards.find(({ award }) => award.id === id);
  if (verdict === undefined) return [];
  const through = awardsIn(verdict.tree, 'met').flatMap((held) => earnedThrough(evaluation, held));
  return distinctAssertions([...verdict.earnedBy, ...through]);
}

/**
 * Returns the held awards that are unmet *because badges were revoked*: unrevoked, these badges would meet the rule.
 * Expiry alone, or a stricter rule, loses no award. An inactive award is never lost.
 * @param evaluation of that portfolio under that scheme
 */
export function lostByRevocation(scheme: Scheme, portfolio: Portfolio, evaluation: Evaluation) {
  const unmet = evaluation.awards.filter(
    ({ award, status, met }) => award.active && status === 'held' && !met,
  );
  if (unmet.length === 0) return [];
  const assertions = portfolio.assertions.map((assertion) => ({ ...assertion, revoked: false }));
  const unrevoked = evaluate(scheme, { ...portfolio, assertions }, evaluation.nowS);
  const stillMet = new Set(unrevoked.awards.filter(({ met }) => met).map(({ award }) => award.id));
  return unmet.map(({ award }) => award).filter(({ id }) => stillMet.has(id));
}

/** Everything that a condition may look at. */
export interface EvaluationFacts {
  readonly scheme: Scheme;
  /** Unix seconds. */
  readonly nowS: number;
  /** Every assertion that counts, oldest first. */
  readonly candidates: readonly Candidate[];
  /** The awards that are held or due. An award that a rule holds is evaluated before that rule. */
  readonly heldOrDue: ReadonlyMap<AwardId, 'held' | 'due'>;
}

/** Evaluates a rule: returns the same tree, with what each condition has and needs. Pure. */
export function evaluateCondition(condition: Condition, facts: EvaluationFacts): ConditionResult {
  switch (condition.kind) {
    case 'all':
    case 'any':
    case 'at_least': {
      const { kind } = condition;
      const of = condition.of.map((one) => evaluateCondition(one, facts));
      const need = kind === 'all' ? of.length : kind === 'any' ? 1 : condition.atLeast;
      const have = of.filter(({ met }) => met).length;
      return { kind, met: isReached({ have, need }), have, need, of };
    }
    case 'holds': {
      const through = facts.heldOrDue.get(condition.award) ?? null;
      return { kind: 'holds', award: condition.award, met: through !== null, through };
    }
    case 'badges':
      return evaluateBadges(condition, facts);
  }
  // The compiler excludes this. Returning would count an unknown condition as met or unmet.
  throw new TypeError(`Unknown kind of condition: ${JSON.stringify(condition satisfies never)}`);
}

/** Met when every demand is met: `chooseCounted` makes all of them as great as possible at once. */
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
  const choice = chooseCounted(inTime, condition);
  const countedBadges = choice.counted.map(({ enrolment }) => enrolment);
  const demands = DEMAND_NAMES.flatMap((name): readonly Demand[] => {
    const { field, have } = DEMANDS[name];
    const need = condition[field];
    return need === undefined ? [] : [{ name, have: have(countedBadges), need }];
  });
  return {
    kind: 'badges',
    condition,
    met: demands.every(isReached),
    demands,
    counted: choice.counted.map(({ assertion }) => assertion),
    excluded: oldestFirst([...outOfTime, ...choice.excluded]),
  };
}

/** Caches calendar arithmetic: it costs more than an evaluation, and a plan repeats it for every earner. */
const monthStarts = new WeakMap<Scheme, { readonly nowS: number; readonly byMonths: Map<number, number> }>();

/**
 * Returns the start of the same day so many months ago (or of that month's last day) in the zone.
 * Whole days: a badge does not stop counting in the middle of its last day.
 */
function monthsAgoS(scheme: Scheme, nowS: number, months: number): number {
  let cached = monthStarts.get(scheme);
  if (cached?.nowS !== nowS) monthStarts.set(scheme, (cached = { nowS, byMonths: new Map() }));
  const startS =
    cached.byMonths.get(months) ??
    DateTime.fromSeconds(nowS, { zone: scheme.timeZone }).minus({ months }).startOf('day').toSeconds();
  cached.byMonths.set(months, startS);
  return startS;
}
