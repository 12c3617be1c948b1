import type { AwardId } from '../ids.js';
import type { Facts } from './conditions.js';
import { awardsThatHelp, badgesThatHelp, badgesThatHelpBothWays, type Basis } from './helpful-badges.js';
import { availableAt, factsOf, issued } from './helpful-facts.js';
import { standingWith } from './helpful-following.js';
import { lacksOf } from './helpful-lack.js';
import type { Enrolment, Scheme } from './types.js';
import type { AwardVerdict, Evaluation } from './verdict.js';

/**
 * Whether all that is enrolled today, issued now, would make an award due: `within`; not while an award that
 * it rests on is blocked or inactive: `hindered`; not at all: `beyond`.
 */
export type Reach = 'within' | 'hindered' | 'beyond';

/** What would bring an award closer that is not met. */
export interface Help {
  /**
   * Each of which, issued now, would leave less to come; where one badge is missing, would complete it. In
   * the scheme's order. One that the person has already is among them where it would count anew.
   */
  readonly badges: readonly Enrolment[];
  /** Awards that its rule holds, not met themselves: what would help those is told of them. */
  readonly awards: readonly AwardId[];
  readonly reach: Reach;
}

/**
 * For each award that is not met: what would help. Pure; the badges of active partners alone are tried,
 * within their enrolment at the evaluation's instant, each on its own, by judging the rule again with it.
 * - A badge helps where less is missing with it, the other awards as they are.
 * - Of a choice, one may help both ways at once: by itself, and by an award that the rule holds and that it brings
 *   closer, too. It is told where only the two together leave less to come; else it is told of that award.
 * @param evaluation under that scheme
 * @returns by award; none for one that is held, due, blocked or inactive: no badge changes that
 */
export function helpful(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Help> {
  const missing = evaluation.awards.filter(({ status }) => status === 'not_met');
  if (missing.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const available = availableAt(scheme, evaluation.nowS);
  const basis = { evaluation, facts, available, lacks: lacksOf(evaluation.awards) };
  const reachOf = reachesOf(evaluation, issued(facts, available));
  const closer = new Map<AwardId, ReadonlySet<Enrolment>>();
  return new Map(
    missing.map((verdict) => {
      const { id } = verdict.award;
      return [id, { ...helpFor(verdict, basis, closer), reach: reachOf(id) }];
    }),
  );
}

/**
 * @param closer by award: the badges told of it, and of those that it is told to be helped by. Those that the rule
 *   holds are there, since they stand before it in the scheme's order; this one is added
 */
function helpFor(
  verdict: AwardVerdict,
  basis: Basis,
  closer: Map<AwardId, ReadonlySet<Enrolment>>,
): Omit<Help, 'reach'> {
  const awards = awardsThatHelp(verdict, basis);
  const through = new Set(awards.flatMap((id) => [...(closer.get(id) ?? [])]));
  const direct = badgesThatHelp(verdict, basis);
  const bothWays = badgesThatHelpBothWays(verdict, basis, closer, new Set([...direct, ...through]));
  const told = new Set([...direct, ...bothWays]);
  closer.set(verdict.award.id, new Set([...told, ...through]));
  return { badges: basis.available.filter((badge) => told.has(badge)), awards };
}

/** @param all the facts as they would be with everything that is enrolled */
function reachesOf({ awards }: Evaluation, all: Facts): (id: AwardId) => Reach {
  const hinders = awards.some(({ status }) => status === 'blocked' || status === 'inactive');
  const free = standingWith(awards, all, ['not_met']);
  const freed = hinders ? standingWith(awards, all, ['not_met', 'blocked', 'inactive']) : free;
  return (id) => (free.has(id) ? 'within' : freed.has(id) ? 'hindered' : 'beyond');
}
