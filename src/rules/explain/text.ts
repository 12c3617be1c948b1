import type { Assertion } from '../../earners/record.js';
import type { ClientId } from '../../ids.js';
import {
  assertNever,
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  type Demand,
  type Evaluation,
  type Exclusion,
} from '../evaluation.js';
import type { Suggestion } from '../suggestions.js';
import type { Enrolment, Scheme } from '../types.js';
import {
  type AwardHistory,
  type Background,
  buildExplanation,
  type Explanation,
  isOfOlderRules,
  type Lang,
  noBackground,
} from './explanation.js';
import {
  askedPhrase,
  badgeName,
  CATALOGUES,
  createFormatter,
  type Formatter,
  missingBadges,
  partnerName,
} from './formatter.js';
import type { BadgeGroup, Catalogue } from './fr.js';

/**
 * An evaluation in words, one line each, the tree by indentation (two spaces a level): by competency and
 * level, each award with its status, history, rule and suggestions. No address is in it. Pure.
 * @param scheme the one that was evaluated
 * @param background what the journal says of this person
 * @param portfolio the assertions that were evaluated: what no rule asks for is listed from it
 */
export function explainText(
  scheme: Scheme,
  evaluation: Evaluation,
  lang: Lang,
  background: Background = noBackground,
  portfolio: readonly Assertion[] = [],
): readonly string[] {
  const explanation = buildExplanation(scheme, evaluation, background, portfolio);
  const formatter = createFormatter(scheme, CATALOGUES[lang], explanation);
  const sections = sectionsOf(formatter, evaluation.awards).flatMap(([heading, verdicts]) => [
    heading,
    ...verdicts.flatMap((verdict) => indented(awardLines(formatter, explanation, verdict))),
  ]);
  const excluded = excludedLines(formatter, explanation);
  return excluded.length === 0
    ? sections
    : [...sections, formatter.words.excludedHeading, ...indented(excluded)];
}

/** One level deeper. */
const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

type Section = readonly [heading: string, verdicts: readonly AwardVerdict[]];

/** Awards without a level come last. */
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

/** What counts for no award, each with why. */
export const excludedLines = (
  formatter: Formatter,
  { evaluation, unused }: Pick<Explanation, 'evaluation' | 'unused'>,
): readonly string[] => [
  ...evaluation.excluded.map((one) => exclusionLine(formatter, one, [])),
  ...unused.map((one) => formatter.words.excluded(formatter.named(one), formatter.words.reason.no_rule_asks)),
];

/** An award's status; under it, its history, its rule, and what would help. */
export function awardLines(
  formatter: Formatter,
  explanation: Explanation,
  verdict: AwardVerdict,
): readonly string[] {
  const { name, id, level } = verdict.award;
  return [
    formatter.words.award(name, id, level, statusPhrase(formatter, explanation, verdict)),
    ...indented([
      ...historyLines(formatter, explanation, verdict),
      ...ruleLines(formatter, verdict.tree),
      ...suggestionLines(formatter, explanation, verdict),
    ]),
  ];
}

function statusPhrase(formatter: Formatter, explanation: Explanation, verdict: AwardVerdict): string {
  const words = formatter.words.status;
  const { award, status, met, heldBy, tree } = verdict;
  const { waiting, flagged, history } = explanation.background;
  if (heldBy !== null) {
    const day = formatter.day(heldBy.issuedOnS);
    const flaggedS = flagged.get(award.badgeId);
    if (flaggedS !== undefined) return words.flagged(day, formatter.day(flaggedS), met);
    if (met) return words.held(day, 'met');
    const older = isOfOlderRules(explanation, history.get(award.badgeId));
    return words.held(day, older ? 'older_rules' : 'not_met');
  }
  if (waiting.has(award.id)) return words.waiting;
  const missing = met ? null : shortfallPhrase(formatter, tree);
  if (status === 'blocked') return words.blocked(missing);
  if (status === 'inactive') return words.inactive(missing);
  return missing === null ? words.due : words.notMet(missing);
}

/** How a held award came about, and what a human can do about a flagged or blocked one. */
function historyLines(
  formatter: Formatter,
  explanation: Explanation,
  { award, status }: AwardVerdict,
): readonly string[] {
  const words = formatter.words.history;
  if (status === 'blocked') return [words.unblock(award.id)];
  if (status !== 'held') return [];
  const history = explanation.background.history.get(award.badgeId);
  return [
    ...(history === undefined ? [] : originLines(formatter, explanation, history)),
    ...(explanation.background.flagged.has(award.badgeId) ? [words.flagged] : []),
  ];
}

function originLines(
  formatter: Formatter,
  explanation: Explanation,
  history: AwardHistory,
): readonly string[] {
  const words = formatter.words.history;
  const { by, version, earnedBy } = history;
  const rules = version === null ? null : { version, current: !isOfOlderRules(explanation, history) };
  const badges = earnedBy.map((id) => {
    const known = explanation.assertions.get(id);
    return known === undefined ? words.gone(id) : formatter.words.named(formatter.named(known));
  });
  return [
    by === 'hand' ? words.byHand : words.byPalier(rules),
    ...(badges.length === 0 ? [] : [words.earnedBy(badges)]),
  ];
}

/** The rule's tree. Met or not is said in words too, so that nothing depends on a sign. */
function ruleLines(formatter: Formatter, result: ConditionResult): readonly string[] {
  const { words } = formatter;
  const mark = result.met ? '✓' : '✗';
  if (result.kind === 'badges') return badgesLines(formatter, result, mark);
  if (result.kind === 'holds')
    return [`${mark} ${words.holds(formatter.award(result.award), formatter.holdsStatus(result))}`];
  return [
    `${mark} ${words.group[result.kind](result, result.of.length)}`,
    ...indented(result.of.flatMap((part) => ruleLines(formatter, part))),
  ];
}

/** What a `badges` condition asks, has and lacks; under it, what counted and what did not. */
function badgesLines(formatter: Formatter, result: BadgesResult, mark: string): readonly string[] {
  const { words } = formatter;
  const { condition, demands, counted, excluded } = result;
  // Where nothing counts, everything is missing: the heading has just said what.
  const known = result.met || counted.length === 0;
  const gap = known ? '' : `${words.semicolon}${words.still(missingBadges(formatter, result, true))}`;
  const candidates = [...counted, ...excluded.map(({ assertion }) => assertion)];
  return [
    `${mark} ${askedPhrase(formatter, condition)}${words.colon}${talliesPhrase(words, demands)}${gap}`,
    ...counted.map((assertion) => `  ${words.counted(formatter.named(assertion))}`),
    ...excluded.map((one) => `  ${exclusionLine(formatter, one, candidates)}`),
  ];
}

/** How far each demand is met. */
export const talliesPhrase = (
  { condition: { demands: say } }: Catalogue,
  demands: readonly Demand[],
): string => demands.map((demand) => say[demand.name].tally(demand)).join(', ');

/** An assertion that does not count. @param candidates what it can be a duplicate of */
export const exclusionLine = (
  formatter: Formatter,
  exclusion: Exclusion,
  candidates: readonly Assertion[],
): string =>
  formatter.words.excluded(
    formatter.named(exclusion.assertion),
    reasonWords(formatter, exclusion, candidates),
  );

function reasonWords(
  formatter: Formatter,
  { assertion, reason }: Exclusion,
  candidates: readonly Assertion[],
): string {
  const words = formatter.words.reason;
  switch (reason.why) {
    case 'not_enrolled':
    case 'partner_inactive':
    case 'wrong_client':
    case 'revoked':
    case 'future':
      return words[reason.why];
    case 'outside_enrolment':
    case 'outside_condition_dates':
      return words[reason.why](formatter.period(reason));
    case 'expired':
      return words.expired(formatter.day(reason.expiresOnS));
    case 'duplicate_of': {
      const other = candidates.find(({ id }) => id === reason.of) ?? assertion;
      const version = other.badgeId === assertion.badgeId ? 'same' : 'another';
      return words.duplicate_of(formatter.named(other), version);
    }
    case 'over_per_issuer':
      return words.over_per_issuer(reason.perIssuer);
  }
  return assertNever(reason);
}

/** What an unmet rule still lacks, in one phrase; the parts that are met are left out. */
export const shortfallPhrase = (formatter: Formatter, result: ConditionResult): string =>
  formatter.words.still(missingPhrase(formatter, result));

function missingPhrase(formatter: Formatter, result: ConditionResult): string {
  const { words } = formatter;
  if (result.kind === 'badges') return missingBadges(formatter, result);
  if (result.kind === 'holds')
    return words.missingAward(formatter.award(result.award), formatter.holdsStatus(result));
  const open = result.of.filter(({ met }) => !met);
  const count = result.need - result.have;
  const parts = open.map((part) => {
    const phrase = missingPhrase(formatter, part);
    // Brackets: "a and b or c" could be read two ways.
    return open.length > 1 && 'of' in part && part.of.length > 1 ? `(${phrase})` : phrase;
  });
  if (count >= open.length) return words.and(parts);
  if (count === 1) return words.or(parts);
  const awards = open.flatMap((part) =>
    part.kind === 'holds' && formatter.holdsStatus(part) === 'none' ? [formatter.award(part.award)] : [],
  );
  return awards.length === open.length ? words.missingAwards(count, awards) : words.missingSome(count, parts);
}

/** Awards are named only beside badges: alone, they stand already in what is missing. */
function suggestionLines(
  formatter: Formatter,
  explanation: Explanation,
  { award }: AwardVerdict,
): readonly string[] {
  const suggestion = explanation.suggestions.get(award.id);
  if (suggestion === undefined) return [];
  const { badges, awards, reach } = suggestion;
  const words = formatter.words.suggestions;
  const outOfReach = reach === 'beyond' ? [words.outOfReach] : [];
  if (badges.length > 0) return [wouldHelp(formatter, explanation, suggestion), ...outOfReach];
  return reach === 'within' && awards.length === 0 ? [words.together] : outOfReach;
}

function wouldHelp(formatter: Formatter, explanation: Explanation, { badges, awards }: Suggestion): string {
  const known = new Set([...explanation.assertions.values()].map(({ clientId }) => clientId));
  const shown = firstOfEachPartner(badges, known);
  const groups = [...new Set(shown.map(({ clientId }) => clientId))].map((partner): BadgeGroup => ({
    partner: partnerName(formatter.scheme, partner),
    badges: shown
      .filter(({ clientId }) => clientId === partner)
      .map(({ badgeId }) => ({
        name: badgeName(formatter.scheme, badgeId),
        again: explanation.given.has(badgeId),
      })),
  }));
  const names = awards.map((id) => formatter.award(id));
  return formatter.words.suggestions.wouldHelp(names, groups, badges.length - shown.length);
}

/** Nobody reads more names than that. */
const MOST_NAMED = 5;

/** One badge of each partner before a second of any; partners that the person knows come first. */
function firstOfEachPartner(
  badges: readonly Enrolment[],
  known: ReadonlySet<ClientId>,
): readonly Enrolment[] {
  const taken = new Map<ClientId, number>();
  const ranked = badges.map((badge) => {
    const round = taken.get(badge.clientId) ?? 0;
    taken.set(badge.clientId, round + 1);
    return { badge, round, unknown: known.has(badge.clientId) ? 0 : 1 };
  });
  return ranked
    .toSorted((a, b) => a.round - b.round || a.unknown - b.unknown)
    .slice(0, MOST_NAMED)
    .map(({ badge }) => badge);
}
