import type { Assertion } from '../../earners/record.js';
import type { AssertionId, AwardId, BadgeId, EventId, SchemeVersion } from '../../ids.js';
import { distinct } from '../countable.js';
import { assertionsIn, type Suggestion, suggestions } from '../suggestions.js';
import type { Scheme } from '../types.js';
import type { Evaluation } from '../evaluation.js';

/** What the account says of how an award came to be held. */
export interface AwardHistory {
  /** When it was given, Unix seconds; in words, the badge's own date in OBF is told. */
  readonly sinceS: number;
  /** Null: by hand in OBF, or our note of it is gone. */
  readonly version: SchemeVersion | null;
  readonly by: 'palier' | 'hand';
  /** The assertions that counted then; they may count no more. */
  readonly earnedBy: readonly AssertionId[];
  readonly event: EventId | null;
}

/** What is known of one person besides the portfolio, for an explanation. */
export interface Background {
  /** Of the awards held, by badge. */
  readonly history: ReadonlyMap<BadgeId, AwardHistory>;
  /** Due by the changed rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** A human is to look at these, since when (Unix seconds). */
  readonly flagged: ReadonlyMap<BadgeId, number>;
}

/** Of somebody of whom the account says nothing. */
export const noBackground: Background = { history: new Map(), waiting: new Set(), flagged: new Map() };

/** All that an explanation is told from. */
export interface Explanation {
  readonly scheme: Scheme;
  readonly evaluation: Evaluation;
  readonly background: Background;
  readonly suggestions: ReadonlyMap<AwardId, Suggestion>;
  /** Of the portfolio, as far as it is known. */
  readonly assertions: ReadonlyMap<AssertionId, Assertion>;
  /** The enrolled badges that the person was given, whether they count or not. */
  readonly given: ReadonlySet<BadgeId>;
  /** They would count, and no rule looks at them. Oldest first. */
  readonly unused: readonly Assertion[];
}

/**
 * @param scheme the one that was evaluated
 * @param portfolio the assertions that were evaluated; without them, what no rule looks at is not told
 */
export function buildExplanation(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background,
  portfolio: readonly Assertion[],
): Explanation {
  const judged = [
    ...evaluation.awards.flatMap(({ tree }) => assertionsIn(tree)),
    ...evaluation.excluded.map(({ assertion }) => assertion),
  ];
  const known = new Map(judged.map((one) => [one.id, one]));
  const unasked = distinct(portfolio.filter(({ id }) => !known.has(id)));
  const all = [...known.values(), ...unasked];
  const given = all.filter((one) => scheme.enrolments.get(one.badgeId)?.clientId === one.clientId);
  return {
    scheme,
    evaluation,
    background,
    suggestions: suggestions(scheme, evaluation),
    assertions: new Map(all.map((one) => [one.id, one])),
    given: new Set(given.map(({ badgeId }) => badgeId)),
    unused: unasked,
  };
}
