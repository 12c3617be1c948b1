import type { AssertionId, AwardId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { BadgesCondition, DemandName, Gap, Tally, Window } from './badges-condition.js';
import type { Award, Candidate } from './types.js';

/** Why an assertion counts nowhere: the same for every condition. Of several reasons, the most lasting one. */
export type ExclusionReason =
  | { readonly why: 'not_enrolled' }
  | { readonly why: 'partner_inactive' }
  | { readonly why: 'wrong_client' }
  | ({ readonly why: 'outside_enrolment' } & Window)
  | { readonly why: 'revoked' }
  | { readonly why: 'expired'; readonly expiresOnS: number }
  /** Dated more than 24 h ahead: it counts from its date on, at the latest. */
  | { readonly why: 'future' };

/** Why an assertion that the selector picks is not among those counted by one condition. */
export type ConditionExclusionReason =
  | ({ readonly why: 'outside_condition_dates' } & Window)
  | { readonly why: 'duplicate_of'; readonly of: AssertionId }
  | { readonly why: 'over_per_issuer'; readonly perIssuer: number };

export interface Exclusion<R = ExclusionReason | ConditionExclusionReason> {
  readonly assertion: Assertion;
  readonly reason: R;
}

/** How far one demand of a `badges` condition is met. */
export interface Demand extends Tally {
  readonly name: DemandName;
}

/** What became of a `badges` condition. */
export interface BadgesResult {
  readonly kind: 'badges';
  readonly condition: BadgesCondition;
  readonly met: boolean;
  /** The number of badges first; then what else it asks for. */
  readonly demands: readonly Demand[];
  readonly counted: readonly Assertion[];
  readonly excluded: readonly Exclusion<ConditionExclusionReason>[];
}

export interface HoldsResult {
  readonly kind: 'holds';
  readonly award: AwardId;
  readonly met: boolean;
  /** Held already, or due in this same evaluation; null: neither. */
  readonly through: 'held' | 'due' | null;
}

/** The rule's tree again, with what each condition has and needs. */
export type ConditionResult =
  | {
      readonly kind: 'all' | 'any' | 'at_least';
      readonly met: boolean;
      readonly have: number;
      readonly need: number;
      readonly of: readonly ConditionResult[];
    }
  | HoldsResult
  | BadgesResult;

/**
 * `met` says the rule; `status` says what follows from it. Held whatever else; else blocked, else inactive,
 * both of them even while the rule is not met; else due or not met.
 */
export type AwardStatus = 'held' | 'due' | 'not_met' | 'inactive' | 'blocked';

export interface AwardVerdict {
  readonly award: Award;
  readonly met: boolean;
  readonly status: AwardStatus;
  /** The unrevoked, unexpired assertion of the Région's badge, when held. */
  readonly heldBy: Assertion | null;
  readonly tree: ConditionResult;
  /**
   * The distinct assertions counted by the parts of the rule that are met, oldest first; none while the rule
   * is not met. What earned an award that the rule holds is not among them: a rule of `holds` alone has none.
   */
  readonly earnedBy: readonly Assertion[];
}

export interface Evaluation {
  readonly version: SchemeVersion;
  /** The clock it was evaluated under, Unix seconds. */
  readonly nowS: number;
  /** In the scheme's order. */
  readonly awards: readonly AwardVerdict[];
  /** Every assertion that counts, oldest first, whether or not a rule looks at it. */
  readonly candidates: readonly Candidate[];
  /** Assertions that count nowhere, each with its reason. */
  readonly excluded: readonly Exclusion<ExclusionReason>[];
  /** When time alone may have met another rule: to be evaluated again then, Unix seconds. Null: never. */
  readonly evaluateAgainAtS: number | null;
}

/**
 * Whether a tally reaches what it needs. A need of nothing is never reached: loading refuses one, and should
 * one ever get here, it may not give the award to everybody.
 */
export const reached = ({ have, need }: Tally): boolean => need > 0 && have >= need;

/** How far a demand is met; null: not asked for. Each condition asks for a number of badges. */
export function tallyOf({ demands }: BadgesResult, name: DemandName): Tally | null {
  const demand = demands.find((one) => one.name === name);
  return demand === undefined ? null : { have: demand.have, need: demand.need };
}

/** Which parts of a rule are looked into. */
type Parts = 'any' | 'met' | 'unmet';

/** The `badges` and `holds` conditions of a rule, in order. */
function leavesOf(result: ConditionResult, parts: Parts): readonly (BadgesResult | HoldsResult)[] {
  if (parts !== 'any' && result.met !== (parts === 'met')) return [];
  return 'of' in result ? result.of.flatMap((part) => leavesOf(part, parts)) : [result];
}

export const badgesIn = (result: ConditionResult, parts: Parts = 'any'): readonly BadgesResult[] =>
  leavesOf(result, parts).filter((leaf) => leaf.kind === 'badges');

/** The awards that a rule holds. */
export const awardsIn = (result: ConditionResult, parts: Parts = 'any'): readonly AwardId[] =>
  leavesOf(result, parts).flatMap((leaf) => (leaf.kind === 'holds' ? [leaf.award] : []));

/** Every assertion that a rule looked at, counted or not. */
export const assertionsIn = (result: ConditionResult): readonly Assertion[] =>
  badgesIn(result).flatMap(({ counted, excluded }) => [...counted, ...excluded.map((one) => one.assertion)]);

/**
 * The least that must still come for a `badges` condition to be met. One further badge raises each demand by one at
 * most, and the right one raises all of them: so the greatest of the gaps is how many badges must come. `gaps` are of
 * the other demands.
 */
export function shortfall({ demands }: BadgesResult): {
  badges: number;
  gaps: readonly (Gap & Pick<Demand, 'name'>)[];
} {
  const gaps = demands
    .filter((demand) => !reached(demand))
    .map(({ name, have, need }) => ({ name, count: need - have, other: have > 0 }));
  return {
    badges: Math.max(0, ...gaps.map(({ count }) => count)),
    gaps: gaps.filter(({ name }) => name !== 'badges'),
  };
}
