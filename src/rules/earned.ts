import type { AwardId } from '../ids.js';
import type { Assertion } from '../earners/assertion.js';
import { distinct } from './counting.js';
import type { ConditionResult, Evaluation } from './verdict.js';

/**
 * The assertions that earned an award, those of the awards that its rule holds included: an award that
 * rests on other awards alone was earned by badges too. Oldest first, none twice.
 */
export function earnedThrough(evaluation: Evaluation, id: AwardId): readonly Assertion[] {
  const verdict = evaluation.awards.find(({ award }) => award.id === id);
  if (verdict === undefined) return [];
  const through = heldIn(verdict.tree).flatMap((held) => earnedThrough(evaluation, held));
  return distinct([...verdict.earnedBy, ...through]);
}

/** The awards that the met parts of a rule hold. They stand before it in the scheme: this ends. */
function heldIn(result: ConditionResult): readonly AwardId[] {
  if (!result.met || result.kind === 'badges') return [];
  return result.kind === 'holds' ? [result.award] : result.of.flatMap(heldIn);
}
