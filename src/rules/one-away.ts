import type { AwardId } from '../ids.js';
import {
  type AwardVerdict,
  badgesIn,
  type BadgesResult,
  type ConditionResult,
  type Evaluation,
  shortfall,
} from './evaluation.js';
import type { Scheme } from './types.js';
import { alikeBadges, factsOf, issued, standingWith } from './what-if.js';
import { windowOf, within } from './window.js';

/**
 * The awards that one more badge would make due: one of those that are enrolled at this instant, by an
 * active partner, issued now. Exact, and quick enough for everybody: rules are judged again for few badges.
 */
export function oneBadgeAway(scheme: Scheme, evaluation: Evaluation): ReadonlySet<AwardId> {
  const { awards, nowS } = evaluation;
  const open = awards.filter(({ status }) => status === 'not_met');
  // Conditions that lack one badge, and where what is issued today counts today.
  const near = open
    .flatMap(({ tree }) => badgesIn(tree, 'unmet'))
    .filter((part) => shortfall(part).badges === 1)
    .filter(({ condition }) => within(windowOf(scheme, condition, nowS), nowS));
  const hoped = near.length === 0 ? [] : hopedFor(open, near);
  const found = new Set<AwardId>();
  if (hoped.length === 0) return found;
  const facts = factsOf(scheme, evaluation);
  for (const [badge] of alikeBadges(
    facts,
    near.map(({ condition }) => condition),
  )) {
    const standing = standingWith(hoped, issued(facts, [badge]));
    for (const { award } of hoped) if (standing.has(award.id)) found.add(award.id);
    if (found.size === hoped.length) break;
  }
  return found;
}

/** Of these awards, those that would come due if a badge counted for each of these parts: no others can. */
function hopedFor(open: readonly AwardVerdict[], helped: readonly BadgesResult[]): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.includes(result);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  return open.filter(({ award, tree }) => {
    if (!wouldBeMet(tree)) return false;
    due.add(award.id);
    return true;
  });
}
