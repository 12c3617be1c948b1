import type { AssertionId, AwardId, SchemeVersion } from '../ids.js';
import type { Assertion } from '../earners/record.js';
import type { Award, BadgesCondition } from './types.js';

/** Why an assertion counts nowhere: the same for every condition. Of several reasons, the most lasting one. */
export type ExclusionReason =
  | { readonly why: 'not_enrolled' }
  | { readonly why: 'partner_inactive' }
  | { readonly why: 'wrong_client' }
  | { readonly why: 'outside_enrolment'; readonly fromS: number | null; readonly beforeS: number | null }
  | { readonly why: 'revoked' }
  | { readonly why: 'expired'; readonly expiresOnS: number }
  /** Dated more than 24 h ahead: it counts from its date on, at the latest. */
  | { readonly why: 'future' };

/** Why an assertion that the selector picks is not among those counted by one condition. */
export type ConditionExclusionReason =
  | {
      readonly why: 'outside_condition_dates';
      readonly fromS: number | null;
      readonly beforeS: number | null;
    }
  | { readonly why: 'duplicate_of'; readonly of: AssertionId }
  | { readonly why: 'over_per_issuer'; readonly perIssuer: number };

export interface Exclusion<R = ExclusionReason | ConditionExclusionReason> {
  readonly assertion: Assertion;
  readonly reason: R;
}

export interface Tally {
  readonly have: number;
  readonly need: number;
}

/** What became of a `badges` condition. */
export interface BadgesResult {
  readonly kind: 'badges';
  readonly condition: BadgesCondition;
  readonly met: boolean;
  readonly badges: Tally;
  /** Null where the condition does not ask for it. */
  readonly issuers: Tally | null;
  readonly abilities: Tally | null;
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
  /** Assertions that count nowhere, each with its reason. */
  readonly excluded: readonly Exclusion<ExclusionReason>[];
}

/**
 * Whether a tally reaches what it needs. A need of nothing is never reached: loading refuses one, and should
 * one ever get here, it may not give the award to everybody.
 */
export const reached = ({ have, need }: Tally): boolean => need > 0 && have >= need;

/** Every assertion that a rule looked at, counted or not. */
export function assertionsIn(result: ConditionResult): readonly Assertion[] {
  if (result.kind === 'holds') return [];
  if (result.kind !== 'badges') return result.of.flatMap(assertionsIn);
  return [...result.counted, ...result.excluded.map(({ assertion }) => assertion)];
}

/** How many more partners (or abilities) are missing; `other`: than those already counted. */
export interface Gap {
  readonly count: number;
  readonly other: boolean;
}

/** The least that must still come for a `badges` condition to be met. */
export interface Shortfall {
  readonly badges: number;
  readonly issuers: Gap | null;
  readonly abilities: Gap | null;
}

const missing = (tally: Tally | null): number => (tally === null ? 0 : Math.max(0, tally.need - tally.have));

/**
 * What is missing. One further badge raises each tally by one at most, and the right one raises all three:
 * so the greatest of the three gaps is how many badges must come.
 */
export function shortfall({ badges, issuers, abilities }: BadgesResult): Shortfall {
  const gap = (tally: Tally | null): Gap | null =>
    tally === null || missing(tally) === 0 ? null : { count: missing(tally), other: tally.have > 0 };
  return {
    badges: Math.max(missing(badges), missing(issuers), missing(abilities)),
    issuers: gap(issuers),
    abilities: gap(abilities),
  };
}

/**
 * Stands where the compiler knows that nothing is left. Should something get here after all, nothing may be
 * made of it: a rule of an unknown form is not a rule that is met.
 * @throws TypeError always
 */
export function assertNever(value: never): never {
  throw new TypeError(`Nothing is of this form: ${JSON.stringify(value)}`);
}
