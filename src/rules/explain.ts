import { en } from './explain-en.js';
import { fr } from './explain-fr.js';
import { badgesLines, leftOutLine } from './explain-badges.js';
import { lackingIn } from './explain-lacking.js';
import { type Teller, tellerOf } from './explain-teller.js';
import type { Lang } from './explain-words.js';
import type { Scheme } from './types.js';
import type { AwardVerdict, ConditionResult, Evaluation } from './verdict.js';

export type { Lang } from './explain-words.js';

const CATALOGUES = { fr, en } as const;

/** What is met, and what is not: the words say it again, so that nothing hangs on a sign. */
const mark = (met: boolean): string => (met ? '✓' : '✗');
const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/**
 * An evaluation in words, one line each, the tree by indentation (two spaces a level): by competency and
 * level, each award with its status and its rule, what each condition has and needs, what counted and what
 * did not, and why. No address is in it.
 * @param scheme the one that was evaluated
 */
export function explainText(scheme: Scheme, evaluation: Evaluation, lang: Lang): readonly string[] {
  const teller = tellerOf(scheme, CATALOGUES[lang]);
  const sections = sectionsOf(teller, evaluation.awards).flatMap(([heading, verdicts]) => [
    heading,
    ...verdicts.flatMap((verdict) => indented(awardLines(teller, verdict))),
  ]);
  if (evaluation.leftOut.length === 0) return sections;
  const lines = evaluation.leftOut.map((one) => leftOutLine(teller, one, []));
  return [...sections, teller.words.leftOutHeading, ...indented(lines)];
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

function awardLines(teller: Teller, verdict: AwardVerdict): readonly string[] {
  const { name, id, level } = verdict.award;
  const line = teller.words.award(name, id, level, statusWords(teller, verdict));
  return [line, ...indented(ruleLines(teller, verdict.tree))];
}

function statusWords(teller: Teller, { status, met, heldBy, tree }: AwardVerdict): string {
  const words = teller.words.status;
  // Held is the one status that has an assertion, and every one that has is held.
  if (heldBy !== null) return words.held(teller.day(heldBy.issuedOnS), met);
  if (status === 'blocked') return words.blocked(met);
  if (status === 'inactive') return words.inactive(met);
  return met ? words.due : words.notMet(lackingIn(teller, tree));
}

function ruleLines(teller: Teller, result: ConditionResult): readonly string[] {
  if (result.kind === 'badges') return badgesLines(teller, result, mark(result.met));
  const { words } = teller;
  if (result.kind === 'holds')
    return [`${mark(result.met)} ${words.holds(teller.award(result.award), result.through)}`];
  const heading = words.group[result.kind](result, result.of.length);
  return [
    `${mark(result.met)} ${heading}`,
    ...indented(result.of.flatMap((part) => ruleLines(teller, part))),
  ];
}
