import type { AssertionId, AwardId, BadgeId } from '../ids.js';
import type { Assertion } from '../earners/assertion.js';
import type { Background } from './background.js';
import { distinct } from './counting.js';
import { assertionsIn } from './helpful-facts.js';
import { type Help, helpful } from './helpful.js';
import type { Scheme } from './types.js';
import type { Evaluation } from './verdict.js';

/** Of somebody of whom the account says nothing. */
export const noBackground: Background = { history: new Map(), waiting: new Set(), flagged: new Map() };

/** All that an explanation is told from. */
export interface Told {
  readonly scheme: Scheme;
  readonly evaluation: Evaluation;
  readonly background: Background;
  readonly help: ReadonlyMap<AwardId, Help>;
  /** Of the portfolio, as far as it is known. */
  readonly assertions: ReadonlyMap<AssertionId, Assertion>;
  /** The enrolled badges that the person was given, whether they count or not. */
  readonly given: ReadonlySet<BadgeId>;
  /** They would count, and no rule looks at them. Oldest first. */
  readonly unasked: readonly Assertion[];
}

/**
 * @param scheme the one that was evaluated
 * @param portfolio the assertions that were evaluated; without them, what no rule looks at is not told
 */
export function toldOf(
  scheme: Scheme,
  evaluation: Evaluation,
  background: Background,
  portfolio: readonly Assertion[],
): Told {
  const judged = [
    ...evaluation.awards.flatMap(({ tree }) => assertionsIn(tree)),
    ...evaluation.leftOut.map(({ assertion }) => assertion),
  ];
  const known = new Map(judged.map((one) => [one.id, one]));
  const unasked = distinct(portfolio.filter(({ id }) => !known.has(id)));
  const all = [...known.values(), ...unasked];
  const given = all.filter((one) => scheme.enrolments.get(one.badgeId)?.clientId === one.clientId);
  return {
    scheme,
    evaluation,
    background,
    help: helpful(scheme, evaluation),
    assertions: new Map(all.map((one) => [one.id, one])),
    given: new Set(given.map(({ badgeId }) => badgeId)),
    unasked,
  };
}
