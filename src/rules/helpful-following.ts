import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { issued } from './helpful-facts.js';
import { type Lacks, lacksOf } from './helpful-lack.js';
import type { Enrolment } from './types.js';
import type { AwardStatus, AwardVerdict, Evaluation } from './verdict.js';

/** What would be, were something issued: the facts with the awards that become due by it, and what then lacks. */
export interface Following {
  readonly facts: Facts;
  readonly lacks: Lacks;
}

/** All that would follow from one badge, were it issued now. */
export function followingOf({ awards }: Evaluation, facts: Facts, badge: Enrolment): Following {
  const more = issued(facts, [badge]);
  const standing = standingWith(awards, more, ['not_met']);
  const after = { ...more, standing };
  const verdicts = awards.map((verdict): AwardVerdict => {
    if (standing.has(verdict.award.id)) return { ...verdict, status: 'due' };
    return { ...verdict, tree: judge(verdict.award.rule, after) };
  });
  return { facts: after, lacks: lacksOf(verdicts) };
}

/**
 * The awards that these facts make held or due, those of such a status besides.
 * @param awards in the scheme's order: each after those that its rule holds
 */
export function standingWith(
  awards: readonly AwardVerdict[],
  facts: Facts,
  statuses: readonly AwardStatus[],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && judge(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return standing;
}
