import type { AwardId } from '../ids.js';
import { type Facts, judge } from './conditions.js';
import { issued } from './helpful-facts.js';
import { type Lacks, lacksOf } from './helpful-lack.js';
import type { Enrolment } from './types.js';
import type { AwardStatus, AwardVerdict, Evaluation } from './verdict.js';

/** How much each award would lack, were one badge issued now: with the awards that become due by it, which lack nothing. */
export function lacksWith({ awards }: Evaluation, facts: Facts, badge: Enrolment): Lacks {
  const more = issued(facts, [badge]);
  const standing = standingWith(awards, more, ['not_met']);
  const verdicts = awards.map((verdict): AwardVerdict => {
    if (standing.has(verdict.award.id)) return { ...verdict, status: 'due' };
    return { ...verdict, tree: judge(verdict.award.rule, { ...more, standing }) };
  });
  return lacksOf(verdicts);
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
