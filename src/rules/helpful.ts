import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { availableAt, factsOf, issued } from './helpful-facts.js';
import { kindsFor } from './helpful-kind.js';
import { lackOf, type Lacks, lacksOf } from './helpful-lack.js';
import type { Enrolment, Scheme } from './types.js';
import type { AwardStatus, AwardVerdict, ConditionResult, Evaluation } from './verdict.js';

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
 * @param evaluation under that scheme
 * @returns by award; none for one that is held, due, blocked or inactive: no badge changes that
 */
export function helpful(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Help> {
  const missing = evaluation.awards.filter(({ status }) => status === 'not_met');
  if (missing.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const available = availableAt(scheme, evaluation.nowS);
  const lacks = lacksOf(evaluation.awards);
  const reachOf = reachesOf(evaluation, issued(facts, available));
  return new Map(
    missing.map((verdict) => [
      verdict.award.id,
      {
        badges: badgesThatHelp(verdict, facts, available, lacks),
        awards: awardsThatHelp(verdict, evaluation, facts, lacks),
        reach: reachOf(verdict.award.id),
      },
    ]),
  );
}

function badgesThatHelp(
  { award, tree }: AwardVerdict,
  facts: Facts,
  available: readonly Enrolment[],
  lacks: Lacks,
): readonly Enrolment[] {
  const before = lackOf(tree, lacks);
  const kindOf = kindsFor(tree, facts.scheme, facts.nowS);
  const known = new Map<string, boolean>();
  return available.filter((badge) => {
    const kind = kindOf(badge);
    if (kind === null) return false;
    const helps = known.get(kind) ?? lackOf(judge(award.rule, issued(facts, [badge])), lacks) < before;
    known.set(kind, helps);
    return helps;
  });
}

function awardsThatHelp(
  { award, tree }: AwardVerdict,
  { awards }: Evaluation,
  facts: Facts,
  lacks: Lacks,
): readonly AwardId[] {
  const before = lackOf(tree, lacks);
  const asked = new Set(awardsIn(tree));
  return awards
    .filter((other) => other.status === 'not_met' && asked.has(other.award.id))
    .map((other) => other.award.id)
    .filter((id) => {
      const standing = new Map([...facts.standing, [id, 'due'] as const]);
      return lackOf(judge(award.rule, { ...facts, standing }), lacks) < before;
    });
}

function awardsIn(result: ConditionResult): readonly AwardId[] {
  if (result.kind === 'badges') return [];
  return result.kind === 'holds' ? [result.award] : result.of.flatMap(awardsIn);
}

/** @param all the facts as they would be with everything that is enrolled */
function reachesOf(evaluation: Evaluation, all: Facts): (id: AwardId) => Reach {
  const hinders = evaluation.awards.some(({ status }) => status === 'blocked' || status === 'inactive');
  const free = reached(evaluation, all, ['not_met']);
  const freed = hinders ? reached(evaluation, all, ['not_met', 'blocked', 'inactive']) : free;
  return (id) => (free.has(id) ? 'within' : freed.has(id) ? 'hindered' : 'beyond');
}

/** The awards that these facts make held or due, those of such a status besides; each after those it holds. */
function reached(
  { awards }: Evaluation,
  facts: Facts,
  statuses: readonly AwardStatus[],
): ReadonlySet<AwardId> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && judge(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return new Set(standing.keys());
}
