import type { BadgeId } from '../ids.js';
import type { Plan } from './plan-tally.js';

/** How issuing goes, and what OBF allows. */
export interface IssuingLimits {
  /** How many leave at most in one issue call. */
  readonly batchMax: number;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** How many badges OBF's quota has left; null: not known. */
  readonly quotaLeft: number | null;
  /** Issuing stops rather than leave fewer. */
  readonly quotaFloor: number;
}

/** What a plan costs when it is applied. */
export interface PlanCost {
  /** Badges to be issued. */
  readonly issues: number;
  /** Issue calls, by badge: awards of one badge leave together. */
  readonly batches: ReadonlyMap<BadgeId, number>;
  /** All calls of OBF, reads included. */
  readonly calls: number;
  /** At OBF's rate, if it answers at once: it takes no less. Seconds, rounded up. */
  readonly atLeastS: number;
  /** What the quota has left afterwards; null: not known. */
  readonly quotaAfter: number | null;
  /** How many badges the quota is too small by; 0: it is enough, or not known. */
  readonly quotaShort: number;
}

/** Around each issue call, the Région's account is looked into once before, and its event read back after. */
const CALLS_A_BATCH = 3;

/** Pure. */
export function costOf({ awards }: Plan, limits: IssuingLimits): PlanCost {
  const batches = new Map(
    awards.map(({ award, gains }) => [award.badgeId, Math.ceil(gains.length / limits.batchMax)] as const),
  );
  const issues = awards.reduce((sum, { gains }) => sum + gains.length, 0);
  const calls = CALLS_A_BATCH * [...batches.values()].reduce((sum, count) => sum + count, 0);
  const { quotaLeft, quotaFloor } = limits;
  return {
    issues,
    batches,
    calls,
    atLeastS: Math.ceil(calls / limits.maxRps),
    quotaAfter: quotaLeft === null ? null : quotaLeft - issues,
    quotaShort: quotaLeft === null || issues === 0 ? 0 : Math.max(0, issues + quotaFloor - quotaLeft),
  };
}
