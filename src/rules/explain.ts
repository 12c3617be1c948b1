import type { Assertion } from '../earners/assertion.js';
import type { Background } from './background.js';
import { awardLines, indented } from './explain-award.js';
import { leftOutLine } from './explain-badges.js';
import { en } from './explain-en.js';
import { fr } from './explain-fr.js';
import { type Teller, tellerOf } from './explain-teller.js';
import { noBackground, type Told, toldOf } from './explain-told.js';
import type { Lang } from './explain-words.js';
import type { Scheme } from './types.js';
import type { AwardVerdict, Evaluation } from './verdict.js';

export type { Lang } from './explain-words.js';
export { noBackground } from './explain-told.js';

const CATALOGUES = { fr, en } as const;

/**
 * An evaluation in words, one line each, the tree by indentation (two spaces a level): by competency and
 * level, each award with its status, how it came about, its rule, what each condition has and needs, what
 * counted and what did not, and why, and which badges would help. No address is in it.
 * @param scheme the one that was evaluated
 * @param background what the account says of this person
 * @param portfolio the assertions that were evaluated: those that no rule asks for are told from it, and
 * by name those that earned an award and count no more
 */
export function explainText(
  scheme: Scheme,
  evaluation: Evaluation,
  lang: Lang,
  background: Background = noBackground,
  portfolio: readonly Assertion[] = [],
): readonly string[] {
  const told = toldOf(scheme, evaluation, background, portfolio);
  const teller = tellerOf(scheme, CATALOGUES[lang], told);
  const sections = sectionsOf(teller, evaluation.awards).flatMap(([heading, verdicts]) => [
    heading,
    ...verdicts.flatMap((verdict) => indented(awardLines(teller, told, verdict))),
  ]);
  const leftOut = leftOutLines(teller, told);
  return leftOut.length === 0 ? sections : [...sections, teller.words.leftOutHeading, ...indented(leftOut)];
}

function leftOutLines(teller: Teller, { evaluation, unasked }: Told): readonly string[] {
  const { words } = teller;
  return [
    ...evaluation.leftOut.map((one) => leftOutLine(teller, one, [])),
    ...unasked.map((one) => words.leftOut(teller.named(one), words.reason.no_rule_asks)),
  ];
}

type Section = readonly [heading: string, verdicts: readonly AwardVerdict[]];

/** Awards without a level stand last. */
const levelOf = ({ award }: AwardVerdict): number => award.level ?? Number.MAX_SAFE_INTEGER;

/** The competencies in the scheme's order, each with its awards by level; then the awards of none. */
function sectionsOf({ scheme, words }: Teller, verdicts: readonly AwardVerdict[]): readonly Section[] {
  const known = [...scheme.competencies.values()].map(({ id, name }): Section => {
    const own = verdicts.filter(({ award }) => award.competency === id);
    return [name, own.toSorted((a, b) => levelOf(a) - levelOf(b))];
  });
  const others = verdicts.filter(
    ({ award }) => award.competency === null || !scheme.competencies.has(award.competency),
  );
  return [...known, [words.otherAwards, others] as const].filter(([, own]) => own.length > 0);
}
