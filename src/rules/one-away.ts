import type { AwardId } from '../ids.js';
import { abilityOf, type BadgesCondition, picks } from './badges-condition.js';
import { within } from './countable.js';
import {
  badgesIn,
  type AwardVerdict,
  type ConditionResult,
  type Evaluation,
  shortfall,
} from './evaluation.js';
import { factsOf, issued, standingWith } from './suggestions.js';
import type { Condition, Enrolment, Scheme } from './types.js';

/**
 * Says of one person after the other which awards one more badge would make due: one of those that are enrolled at
 * that instant, by an active partner, issued now. Exact, and quick enough for everybody.
 */
export function findOneAway(scheme: Scheme): (evaluation: Evaluation) => ReadonlySet<AwardId> {
  const kinds = kindsOf(scheme);
  return (evaluation) => {
    const open = evaluation.awards.filter(({ status }) => status === 'not_met');
    const near = new Set(
      open
        .flatMap(({ tree }) => badgesIn(tree, 'unmet'))
        .filter((part) => shortfall(part).badges === 1)
        .map(({ condition }) => condition),
    );
    const found = new Set<AwardId>();
    if (near.size === 0) return found;
    const facts = factsOf(scheme, evaluation);
    const most = hopedFor(open, [...near]).length;
    if (most === 0) return found;
    const sortOf = sortFor(evaluation);
    for (const { pickedBy, badges } of new Set(
      [...near].flatMap((condition) => kinds.get(condition) ?? []),
    )) {
      const hoped = hopedFor(
        open,
        pickedBy.filter((condition) => near.has(condition)),
      );
      if (hoped.every(({ award }) => found.has(award.id))) continue;
      for (const badge of differing(badges, sortOf)) {
        const standing = standingWith(hoped, issued(facts, [badge]), ['not_met']);
        for (const { award } of hoped) if (standing.has(award.id)) found.add(award.id);
        if (hoped.every(({ award }) => found.has(award.id))) break;
      }
      if (found.size === most) break;
    }
    return found;
  };
}

/** Of these awards, those that would come due if a badge counted for each of these conditions: no others can. */
function hopedFor(
  open: readonly AwardVerdict[],
  helped: readonly BadgesCondition[],
): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.includes(result.condition);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  return open.filter(({ award, tree }) => {
    if (!wouldBeMet(tree)) return false;
    due.add(award.id);
    return true;
  });
}

/** Badges of active partners that the same conditions pick; where one asks for abilities, for the same ability. */
interface Kind {
  readonly pickedBy: readonly BadgesCondition[];
  readonly badges: Enrolment[];
}

/** By each condition that picks them. A scheme has thousands of badges, and few kinds of them. */
function kindsOf(scheme: Scheme): ReadonlyMap<BadgesCondition, readonly Kind[]> {
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const kinds = new Map<string, Kind>();
  for (const badge of scheme.enrolments.values()) {
    if (scheme.partnersById.get(badge.clientId)?.active !== true) continue;
    const at = conditions.flatMap(({ selector }, i) => (picks(selector, badge) ? [i] : []));
    const pickedBy = conditions.filter((_, i) => at.includes(i));
    const ability = pickedBy.some(({ abilities }) => abilities !== undefined) ? abilityOf(badge) : null;
    const name = JSON.stringify([at, ability]);
    const kind = kinds.get(name) ?? { pickedBy, badges: [] };
    kinds.set(name, kind);
    kind.badges.push(badge);
  }
  const all = [...kinds.values()];
  return new Map(
    conditions.map((condition) => [condition, all.filter(({ pickedBy }) => pickedBy.includes(condition))]),
  );
}

function conditionsIn(rule: Condition): readonly BadgesCondition[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule] : rule.of.flatMap(conditionsIn);
}

/** @returns names a badge that can be issued now alike with those that do the same for this person; null: it cannot */
function sortFor({ candidates, nowS }: Evaluation): (badge: Enrolment) => string | null {
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  return (badge) => {
    if (!within(badge, nowS)) return null;
    // Of another version of a badge that the person has, the effect depends on that very badge.
    if (families.has(badge.family)) return `badge ${badge.badgeId}`;
    // Partners that the person has nothing of are alike.
    return partners.has(badge.clientId) ? `partner ${badge.clientId}` : 'another partner';
  };
}

/** Of badges of one kind, one of each sort. */
function* differing(
  badges: readonly Enrolment[],
  sortOf: (badge: Enrolment) => string | null,
): Generator<Enrolment> {
  const given = new Set<string>();
  for (const badge of badges) {
    const sort = sortOf(badge);
    if (sort === null || given.has(sort)) continue;
    given.add(sort);
    yield badge;
  }
}
