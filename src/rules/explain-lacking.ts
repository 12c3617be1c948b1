import { askedOf, lackingOf } from './explain-facts.js';
import type { Teller } from './explain-teller.js';
import type { ConditionResult } from './verdict.js';

/** What a rule that is not met still lacks, in one phrase: the parts that are met are passed over. */
export const lackingIn = (teller: Teller, result: ConditionResult): string =>
  teller.words.still(phraseOf(teller, result));

function phraseOf(teller: Teller, result: ConditionResult): string {
  const { words, scheme } = teller;
  if (result.kind === 'badges') {
    const asked = askedOf(scheme, result.condition);
    return words.lacking(lackingOf(result), asked, teller.period({ ...asked, fromS: null }).until);
  }
  if (result.kind === 'holds') return words.lackingAward(teller.award(result.award), teller.standing(result));
  const open = result.of.filter(({ met }) => !met);
  return choiceOf(teller, open, result.need - result.have);
}

/** So many of the open parts: all of them, any one, or some. */
function choiceOf(teller: Teller, open: readonly ConditionResult[], missing: number): string {
  const { words } = teller;
  const parts = open.map((part) => inner(teller, part, open.length > 1));
  if (missing >= open.length) return words.and(parts);
  if (missing === 1) return words.or(parts);
  const free = open.flatMap((part) =>
    part.kind === 'holds' && teller.standing(part) === 'none' ? [teller.award(part.award)] : [],
  );
  return free.length === open.length ? words.lackingAwards(missing, free) : words.lackingSome(missing, parts);
}

/** A group among other parts stands in brackets, or "a and b or c" could be read two ways. */
function inner(teller: Teller, part: ConditionResult, amongOthers: boolean): string {
  const phrase = phraseOf(teller, part);
  return amongOthers && 'of' in part && part.of.length > 1 ? `(${phrase})` : phrase;
}
