import type { Assertion } from '../../earners/record.js';
import type { ClientId } from '../../ids.js';
import {
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  type Exclusion,
  type HoldsResult,
} from '../evaluation.js';
import type { Suggestion } from '../suggestions.js';
import type { Enrolment } from '../types.js';
import {
  and,
  labelled,
  type Lang,
  type Localized,
  localized,
  or,
  semicolons,
  together,
} from '../../localized.js';
import type { AwardHistory, Explanation } from './explanation.js';
import { badgeName, Formatter, inLang, leaf, partnerName, type Tree } from './formatter.js';
import { type ExplainWords, type HoldsStatus, talliesPhrase, EXPLAIN_WORDS } from './words.js';

/**
 * Pure. Returns an explanation in lines, indented by two spaces a level, without any address. Awards are listed by
 * competency and level, each with its status, history, rule and suggestions.
 */
export const explainText = (explanation: Explanation, lang: Lang): readonly string[] =>
  new ExplanationText(explanation).sections().flatMap((section) => linesOf(inLang(section, lang)));

const linesOf = ({ text, under }: Tree<string>): readonly string[] => [
  text,
  ...under.flatMap(linesOf).map((line) => `  ${line}`),
];

const marked = (mark: string, text: Localized): Localized => localized((lang) => `${mark} ${text[lang]}`);

/** Awards without a level come last. */
const levelOf = ({ award }: AwardVerdict): number => award.level ?? Number.MAX_SAFE_INTEGER;

/** Formats an explanation. @param words a page replaces some of them */
export class ExplanationText extends Formatter {
  constructor(
    private readonly explanation: Explanation,
    private readonly words: ExplainWords = EXPLAIN_WORDS,
  ) {
    super(explanation.scheme);
  }

  /** Returns the competencies in the scheme's order, each with its awards by level; then the other awards. */
  sections(): readonly Tree[] {
    const { competencies } = this.scheme;
    const { awards } = this.explanation.evaluation;
    const section = (text: Localized, verdicts: readonly AwardVerdict[]): Tree => ({
      text,
      under: verdicts.map((verdict) => this.award(verdict)),
    });
    const others = awards.filter(({ award }) => !competencies.has(award.competency ?? ''));
    return [
      ...[...competencies.values()].map(({ id, name }) => {
        const ofCompetency = awards.filter(({ award }) => award.competency === id);
        return section(
          { fr: name, en: name },
          ofCompetency.toSorted((a, b) => levelOf(a) - levelOf(b)),
        );
      }),
      section(this.words.otherAwards, others),
      { text: this.words.excludedHeading, under: this.excluded().map(leaf) },
    ].filter(({ under }) => under.length > 0);
  }

  /** Formats each assertion that counts for no award, with its reason. */
  excluded(): readonly Localized[] {
    const { evaluation, unused } = this.explanation;
    return [
      ...evaluation.excluded.map((one) => this.exclusionLine(one)),
      ...unused.map((one) => this.words.excluded(this.assertion(one), this.words.reason.no_rule_asks)),
    ];
  }

  /** Formats an award's status; below it, its history, its rule and its suggestions. */
  award(verdict: AwardVerdict): Tree {
    const { name, id, level } = verdict.award;
    return {
      text: this.words.award(name, id, level, this.#status(verdict)),
      under: [
        ...this.#history(verdict).map(leaf),
        this.#rule(verdict.tree),
        ...this.#suggestions(verdict).map(leaf),
      ],
    };
  }

  #status({ award, status, met, heldBy, tree }: AwardVerdict): Localized {
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

  /** Whether an award was issued under other rules than those of this evaluation. */
  #isOfOlderRules(history: AwardHistory | undefined): boolean {
    const version = history?.version ?? null;
    return version !== null && version !== this.explanation.evaluation.version;
  }

  /** Formats how a held award was issued, and what a person can do about a flagged or blocked one. */
  #history({ award, status }: AwardVerdict): readonly Localized[] {
    const words = this.words.history;
    const { history, flagged } = this.explanation.background;
    if (status === 'blocked') return [words.unblock(award.id)];
    if (status !== 'held') return [];
    const ofAward = history.get(award.badgeId);
    return [
      ...(ofAward === undefined ? [] : this.#origin(ofAward)),
      ...(flagged.has(award.badgeId) ? [words.flagged] : []),
    ];
  }

  #origin(history: AwardHistory): readonly Localized[] {
    const words = this.words.history;
    const { by, version, earnedBy } = history;
    const rules = version === null ? null : { version, current: !this.#isOfOlderRules(history) };
    const badges = earnedBy.map((id) => {
      const assertion = this.explanation.assertions.get(id);
      return assertion === undefined ? words.gone(id) : this.assertion(assertion);
    });
    return [
      by === 'hand' ? words.byHand : words.byPalier(rules),
      ...(badges.length === 0 ? [] : [words.earnedBy(badges)]),
    ];
  }

  /** Formats a rule's tree. The words say whether a condition is met, so that no reader needs the mark. */
  #rule(result: ConditionResult): Tree {
    const mark = result.met ? '✓' : '✗';
    if (result.kind === 'badges') return this.#badges(result, mark);
    if (result.kind === 'holds') {
      const status = this.words.holdsStatus[this.#holdsStatus(result)];
      return leaf(marked(mark, this.words.holds(this.awardName(result.award), status)));
    }
    const { kind, have, need, of } = result;
    const heading = this.words.group[kind](need, of.length);
    const met = this.words.groupMet(have, kind === 'all' ? need : null);
    return { text: marked(mark, labelled(heading, met)), under: of.map((part) => this.#rule(part)) };
  }

  #holdsStatus({ award: id, through }: HoldsResult): HoldsStatus {
    const { evaluation, background } = this.explanation;
    if (through === 'held') return 'held';
    if (background.waiting.has(id)) return 'waiting';
    if (through === 'due') return 'due';
    const status = evaluation.awards.find(({ award }) => award.id === id)?.status;
    return status === 'blocked' || status === 'inactive' ? status : 'none';
  }

  /** Formats what a `badges` condition requires, has and misses; below it, what counts and what does not. */
  #badges(result: BadgesResult, mark: string): Tree {
    const { words } = this;
    const { condition, demands, counted, excluded, met } = result;
    const heading = marked(mark, labelled(this.condition(condition), talliesPhrase(demands)));
    // When nothing counts, everything is missing, and the heading says it.
    const isHeadingEnough = met || counted.length === 0;
    return {
      text: isHeadingEnough ? heading : semicolons([heading, words.still(this.missingBadges(result, true))]),
      under: [
        ...counted.map((assertion) => leaf(words.counted(this.assertion(assertion)))),
        ...excluded.map((one) => leaf(this.exclusionLine(one))),
      ],
    };
  }

  /** Formats an assertion that does not count, with its reason. */
  exclusionLine({ assertion, reason }: Exclusion): Localized {
    return this.words.excluded(this.assertion(assertion), this.#reason(assertion, reason));
  }

  #reason(assertion: Assertion, reason: Exclusion['reason']): Localized {
    const words = this.words.reason;
    if ('fromS' in reason) return words[reason.why](this.period(reason));
    if (reason.why === 'expired') return words.expired(this.day(reason.expiresOnS));
    if (reason.why === 'over_per_issuer') return words.over_per_issuer(reason.perIssuer);
    if (reason.why !== 'duplicate_of') return words[reason.why];
    const other = this.explanation.assertions.get(reason.of) ?? assertion;
    const issued = this.day(other.issuedOnS);
    if (other.badgeId === assertion.badgeId) return words.duplicate_of(issued);
    return words.version_of(badgeName(this.scheme, other.badgeId), issued);
  }

  /** Formats what an unmet rule misses, in one phrase without the parts that are met. */
  shortfall(result: ConditionResult): Localized {
    return this.words.still(this.#missing(result));
  }

  #missing(result: ConditionResult): Localized {
    const { words } = this;
    if (result.kind === 'badges') return this.missingBadges(result);
    if (result.kind === 'holds')
      return words.missingAward(this.awardName(result.award), this.#holdsStatus(result));
    const unmet = result.of.filter(({ met }) => !met);
    const count = result.need - result.have;
    const parts = unmet.map((part) => {
      const phrase = this.#missing(part);
      // In brackets, since "a and b or c" has two meanings.
      return unmet.length > 1 && 'of' in part && part.of.length > 1
        ? { fr: `(${phrase.fr})`, en: `(${phrase.en})` }
        : phrase;
    });
    if (count >= unmet.length) return and(parts);
    if (count === 1) return or(parts);
    const awards = unmet.flatMap((part) =>
      part.kind === 'holds' && this.#holdsStatus(part) === 'none' ? [this.awardName(part.award)] : [],
    );
    return awards.length === unmet.length
      ? words.missingAwards(count, awards)
      : words.missingSome(count, parts);
  }

  /** Names awards only beside badges: the status names missing awards already. */
  #suggestions({ award }: AwardVerdict): readonly Localized[] {
    const suggestion = this.explanation.suggestions.get(award.id);
    if (suggestion === undefined) return [];
    const { badges, awards, reach } = suggestion;
    const words = this.words.suggestions;
    const outOfReach = reach === 'beyond' ? [words.outOfReach] : [];
    if (badges.length > 0) return [this.#wouldHelp(suggestion), ...outOfReach];
    return reach === 'within' && awards.length === 0 ? [words.together] : outOfReach;
  }

  #wouldHelp({ badges, awards }: Suggestion): Localized {
    const { given } = this.explanation;
    const shown = this.#firstOfEachPartner(badges);
    const words = this.words.suggestions;
    const groups = [...new Set(shown.map(({ clientId }) => clientId))].map((partner) => {
      const ofPartner = shown.filter(({ clientId }) => clientId === partner);
      const names = ofPartner.map(({ badgeId }) =>
        words.badge(badgeName(this.scheme, badgeId), given.has(badgeId)),
      );
      return localized((lang) => `${together(names, ', ')[lang]} (${partnerName(this.scheme, partner)})`);
    });
    const awardNames = awards.map((id) => this.awardName(id));
    return words.wouldHelp(awards.length + badges.length, awardNames, groups, badges.length - shown.length);
  }

  /** Takes one badge of each partner before a second of any. Partners that the person knows come first. */
  #firstOfEachPartner(badges: readonly Enrolment[]): readonly Enrolment[] {
    const knownPartners = new Set([...this.explanation.assertions.values()].map(({ clientId }) => clientId));
    const badgesOf = new Map<ClientId, number>();
    const ranked = badges.map((badge) => {
      const round = badgesOf.get(badge.clientId) ?? 0;
      badgesOf.set(badge.clientId, round + 1);
      return { badge, round, isKnown: knownPartners.has(badge.clientId) };
    });
    return ranked
      .toSorted((a, b) => a.round - b.round || Number(b.isKnown) - Number(a.isKnown))
      .slice(0, MAX_NAMED)
      .map(({ badge }) => badge);
  }
}

/** Nobody reads more names. */
const MAX_NAMED = 5;
