import type { AwardId } from '../ids.js';
import { lackingOf } from './explain-facts.js';
import type { AwardVerdict, ConditionResult } from './verdict.js';

/** More than anybody could be given: the lack of what no badge brings. */
export const OUT_OF_REACH = 1_000_000;

/** How much each award lacks that is neither held nor due, by its id. */
export type Lacks = ReadonlyMap<AwardId, number>;

/**
 * How many badges must still come, at least, for a rule to be met; 0 when it is. Of a choice, the parts that
 * lack least; an award that the rule holds lacks what it lacks itself.
 */
export function lackOf(result: ConditionResult, lacks: Lacks): number {
  if (result.met) return 0;
  if (result.kind === 'badges') return lackingOf(result).badges;
  if (result.kind === 'holds') return lacks.get(result.award) ?? OUT_OF_REACH;
  const open = result.of.map((part) => lackOf(part, lacks)).filter((lack) => lack > 0);
  const least = open.toSorted((a, b) => a - b).slice(0, result.need - result.have);
  return least.reduce((sum, lack) => sum + lack, 0);
}

/** @param awards in the scheme's order: each after those that its rule holds */
export function lacksOf(awards: readonly AwardVerdict[]): Lacks {
  const lacks = new Map<AwardId, number>();
  for (const { award, status, tree } of awards) {
    if (status === 'held' || status === 'due') continue;
    lacks.set(award.id, status === 'not_met' ? lackOf(tree, lacks) : OUT_OF_REACH);
  }
  return lacks;
}
