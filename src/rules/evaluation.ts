import type { AssertionId, AwardId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { BadgesCondition, DemandName, Tally, Window } from './badges-condition.js';
import type { Award, Candidate } from './types.js';

/** Why an assertion counts for no condition. Of several reasons, the most lasting one. */
export type ExclusionReason =
  | { readonly why: 'not_enrolled' }
  | { readonly why: 'partner_inactive' }
  | { readonly why: 'wrong_client' }
  | ({ readonly why: 'outside_enrolment' } & Window)
  | { readonly why: 'revoked' }
  | { readonly why: 'expired'; readonly expiresOnS: number }
  /** Issued more than 24 h in the future: it counts once that date is within 24 h. */
  | { readonly why: 'future' };

/** Why one condition does not count an assertion that its selector picks. */
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

export interface BadgesResult {
  readonly kind: 'badges';
  readonly condition: BadgesCondition;
  readonly met: boolean;
  /** The number of badges first, then the condition's other demands. */
  readonly demands: readonly Demand[];
  readonly counted: readonly Assertion[];
  readonly excluded: readonly Exclusion<ConditionExclusionReason>[];
}

export interface HoldsResult {
  readonly kind: 'holds';
  readonly award: AwardId;
  readonly met: boolean;
  /** Held, or due in this same evaluation; null: neither. */
  readonly through: 'held' | 'due' | null;
}

/** A rule's tree, with what each condition has and needs. */
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

/** The first that applies: held, blocked, inactive; the rule (`met`) then decides between due and not met. */
export type AwardStatus = 'held' | 'due' | 'not_met' | 'inactive' | 'blocked';

export interface AwardVerdict {
  readonly award: Award;
  readonly met: boolean;
  readonly status: AwardStatus;
  /** The unrevoked, unexpired assertion of the Région's badge; null: not held. */
  readonly heldBy: Assertion | null;
  readonly tree: ConditionResult;
  /**
   * The distinct assertions that the met parts of a met rule count, oldest first; empty for an unmet rule. A `holds`
   * condition adds none: see `earnedThrough`.
   */
  readonly earnedBy: readonly Assertion[];
}

export interface Evaluation {
  readonly version: SchemeVersion;
  /** The clock of the evaluation, Unix seconds. */
  readonly nowS: number;
  /** In the scheme's order. */
  readonly awards: readonly AwardVerdict[];
  /** Every assertion that counts, oldest first, whether or not a rule looks at it. */
  readonly candidates: readonly Candidate[];
  /** Assertions that count nowhere, each with its reason. */
  readonly excluded: readonly Exclusion<ExclusionReason>[];
  /** When a `future` assertion begins to count, Unix seconds: evaluate again then. Null: there is none. */
  readonly evaluateAgainAtS: number | null;
}

/** A need of 0 is never reached. The parser refuses it; if one gets here, it must not give everybody the award. */
export const isReached = ({ have, need }: Tally): boolean => need > 0 && have >= need;

/** Returns null when the condition does not have this demand. Every condition demands a number of badges. */
export function tallyOf({ demands }: BadgesResult, name: DemandName): Tally | null {
  const demand = demands.find((one) => one.name === name);
  return demand === undefined ? null : { have: demand.have, need: demand.need };
}

type Parts = 'any' | 'met' | 'unmet';

/** Returns the `badges` and `holds` conditions, in order; skips every subtree that is not of these parts. */
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
 * Returns how many more badges a `badges` condition needs at least, and the gaps of its other demands. That is the
 * largest gap: a badge lowers a gap by 1 at most, and the right badge lowers all.
 */
export function shortfall({ demands }: BadgesResult) {
  const gaps = demands
    .filter((demand) => !isReached(demand))
    .map(({ name, have, need }) => ({ name, count: need - have, other: have > 0 }));
  return {
    badges: Math.max(0, ...gaps.map(({ count }) => count)),
    gaps: gaps.filter(({ name }) => name !== 'badges'),
  };
}
