import type { Condition } from './types.js';
import type { ConditionResult, Tally } from './verdict.js';

/**
 * How many badges a person has of those that a rule asks for: of the one `badges` condition that decides.
 * Awards that the rule holds are passed over, unless it has nothing else: then they are what is counted.
 *
 * Where a rule has several such parts, they are put in order of what they lack, and the one that completes
 * the group decides: of `all`, the part with the most lacking; of `any`, the one with the least; of
 * `at_least: N`, the N-th (parts that are met by an award that is held are taken off N). Of equals, the later.
 */
export function countedTowards(result: ConditionResult): Tally {
  if (result.kind === 'badges') return result.badges;
  if (result.kind === 'holds') return { have: result.met ? 1 : 0, need: 1 };
  const parts = result.of.filter(hasBadges);
  if (parts.length === 0) return { have: result.have, need: result.need };
  const metByAwards = result.of.filter((part) => part.met && !hasBadges(part)).length;
  const tallies = parts.map(countedTowards).toSorted((a, b) => lackOf(a) - lackOf(b));
  const rank = Math.min(Math.max(result.need - metByAwards, 1), tallies.length);
  return tallies[rank - 1] ?? { have: result.have, need: result.need };
}

const lackOf = ({ have, need }: Tally): number => Math.max(0, need - have);

const hasBadges = (result: ConditionResult): boolean =>
  result.kind === 'badges' || (result.kind !== 'holds' && result.of.some(hasBadges));

/**
 * The threshold that `countedTowards` is measured by; null where the parts of a rule ask for different
 * numbers, so that there is no one threshold.
 */
export function thresholdOf(rule: Condition): number | null {
  const asked = new Set(thresholdsIn(rule));
  const [one, ...others] = asked.size === 0 ? [awardsAskedBy(rule)] : asked;
  return others.length === 0 ? (one ?? null) : null;
}

function thresholdsIn(rule: Condition): readonly number[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule.atLeast] : rule.of.flatMap(thresholdsIn);
}

/** Of a rule that asks for awards alone. */
function awardsAskedBy(rule: Condition): number {
  if (rule.kind === 'all') return rule.of.length;
  return rule.kind === 'at_least' ? rule.atLeast : 1;
}
