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
  type HoldsResult,
} from '../evaluation.js';
import type { Suggestion } from '../suggestions.js';
import type { Enrolment, Scheme } from '../types.js';
import {
  type AwardHistory,
  type Background,
  buildExplanation,
  type Explanation,
  type Lang,
  noBackground,
} from './explanation.js';
import { badgeName, CATALOGUES, Formatter, partnerName } from './formatter.js';
import type { BadgeGroup, Catalogue, HoldsStatus } from './fr.js';

/**
 * An evaluation in words, one line each, the tree by indentation (two spaces a level): by competency and
 * level, each award with its status, history, rule and suggestions. No address is in it. Pure.
 * @param scheme the one that was evaluated
 * @param background what the journal says of this person
 */
export const explainText = (
  scheme: Scheme,
  evaluation: Evaluation,
  lang: Lang,
  background: Background = noBackground,
): readonly string[] =>
  new ExplanationText(buildExplanation(scheme, evaluation, background), CATALOGUES[lang]).lines();

/** One level deeper. */
const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** Awards without a level come last. */
const levelOf = ({ award }: AwardVerdict): number => award.level ?? Number.MAX_SAFE_INTEGER;

/** How far each demand is met. */
export const talliesPhrase = (
  { condition: { demands: say } }: Catalogue,
  demands: readonly Demand[],
): string => demands.map((demand) => say[demand.name].tally(demand)).join(', ');

/** An explanation in one language. */
export class ExplanationText extends Formatter {
  constructor(
    private readonly explanation: Explanation,
    words: Catalogue,
  ) {
    super(explanation.scheme, words);
  }

  /** The competencies in the scheme's order, each with its awards by level; then the awards of none. */
  lines(): readonly string[] {
    const { competencies } = this.scheme;
    const { awards } = this.explanation.evaluation;
    const linesOf = (verdicts: readonly AwardVerdict[]): readonly string[] =>
      verdicts.flatMap((verdict) => this.awardLines(verdict));
    const sections = [...competencies.values()].map(({ id, name }) => {
      const own = awards.filter(({ award }) => award.competency === id);
      return [name, linesOf(own.toSorted((a, b) => levelOf(a) - levelOf(b)))] as const;
    });
    const others = awards.filter(({ award }) => !competencies.has(award.competency ?? ''));
    return [
      ...sections,
      [this.words.otherAwards, linesOf(others)] as const,
      [this.words.excludedHeading, this.excludedLines()] as const,
    ].flatMap(([heading, lines]) => (lines.length === 0 ? [] : [heading, ...indented(lines)]));
  }

  /** What counts for no award, each with why. */
  excludedLines(): readonly string[] {
    const { evaluation, unused } = this.explanation;
    return [
      ...evaluation.excluded.map((one) => this.exclusionLine(one)),
      ...unused.map((one) => this.words.excluded(this.named(one), this.words.reason.no_rule_asks)),
    ];
  }

  /** An award's status; under it, its history, its rule, and what would help. */
  awardLines(verdict: AwardVerdict): readonly string[] {
    const { name, id, level } = verdict.award;
    return [
      this.words.award(name, id, level, this.#status(verdict)),
      ...indented([...this.#history(verdict), ...this.#rule(verdict.tree), ...this.#suggestions(verdict)]),
    ];
  }

  #status({ award, status, met, heldBy, tree }: AwardVerdict): string {
    const words = this.words.status;
    const { waiting, flagged, history } = this.explanation.background;
    if (heldBy !== null) {
      const day = this.day(heldBy.issuedOnS);
      const flaggedS = flagged.get(award.badgeId);
      if (flaggedS !== undefined) return words.flagged(day, this.day(flaggedS), met);
      if (met) return words.held(day, 'met');
      return words.held(day, this.#isOfOlderRules(history.get(award.badgeId)) ? 'older_rules' : 'not_met');
    }
    if (waiting.has(award.id)) return words.waiting;
    const missing = met ? null : this.shortfall(tree);
    if (status === 'blocked') return words.blocked(missing);
    if (status === 'inactive') return words.inactive(missing);
    return missing === null ? words.due : words.notMet(missing);
  }

  /** Whether an award was given under other rules than those that were evaluated. */
  #isOfOlderRules(history: AwardHistory | undefined): boolean {
    const version = history?.version ?? null;
    return version !== null && version !== this.explanation.evaluation.version;
  }

  /** How a held award came about, and what a human can do about a flagged or blocked one. */
  #history({ award, status }: AwardVerdict): readonly string[] {
    const words = this.words.history;
    const { history, flagged } = this.explanation.background;
    if (status === 'blocked') return [words.unblock(award.id)];
    if (status !== 'held') return [];
    const known = history.get(award.badgeId);
    return [
      ...(known === undefined ? [] : this.#origin(known)),
      ...(flagged.has(award.badgeId) ? [words.flagged] : []),
    ];
  }

  #origin(history: AwardHistory): readonly string[] {
    const words = this.words.history;
    const { by, version, earnedBy } = history;
    const rules = version === null ? null : { version, current: !this.#isOfOlderRules(history) };
    const badges = earnedBy.map((id) => {
      const known = this.explanation.assertions.get(id);
      return known === undefined ? words.gone(id) : this.words.named(this.named(known));
    });
    return [
      by === 'hand' ? words.byHand : words.byPalier(rules),
      ...(badges.length === 0 ? [] : [words.earnedBy(badges)]),
    ];
  }

  /** The rule's tree. Met or not is said in words too, so that nothing depends on a sign. */
  #rule(result: ConditionResult): readonly string[] {
    const mark = result.met ? '✓' : '✗';
    if (result.kind === 'badges') return this.#badges(result, mark);
    if (result.kind === 'holds')
      return [`${mark} ${this.words.holds(this.awardName(result.award), this.#holdsStatus(result))}`];
    const { kind, have, need, of } = result;
    const heading = this.words.group[kind](need, of.length);
    return [
      `${mark} ${heading}${this.words.colon}${this.words.groupMet(have, kind === 'all' ? need : null)}`,
      ...indented(of.flatMap((part) => this.#rule(part))),
    ];
  }

  #holdsStatus({ award: id, through }: HoldsResult): HoldsStatus {
    const { evaluation, background } = this.explanation;
    if (through === 'held') return 'held';
    if (background.waiting.has(id)) return 'waiting';
    if (through === 'due') return 'due';
    const status = evaluation.awards.find(({ award }) => award.id === id)?.status;
    return status === 'blocked' || status === 'inactive' ? status : 'none';
  }

  /** What a `badges` condition asks, has and lacks; under it, what counted and what did not. */
  #badges(result: BadgesResult, mark: string): readonly string[] {
    const { words } = this;
    const { condition, demands, counted, excluded, met } = result;
    // Where nothing counts, everything is missing: the heading has just said what.
    const isKnown = met || counted.length === 0;
    const gap = isKnown ? '' : `${words.semicolon}${words.still(this.missingBadges(result, true))}`;
    return [
      `${mark} ${this.asked(condition)}${words.colon}${talliesPhrase(words, demands)}${gap}`,
      ...counted.map((assertion) => `  ${words.counted(this.named(assertion))}`),
      ...excluded.map((one) => `  ${this.exclusionLine(one)}`),
    ];
  }

  /** An assertion that does not count, and why. */
  exclusionLine({ assertion, reason }: Exclusion): string {
    return this.words.excluded(this.named(assertion), this.#reason(assertion, reason));
  }

  #reason(assertion: Assertion, reason: Exclusion['reason']): string {
    const words = this.words.reason;
    switch (reason.why) {
      case 'not_enrolled':
      case 'partner_inactive':
      case 'wrong_client':
      case 'revoked':
      case 'future':
        return words[reason.why];
      case 'outside_enrolment':
      case 'outside_condition_dates':
        return words[reason.why](this.period(reason));
      case 'expired':
        return words.expired(this.day(reason.expiresOnS));
      case 'duplicate_of': {
        const other = this.explanation.assertions.get(reason.of) ?? assertion;
        const version = other.badgeId === assertion.badgeId ? 'same' : 'another';
        return words.duplicate_of(this.named(other), version);
      }
      case 'over_per_issuer':
        return words.over_per_issuer(reason.perIssuer);
    }
    return assertNever(reason);
  }

  /** What an unmet rule still lacks, in one phrase; the parts that are met are left out. */
  shortfall(result: ConditionResult): string {
    return this.words.still(this.#missing(result));
  }

  #missing(result: ConditionResult): string {
    const { words } = this;
    if (result.kind === 'badges') return this.missingBadges(result);
    if (result.kind === 'holds')
      return words.missingAward(this.awardName(result.award), this.#holdsStatus(result));
    const open = result.of.filter(({ met }) => !met);
    const count = result.need - result.have;
    const parts = open.map((part) => {
      const phrase = this.#missing(part);
      // Brackets: "a and b or c" could be read two ways.
      return open.length > 1 && 'of' in part && part.of.length > 1 ? `(${phrase})` : phrase;
    });
    if (count >= open.length) return words.and(parts);
    if (count === 1) return words.or(parts);
    const awards = open.flatMap((part) =>
      part.kind === 'holds' && this.#holdsStatus(part) === 'none' ? [this.awardName(part.award)] : [],
    );
    return awards.length === open.length
      ? words.missingAwards(count, awards)
      : words.missingSome(count, parts);
  }

  /** Awards are named only beside badges: alone, they stand already in what is missing. */
  #suggestions({ award }: AwardVerdict): readonly string[] {
    const suggestion = this.explanation.suggestions.get(award.id);
    if (suggestion === undefined) return [];
    const { badges, awards, reach } = suggestion;
    const words = this.words.suggestions;
    const outOfReach = reach === 'beyond' ? [words.outOfReach] : [];
    if (badges.length > 0) return [this.#wouldHelp(suggestion), ...outOfReach];
    return reach === 'within' && awards.length === 0 ? [words.together] : outOfReach;
  }

  #wouldHelp({ badges, awards }: Suggestion): string {
    const { given } = this.explanation;
    const shown = this.#firstOfEachPartner(badges);
    const groups = [...new Set(shown.map(({ clientId }) => clientId))].map((partner): BadgeGroup => ({
      partner: partnerName(this.scheme, partner),
      badges: shown
        .filter(({ clientId }) => clientId === partner)
        .map(({ badgeId }) => ({ name: badgeName(this.scheme, badgeId), again: given.has(badgeId) })),
    }));
    const names = awards.map((id) => this.awardName(id));
    return this.words.suggestions.wouldHelp(names, groups, badges.length - shown.length);
  }

  /** One badge of each partner before a second of any; partners that the person knows come first. */
  #firstOfEachPartner(badges: readonly Enrolment[]): readonly Enrolment[] {
    const known = new Set([...this.explanation.assertions.values()].map(({ clientId }) => clientId));
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
}

/** Nobody reads more names than that. */
const MOST_NAMED = 5;
