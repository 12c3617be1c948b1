import type { Asked, Shortfall } from './facts.js';
import type { Tally } from '../evaluation.js';

/** The languages that an evaluation can be told in. */
export type Lang = 'fr' | 'en';

/** An assertion as a reader knows it. */
export interface Named {
  readonly badge: string;
  readonly partner: string;
  readonly issued: string;
}

/** A period of whole days; null: without end on that side. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
}

/** Why an assertion is left out, by the reason's name in verdict.ts. */
export interface ReasonWords {
  readonly not_enrolled: string;
  readonly partner_inactive: string;
  readonly wrong_client: string;
  outside_enrolment(enrolment: Period): string;
  readonly revoked: string;
  expired(day: string): string;
  readonly future: string;
  outside_condition_dates(asked: Period): string;
  /** `other`: the one that counts in its place; it may be another version of the same badge. */
  duplicate_of(other: Named, version: 'same' | 'another'): string;
  over_per_issuer(most: number): string;
  /** It would count, and no rule looks at badges of its sort. */
  readonly no_rule_asks: string;
}

/** Where an award stands that a rule holds. */
export type HoldsStatus = 'held' | 'due' | 'waiting' | 'blocked' | 'inactive' | 'none';

/** What is said of an award behind its name. `lacking` null: the rule is met. */
export interface StatusWords {
  /** `why`: what is to be known of a held award whose rule is not met. */
  held(day: string, why: 'met' | 'not_met' | 'older_rules'): string;
  flagged(day: string, since: string, met: boolean): string;
  readonly due: string;
  /** Due by changed rules that are not applied yet. */
  readonly waiting: string;
  blocked(lacking: string | null): string;
  inactive(lacking: string | null): string;
  notMet(lacking: string): string;
}

/** How a held award came about, and what a human can do about it. */
export interface AccountWords {
  /** `rules` null: which rules, nobody knows any more. */
  byPalier(rules: { readonly version: string; readonly current: boolean } | null): string;
  readonly byHand: string;
  earnedBy(badges: readonly string[]): string;
  /** Of an assertion that is no longer in the portfolio, its id is all that is known. */
  gone(id: string): string;
  readonly flagged: string;
  unblock(award: string): string;
}

/** A partner's badges that would help; `again`: the person was given it before. */
export interface HelpGroup {
  readonly partner: string;
  readonly badges: readonly { readonly name: string; readonly again: boolean }[];
}

/** What would bring an award closer. */
export interface HelpWords {
  /** `more`: how many badges are not named. */
  wouldHelp(awards: readonly string[], groups: readonly HelpGroup[], more: number): string;
  /** Each alone would change nothing. */
  readonly together: string;
  /** All of them would not do. */
  readonly outOfReach: string;
}

/** What a rule asks for, has and lacks. */
export interface RuleWords {
  /** The heading of a group of conditions, `size` of them. */
  readonly group: {
    all(tally: Tally, size: number): string;
    any(tally: Tally, size: number): string;
    at_least(tally: Tally, size: number): string;
  };
  holds(award: string, standing: HoldsStatus): string;
  asked(count: number, asked: Asked, period: Period): string;
  readonly tally: {
    badges(tally: Tally): string;
    issuers(tally: Tally): string;
    abilities(tally: Tally): string;
  };
  /** `asked` null: the reader has just read it. `until`: the last day that counts, where there is one. */
  lacking(lacking: Shortfall, asked: Asked | null, until: string | null): string;
  lackingAward(name: string, standing: HoldsStatus): string;
  lackingAwards(count: number, names: readonly string[]): string;
  lackingSome(count: number, parts: readonly string[]): string;
  /** All that is lacking, as one phrase. */
  still(lacking: string): string;
}

/** One language's catalogue: whole phrases, so that each keeps its own grammar. */
export interface Catalogue extends RuleWords {
  /** For the names of months, a BCP 47 tag. */
  readonly locale: string;
  /** Last touch to a date that the locale wrote. */
  day(written: string): string;
  readonly otherAwards: string;
  readonly leftOutHeading: string;
  award(name: string, id: string, level: number | null, status: string): string;
  readonly status: StatusWords;
  readonly account: AccountWords;
  readonly help: HelpWords;
  /** All of these; one of these: whole phrases, none of them empty. */
  and(phrases: readonly string[]): string;
  or(phrases: readonly string[]): string;
  /** Between what a line is about and what it says of it. */
  readonly colon: string;
  readonly semicolon: string;
  named(assertion: Named): string;
  counted(assertion: Named): string;
  leftOut(assertion: Named, reason: string): string;
  readonly reason: ReasonWords;
}
