import { askedOf, lackingOf } from './explain-facts.js';
import type { Teller } from './explain-teller.js';
import type { ConditionResult } from './verdict.js';

/** What a rule that is not met still lacks, in one phrase: the parts that are met are passed over. */
export function lackingIn(teller: Teller, result: ConditionResult): string {
  const { words, scheme } = teller;
  if (result.kind === 'badges') return words.lacking(lackingOf(result), askedOf(scheme, result.condition));
  if (result.kind === 'holds') return words.lackingAward(teller.award(result.award));
  const open = result.of.filter(({ met }) => !met);
  const parts = open.map((part) => inner(teller, part, open.length > 1));
  const missing = result.need - result.have;
  if (missing >= open.length) return parts.join(words.and);
  return missing === 1 ? parts.join(words.or) : words.lackingSome(missing, parts);
}

/** A group among other parts stands in brackets, or "a and b or c" could be read two ways. */
function inner(teller: Teller, part: ConditionResult, amongOthers: boolean): string {
  const phrase = lackingIn(teller, part);
  return amongOthers && 'of' in part && part.of.length > 1 ? `(${phrase})` : phrase;
}
