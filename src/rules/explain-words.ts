import type { Asked, Lacking } from './explain-facts.js';
import type { Tally } from './verdict.js';

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
  outside_condition_dates(asked: Period): string;
  /** `other`: the one that counts in its place. */
  duplicate_of(other: Named): string;
  over_per_issuer(most: number): string;
}

/** One language's catalogue: whole phrases, so that each keeps its own grammar. */
export interface Words {
  /** For the names of months, a BCP 47 tag. */
  readonly locale: string;
  /** Last touch to a date that the locale wrote. */
  day(written: string): string;
  readonly otherAwards: string;
  readonly leftOutHeading: string;
  award(name: string, id: string, level: number | null, status: string): string;
  readonly status: {
    held(day: string, met: boolean): string;
    readonly due: string;
    blocked(met: boolean): string;
    inactive(met: boolean): string;
    notMet(lacking: string): string;
  };
  /** The heading of a group of conditions, `size` of them. */
  readonly group: {
    all(tally: Tally, size: number): string;
    any(tally: Tally, size: number): string;
    at_least(tally: Tally, size: number): string;
  };
  holds(award: string, through: 'held' | 'due' | null): string;
  asked(count: number, asked: Asked, period: Period): string;
  readonly tally: {
    badges(tally: Tally): string;
    issuers(tally: Tally): string;
    abilities(tally: Tally): string;
  };
  /** `asked` null: the reader has just read it. */
  lacking(lacking: Lacking, asked: Asked | null): string;
  lackingAward(name: string): string;
  lackingSome(count: number, parts: readonly string[]): string;
  readonly and: string;
  readonly or: string;
  /** Between what a line is about and what it says of it. */
  readonly colon: string;
  readonly semicolon: string;
  counted(assertion: Named): string;
  leftOut(assertion: Named, reason: string): string;
  readonly reason: ReasonWords;
}
