import { DateTime } from 'luxon';
import type { AwardId } from '../ids.js';
import { type BadgesCondition, DEMAND_NAMES, DEMANDS, picks } from './badges-condition.js';
import { choose } from './choice.js';
import { oldestFirst, isWithin } from './countable.js';
import { assertNever, type BadgesResult, type ConditionResult, type Demand, reached } from './evaluation.js';
import type { Candidate, Condition, Scheme, Window } from './types.js';

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
  return assertNever(condition);
}

/** Met when every demand is: the choice makes each of them as great as it can be, all at once. */
function evaluateBadges(
  condition: BadgesCondition,
  { scheme, nowS, candidates }: EvaluationFacts,
): BadgesResult {
  const window = windowOf(scheme, condition, nowS);
  const picked = candidates.filter(({ enrolment }) => picks(condition.selector, enrolment));
  const inTime = picked.filter(({ assertion }) => isWithin(window, assertion.issuedOnS));
  const outOfTime = picked
    .filter(({ assertion }) => !isWithin(window, assertion.issuedOnS))
    .map(({ assertion }) => ({ assertion, reason: { why: 'outside_condition_dates', ...window } as const }));
  const choice = choose(inTime, condition);
  const badges = choice.counted.map(({ enrolment }) => enrolment);
  const demands = DEMAND_NAMES.flatMap((name): readonly Demand[] => {
    const need = DEMANDS[name].need(condition);
    return need === undefined ? [] : [{ name, have: DEMANDS[name].have(badges), need }];
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

/** The condition's own dates at `nowS`: `issued_from`, `issued_until` and `within_months` together. */
function windowOf(scheme: Scheme, condition: BadgesCondition, nowS: number): Window {
  const { issuedFromS, issuedBeforeS: beforeS = null, withinMonths } = condition;
  if (withinMonths === undefined) return { fromS: issuedFromS ?? null, beforeS };
  return { fromS: Math.max(issuedFromS ?? -Infinity, monthsAgoS(scheme, nowS, withinMonths)), beforeS };
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
