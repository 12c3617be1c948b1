import type { Assertion } from '../../earners/record.js';
import type { ClientId } from '../../ids.js';
import { en } from './en.js';
import { askedOf, badgeName, shortfall, partnerName } from './facts.js';
import { fr } from './fr.js';
import { type Formatter, createFormatter } from './formatter.js';
import type { HelpGroup, Lang } from './words.js';
import type { Suggestion } from '../suggestions.js';
import type { Enrolment, Scheme } from '../types.js';
import {
  assertNever,
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  type Evaluation,
  type Exclusion,
} from '../evaluation.js';
import {
  type AwardHistory,
  type Background,
  noBackground,
  type Explanation,
  buildExplanation,
} from './explanation.js';

/** What a rule that is not met still lacks, in one phrase: the parts that are met are passed over. */
export const shortfallPhrase = (teller: Formatter, result: ConditionResult): string =>
  teller.words.still(phraseOf(teller, result));

function phraseOf(teller: Formatter, result: ConditionResult): string {
  const { words, scheme } = teller;
  if (result.kind === 'badges') {
    const asked = askedOf(scheme, result.condition);
    return words.lacking(shortfall(result), asked, teller.period({ ...asked, fromS: null }).until);
  }
  if (result.kind === 'holds') return words.lackingAward(teller.award(result.award), teller.standing(result));
  const open = result.of.filter(({ met }) => !met);
  return choiceOf(teller, open, result.need - result.have);
}

/** So many of the open parts: all of them, any one, or some. */
function choiceOf(teller: Formatter, open: readonly ConditionResult[], missing: number): string {
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
function inner(teller: Formatter, part: ConditionResult, amongOthers: boolean): string {
  const phrase = phraseOf(teller, part);
  return amongOthers && 'of' in part && part.of.length > 1 ? `(${phrase})` : phrase;
}

/** Whether an award was given under other rules than those that were evaluated. */
export const isOfOlderRules = ({ evaluation }: Explanation, history: AwardHistory | undefined): boolean =>
  history !== undefined && history.version !== null && history.version !== evaluation.version;

/** How a held award came about, and what a human can do about a flagged or blocked one. */
export function accountLines(teller: Formatter, told: Explanation, verdict: AwardVerdict): readonly string[] {
  const { award, status } = verdict;
  const words = teller.words.account;
  if (status === 'blocked') return [words.unblock(award.id)];
  if (status !== 'held') return [];
  const history = told.background.history.get(award.badgeId);
  return [
    ...(history === undefined ? [] : historyLines(teller, told, history)),
    ...(told.background.flagged.has(award.badgeId) ? [words.flagged] : []),
  ];
}

function historyLines(teller: Formatter, told: Explanation, history: AwardHistory): readonly string[] {
  const words = teller.words.account;
  const earnedBy = history.earnedBy.map((id) => {
    const known = told.assertions.get(id);
    return known === undefined ? words.gone(id) : teller.words.named(teller.named(known));
  });
  return [
    history.by === 'hand' ? words.byHand : words.byPalier(rulesOf(told, history)),
    ...(earnedBy.length === 0 ? [] : [words.earnedBy(earnedBy)]),
  ];
}

const rulesOf = (told: Explanation, history: AwardHistory) =>
  history.version === null ? null : { version: history.version, current: !isOfOlderRules(told, history) };

/** A `badges` condition: what it asks, has and lacks; under it, what counted and what did not. */
export function badgesLines(teller: Formatter, result: BadgesResult, mark: string): readonly string[] {
  const { words, scheme } = teller;
  const { condition, counted, excluded } = result;
  const asked = askedOf(scheme, condition);
  const heading = words.asked(condition.atLeast, asked, teller.period(asked));
  // Of nothing, everything is missing: the heading has just said what.
  const known = result.met || counted.length === 0;
  const gap = known ? '' : `${words.semicolon}${words.still(words.lacking(shortfall(result), null, null))}`;
  const candidates = [...counted, ...excluded.map(({ assertion }) => assertion)];
  return [
    `${mark} ${heading}${words.colon}${talliesOf(teller, result)}${gap}`,
    ...counted.map((assertion) => `  ${words.counted(teller.named(assertion))}`),
    ...excluded.map((one) => `  ${exclusionLine(teller, one, candidates)}`),
  ];
}

const talliesOf = ({ words }: Formatter, { badges, issuers, abilities }: BadgesResult): string =>
  [
    words.tally.badges(badges),
    ...(issuers === null ? [] : [words.tally.issuers(issuers)]),
    ...(abilities === null ? [] : [words.tally.abilities(abilities)]),
  ].join(', ');

/** An assertion that does not count. `candidates` are those that it can be a duplicate of. */
export const exclusionLine = (
  teller: Formatter,
  { assertion, reason }: Exclusion,
  candidates: readonly Assertion[],
): string =>
  teller.words.leftOut(teller.named(assertion), reasonWords(teller, { assertion, reason }, candidates));

function reasonWords(
  teller: Formatter,
  { assertion, reason }: Exclusion,
  candidates: readonly Assertion[],
): string {
  const words = teller.words.reason;
  switch (reason.why) {
    case 'not_enrolled':
    case 'partner_inactive':
    case 'wrong_client':
    case 'revoked':
    case 'future':
      return words[reason.why];
    case 'outside_enrolment':
    case 'outside_condition_dates':
      return words[reason.why](teller.period(reason));
    case 'expired':
      return words.expired(teller.day(reason.expiresOnS));
    case 'duplicate_of': {
      const other = candidates.find(({ id }) => id === reason.of) ?? assertion;
      return words.duplicate_of(
        teller.named(other),
        other.badgeId === assertion.badgeId ? 'same' : 'another',
      );
    }
    case 'over_per_issuer':
      return words.over_per_issuer(reason.perIssuer);
  }
  return assertNever(reason);
}

/** More names than that, and nobody reads them. */
const MOST_NAMED = 5;

/**
 * What would bring an award closer that is not met. Awards are named where badges are, too: alone, they
 * stand already in what is missing.
 */
export function helpLines(teller: Formatter, told: Explanation, { award }: AwardVerdict): readonly string[] {
  const help = told.suggestions.get(award.id);
  if (help === undefined) return [];
  const words = teller.words.help;
  const outOfReach = help.reach === 'beyond' ? [words.outOfReach] : [];
  if (help.badges.length > 0) return [wouldHelp(teller, told, help), ...outOfReach];
  const severalAtOnce = help.reach === 'within' && help.awards.length === 0;
  return severalAtOnce ? [words.together] : outOfReach;
}

function wouldHelp(teller: Formatter, told: Explanation, { badges, awards }: Suggestion): string {
  const known = new Set([...told.assertions.values()].map(({ clientId }) => clientId));
  const shown = fewOf(badges, known);
  const names = awards.map((id) => teller.award(id));
  return teller.words.help.wouldHelp(names, groupsOf(teller, told, shown), badges.length - shown.length);
}

/** One badge of each partner before a second of any; of partners that the person knows already, first. */
function fewOf(badges: readonly Enrolment[], known: ReadonlySet<ClientId>): readonly Enrolment[] {
  const taken = new Map<ClientId, number>();
  const ranked = badges.map((badge) => {
    const round = taken.get(badge.clientId) ?? 0;
    taken.set(badge.clientId, round + 1);
    return { badge, round, stranger: known.has(badge.clientId) ? 0 : 1 };
  });
  return ranked
    .toSorted((a, b) => a.round - b.round || a.stranger - b.stranger)
    .slice(0, MOST_NAMED)
    .map(({ badge }) => badge);
}

function groupsOf(
  { scheme }: Formatter,
  told: Explanation,
  badges: readonly Enrolment[],
): readonly HelpGroup[] {
  return [...new Set(badges.map(({ clientId }) => clientId))].map((partner) => ({
    partner: partnerName(scheme, partner),
    badges: badges
      .filter(({ clientId }) => clientId === partner)
      .map((badge) => ({ name: badgeName(scheme, badge.badgeId), again: told.given.has(badge.badgeId) })),
  }));
}

/** One level deeper. */
export const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** An award: where it stands; under it, how it came about, its rule, and what would help. */
export function awardLines(teller: Formatter, told: Explanation, verdict: AwardVerdict): readonly string[] {
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

function statusWords(teller: Formatter, told: Explanation, verdict: AwardVerdict): string {
  const words = teller.words.status;
  const { award, status, met, heldBy, tree } = verdict;
  // Held is the one status that has an assertion, and every one that has is held.
  if (heldBy !== null) return heldWords(teller, told, verdict, heldBy);
  if (told.background.waiting.has(award.id)) return words.waiting;
  const lacking = met ? null : shortfallPhrase(teller, tree);
  if (status === 'blocked') return words.blocked(lacking);
  if (status === 'inactive') return words.inactive(lacking);
  return lacking === null ? words.due : words.notMet(lacking);
}

function heldWords(
  teller: Formatter,
  told: Explanation,
  { award, met }: AwardVerdict,
  heldBy: Assertion,
): string {
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

function ruleLines(teller: Formatter, result: ConditionResult): readonly string[] {
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

export type { Lang } from './words.js';
export { noBackground } from './explanation.js';

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
  const told = buildExplanation(scheme, evaluation, background, portfolio);
  const teller = createFormatter(scheme, CATALOGUES[lang], told);
  const sections = sectionsOf(teller, evaluation.awards).flatMap(([heading, verdicts]) => [
    heading,
    ...verdicts.flatMap((verdict) => indented(awardLines(teller, told, verdict))),
  ]);
  const leftOut = leftOutLines(teller, told);
  return leftOut.length === 0 ? sections : [...sections, teller.words.leftOutHeading, ...indented(leftOut)];
}

function leftOutLines(teller: Formatter, { evaluation, unused }: Explanation): readonly string[] {
  const { words } = teller;
  return [
    ...evaluation.excluded.map((one) => exclusionLine(teller, one, [])),
    ...unused.map((one) => words.leftOut(teller.named(one), words.reason.no_rule_asks)),
  ];
}

type Section = readonly [heading: string, verdicts: readonly AwardVerdict[]];

/** Awards without a level stand last. */
const levelOf = ({ award }: AwardVerdict): number => award.level ?? Number.MAX_SAFE_INTEGER;

/** The competencies in the scheme's order, each with its awards by level; then the awards of none. */
function sectionsOf({ scheme, words }: Formatter, verdicts: readonly AwardVerdict[]): readonly Section[] {
  const known = [...scheme.competencies.values()].map(({ id, name }): Section => {
    const own = verdicts.filter(({ award }) => award.competency === id);
    return [name, own.toSorted((a, b) => levelOf(a) - levelOf(b))];
  });
  const others = verdicts.filter(
    ({ award }) => award.competency === null || !scheme.competencies.has(award.competency),
  );
  return [...known, [words.otherAwards, others] as const].filter(([, own]) => own.length > 0);
}
