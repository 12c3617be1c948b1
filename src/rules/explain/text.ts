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
import { type Catalogue, type HoldsStatus, talliesPhrase, WORDS } from './words.js';

/**
 * An explanation in words, one line each, the tree by indentation (two spaces a level): by competency and
 * level, each award with its status, history, rule and suggestions. No address is in it. Pure.
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

/** An explanation in words. @param words a page says some of them in another way */
export class ExplanationText extends Formatter {
  constructor(
    private readonly explanation: Explanation,
    private readonly words: Catalogue = WORDS,
  ) {
    super(explanation.scheme);
  }

  /** The competencies in the scheme's order, each with its awards by level; then the awards of none. */
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
        const own = awards.filter(({ award }) => award.competency === id);
        return section(
          { fr: name, en: name },
          own.toSorted((a, b) => levelOf(a) - levelOf(b)),
        );
      }),
      section(this.words.otherAwards, others),
      { text: this.words.excludedHeading, under: this.excluded().map(leaf) },
    ].filter(({ under }) => under.length > 0);
  }

  /** What counts for no award, each with why. */
  excluded(): readonly Localized[] {
    const { evaluation, unused } = this.explanation;
    return [
      ...evaluation.excluded.map((one) => this.exclusionLine(one)),
      ...unused.map((one) => this.words.excluded(this.named(one), this.words.reason.no_rule_asks)),
    ];
  }

  /** An award's status; under it, its history, its rule, and what would help. */
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

  /** Whether an award was given under other rules than those that were evaluated. */
  #isOfOlderRules(history: AwardHistory | undefined): boolean {
    const version = history?.version ?? null;
    return version !== null && version !== this.explanation.evaluation.version;
  }

  /** How a held award came about, and what a human can do about a flagged or blocked one. */
  #history({ award, status }: AwardVerdict): readonly Localized[] {
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

  #origin(history: AwardHistory): readonly Localized[] {
    const words = this.words.history;
    const { by, version, earnedBy } = history;
    const rules = version === null ? null : { version, current: !this.#isOfOlderRules(history) };
    const badges = earnedBy.map((id) => {
      const known = this.explanation.assertions.get(id);
      return known === undefined ? words.gone(id) : this.named(known);
    });
    return [
      by === 'hand' ? words.byHand : words.byPalier(rules),
      ...(badges.length === 0 ? [] : [words.earnedBy(badges)]),
    ];
  }

  /** The rule's tree. Met or not is said in words too, so that nothing depends on a sign. */
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

  /** What a `badges` condition asks, has and lacks; under it, what counted and what did not. */
  #badges(result: BadgesResult, mark: string): Tree {
    const { words } = this;
    const { condition, demands, counted, excluded, met } = result;
    const asked = marked(mark, labelled(this.asked(condition), talliesPhrase(demands)));
    // Where nothing counts, everything is missing: the heading has just said what.
    const isKnown = met || counted.length === 0;
    return {
      text: isKnown ? asked : semicolons([asked, words.still(this.missingBadges(result, true))]),
      under: [
        ...counted.map((assertion) => leaf(words.counted(this.named(assertion)))),
        ...excluded.map((one) => leaf(this.exclusionLine(one))),
      ],
    };
  }

  /** An assertion that does not count, and why. */
  exclusionLine({ assertion, reason }: Exclusion): Localized {
    return this.words.excluded(this.named(assertion), this.#reason(assertion, reason));
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

  /** What an unmet rule still lacks, in one phrase; the parts that are met are left out. */
  shortfall(result: ConditionResult): Localized {
    return this.words.still(this.#missing(result));
  }

  #missing(result: ConditionResult): Localized {
    const { words } = this;
    if (result.kind === 'badges') return this.missingBadges(result);
    if (result.kind === 'holds')
      return words.missingAward(this.awardName(result.award), this.#holdsStatus(result));
    const open = result.of.filter(({ met }) => !met);
    const count = result.need - result.have;
    const parts = open.map((part) => {
      const phrase = this.#missing(part);
      // Brackets: "a and b or c" could be read two ways.
      return open.length > 1 && 'of' in part && part.of.length > 1
        ? { fr: `(${phrase.fr})`, en: `(${phrase.en})` }
        : phrase;
    });
    if (count >= open.length) return and(parts);
    if (count === 1) return or(parts);
    const awards = open.flatMap((part) =>
      part.kind === 'holds' && this.#holdsStatus(part) === 'none' ? [this.awardName(part.award)] : [],
    );
    return awards.length === open.length
      ? words.missingAwards(count, awards)
      : words.missingSome(count, parts);
  }

  /** Awards are named only beside badges: alone, they stand already in what is missing. */
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
      const own = shown.filter(({ clientId }) => clientId === partner);
      const names = own.map(({ badgeId }) =>
        words.badge(badgeName(this.scheme, badgeId), given.has(badgeId)),
      );
      return localized((lang) => `${together(names, ', ')[lang]} (${partnerName(this.scheme, partner)})`);
    });
    const regions = awards.map((id) => this.awardName(id));
    return words.wouldHelp(awards.length + badges.length, regions, groups, badges.length - shown.length);
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
