import type { AssertionId, AwardId, BadgeId, EventId, SchemeVersion } from '../../ids.js';
import { assertionsIn, type Evaluation } from '../evaluation.js';
import { suggestions } from '../suggestions.js';
import type { Scheme } from '../types.js';

/** How a held award was issued, according to the journal. */
export interface AwardHistory {
  /** Unix seconds. Texts show the badge's date in OBF instead. */
  readonly sinceS: number;
  /** Null: issued by hand in OBF, or no longer recorded. */
  readonly version: SchemeVersion | null;
  readonly by: 'palier' | 'hand';
  /** The assertions that counted then; they may not count today. */
  readonly earnedBy: readonly AssertionId[];
  readonly event: EventId | null;
}

/** Stored facts about one person besides the portfolio. */
export interface Background {
  /** Histories of the held awards, by badge. */
  readonly history: ReadonlyMap<BadgeId, AwardHistory>;
  /** Due by the new rules alone: they wait for `palier apply`. */
  readonly waiting: ReadonlySet<AwardId>;
  /** Since when a person must review these badges, Unix seconds. */
  readonly flagged: ReadonlyMap<BadgeId, number>;
}

/** For a person without a journal. */
export const noBackground: Background = { history: new Map(), waiting: new Set(), flagged: new Map() };

/** The input of every text and JSON. */
export type Explanation = ReturnType<typeof buildExplanation>;

/** Pure. @param scheme the scheme of the evaluation */
export function buildExplanation(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background = noBackground,
) {
  const pickedByRules = new Set(evaluation.awards.flatMap(({ tree }) => assertionsIn(tree)));
  const candidates = evaluation.candidates.map(({ assertion }) => assertion);
  const all = [...candidates, ...evaluation.excluded.map(({ assertion }) => assertion)];
  const ofEnrolled = all.filter((one) => scheme.enrolments.get(one.badgeId)?.clientId === one.clientId);
  return {
    scheme,
    evaluation,
    background,
    suggestions: suggestions(scheme, evaluation),
    /** The portfolio's assertions, by id. */
    assertions: new Map(all.map((one) => [one.id, one])),
    /** The enrolled badges that the person received, whether or not they count. */
    given: new Set(ofEnrolled.map(({ badgeId }) => badgeId)),
    /** Assertions that could count, but that no rule picks. Oldest first. */
    unused: candidates.filter((one) => !pickedByRules.has(one)),
  };
}
