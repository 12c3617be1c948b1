import type { AssertionId, AwardId, BadgeId, EventId, SchemeVersion } from '../../ids.js';
import { assertionsIn, type Evaluation } from '../evaluation.js';
import { suggestions } from '../suggestions.js';
import type { Scheme } from '../types.js';

/** What the journal says of how an award came to be held. */
export interface AwardHistory {
  /** When it was given, Unix seconds; in words, the badge's own date in OBF is used. */
  readonly sinceS: number;
  /** Null: by hand in OBF, or not recorded any more. */
  readonly version: SchemeVersion | null;
  readonly by: 'palier' | 'hand';
  /** The assertions that counted then; they may count no more. */
  readonly earnedBy: readonly AssertionId[];
  readonly event: EventId | null;
}

/** What is known of one person besides the portfolio. */
export interface Background {
  /** Of the awards held, by badge. */
  readonly history: ReadonlyMap<BadgeId, AwardHistory>;
  /** Due by the changed rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** A human is to look at these, since when (Unix seconds). */
  readonly flagged: ReadonlyMap<BadgeId, number>;
}

/** Of a person without a journal. */
export const noBackground: Background = { history: new Map(), waiting: new Set(), flagged: new Map() };

/** All that a text or JSON is made from. */
export type Explanation = ReturnType<typeof buildExplanation>;

/**
 * Pure.
 * @param scheme the one that was evaluated
 * @param background what the journal says of this person
 */
export function buildExplanation(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background = noBackground,
) {
  const looked = new Set(evaluation.awards.flatMap(({ tree }) => assertionsIn(tree)));
  const candidates = evaluation.candidates.map(({ assertion }) => assertion);
  const all = [...candidates, ...evaluation.excluded.map(({ assertion }) => assertion)];
  const given = all.filter((one) => scheme.enrolments.get(one.badgeId)?.clientId === one.clientId);
  return {
    scheme,
    evaluation,
    background,
    suggestions: suggestions(scheme, evaluation),
    /** Of the portfolio. */
    assertions: new Map(all.map((one) => [one.id, one])),
    /** The enrolled badges that the person was given, whether they count or not. */
    given: new Set(given.map(({ badgeId }) => badgeId)),
    /** They would count, and no rule looks at them. Oldest first. */
    unused: candidates.filter((one) => !looked.has(one)),
  };
}
