import type { AwardId } from '../ids.js';
import { judgeBadges } from './badges.js';
import type { Candidate } from './counting.js';
import { type ConditionResult, reached, assertNever } from './verdict.js';
import type { Condition, Scheme } from './types.js';

/** All that a condition may look at. */
export interface Facts {
  readonly scheme: Scheme;
  /** Unix seconds. */
  readonly nowS: number;
  /** Every assertion that counts, oldest first. */
  readonly candidates: readonly Candidate[];
  /** The awards that are held or due; those that a rule holds are settled before it. */
  readonly standing: ReadonlyMap<AwardId, 'held' | 'due'>;
}

/** Interprets a rule: the same tree, with what each condition has and needs. */
export function judge(condition: Condition, facts: Facts): ConditionResult {
  switch (condition.kind) {
    case 'all':
      return group('all', condition.of, condition.of.length, facts);
    case 'any':
      return group('any', condition.of, 1, facts);
    case 'at_least':
      return group('at_least', condition.of, condition.atLeast, facts);
    case 'holds':
      return holds(condition.award, facts);
    case 'badges':
      return judgeBadges(condition, facts.scheme, facts.candidates, facts.nowS);
  }
  return assertNever(condition);
}

function group(
  kind: 'all' | 'any' | 'at_least',
  conditions: readonly Condition[],
  need: number,
  facts: Facts,
): ConditionResult {
  const of = conditions.map((condition) => judge(condition, facts));
  const have = of.filter((result) => result.met).length;
  return { kind, met: reached({ have, need }), have, need, of };
}

function holds(award: AwardId, { standing }: Facts): ConditionResult {
  const through = standing.get(award) ?? null;
  return { kind: 'holds', award, met: through !== null, through };
}
