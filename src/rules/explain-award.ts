import type { Assertion } from '../earners/assertion.js';
import { accountLines, isOfOlderRules } from './explain-account.js';
import { badgesLines } from './explain-badges.js';
import { helpLines } from './explain-help.js';
import { lackingIn } from './explain-lacking.js';
import type { Teller } from './explain-teller.js';
import type { Told } from './explain-told.js';
import type { AwardVerdict, ConditionResult } from './verdict.js';

/** One level deeper. */
export const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** An award: where it stands; under it, how it came about, its rule, and what would help. */
export function awardLines(teller: Teller, told: Told, verdict: AwardVerdict): readonly string[] {
  const { name, id, level } = verdict.award;
  return [
    teller.words.award(name, id, level, statusWords(teller, told, verdict)),
    ...indented([
      ...accountLines(teller, told, verdict),
      ...ruleLines(teller, verdict.tree),
      ...helpLines(teller, told, verdict),
    ]),
  ];
}

function statusWords(teller: Teller, told: Told, verdict: AwardVerdict): string {
  const words = teller.words.status;
  const { award, status, met, heldBy, tree } = verdict;
  // Held is the one status that has an assertion, and every one that has is held.
  if (heldBy !== null) return heldWords(teller, told, verdict, heldBy);
  if (told.background.waiting.has(award.id)) return words.waiting;
  const lacking = met ? null : lackingIn(teller, tree);
  if (status === 'blocked') return words.blocked(lacking);
  if (status === 'inactive') return words.inactive(lacking);
  return lacking === null ? words.due : words.notMet(lacking);
}

function heldWords(teller: Teller, told: Told, { award, met }: AwardVerdict, heldBy: Assertion): string {
  const words = teller.words.status;
  const day = teller.day(heldBy.issuedOnS);
  const flaggedS = told.background.flagged.get(award.badgeId);
  if (flaggedS !== undefined) return words.flagged(day, teller.day(flaggedS), met);
  if (met) return words.held(day, 'met');
  const older = isOfOlderRules(told, told.background.history.get(award.badgeId));
  return words.held(day, older ? 'older_rules' : 'not_met');
}

/** What is met, and what is not: the words say it again, so that nothing hangs on a sign. */
const mark = (met: boolean): string => (met ? '✓' : '✗');

function ruleLines(teller: Teller, result: ConditionResult): readonly string[] {
  if (result.kind === 'badges') return badgesLines(teller, result, mark(result.met));
  const { words } = teller;
  if (result.kind === 'holds')
    return [`${mark(result.met)} ${words.holds(teller.award(result.award), teller.standing(result))}`];
  const heading = words.group[result.kind](result, result.of.length);
  return [
    `${mark(result.met)} ${heading}`,
    ...indented(result.of.flatMap((part) => ruleLines(teller, part))),
  ];
}
