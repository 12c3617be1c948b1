import type { AwardId } from '../ids.js';
import { abilityOf, type BadgesCondition, picks } from './badges-condition.js';
import { evaluateCondition, type EvaluationFacts } from './evaluate.js';
import { oldestFirst, hypotheticalAssertion, isWithin } from './countable.js';
import {
  badgesIn,
  type AwardStatus,
  type AwardVerdict,
  type ConditionResult,
  type Evaluation,
  shortfall,
} from './evaluation.js';
import type { Candidate, Condition, Enrolment, Scheme } from './types.js';

/**
 * Whether all badges enrolled today, issued now, would make an award due. `within`: yes; `beyond`: no; `hindered`: not
 * while an award that its rule holds is blocked or inactive.
 */
export type Reach = 'within' | 'hindered' | 'beyond';

/** What would bring an unmet award closer. */
export interface Suggestion {
  /**
   * Each badge, issued now, lowers the number of missing badges; when one is missing, it completes the award. In the
   * scheme's order. Includes a badge that the person has when it would count again.
   */
  readonly badges: readonly Enrolment[];
  /** Unmet awards that the rule holds and that would help; they have suggestions of their own. */
  readonly awards: readonly AwardId[];
  readonly reach: Reach;
}

/**
 * Returns what would help each unmet award. Pure. Evaluates the rules again with one more badge, or one more award. A
 * badge is suggested when fewer badges are missing at once, or after the awards that it makes due. The second case
 * does not apply when a suggested award already suggests that badge.
 * @param evaluation under that scheme
 * @returns by award; no entry for a held, due, blocked or inactive award, which no badge changes
 */
export function suggestions(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Suggestion> {
  const { awards, nowS } = evaluation;
  const unmet = awards.filter(({ status }) => status === 'not_met');
  if (unmet.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const missing = missingUnder(awards, facts);
  const isCloser = (id: AwardId, stillMissing = 0): boolean => stillMissing < (missing.get(id) ?? 0);
  /** Returns the awards that miss fewer badges under other facts, while no award changes its status. */
  const closerUnder = (other: EvaluationFacts): ReadonlySet<AwardId> => {
    const closer = unmet.filter(({ award: { id, rule } }) =>
      isCloser(id, missingIn(evaluateCondition(rule, other), missing)),
    );
    return new Set(closer.map(({ award }) => award.id));
  };
  const effectOf = (badge: Enrolment): Effect => {
    const withBadge = factsWithBadges(facts, [badge]);
    const heldOrDue = heldOrDueUnder(awards, withBadge, ['not_met']);
    const stillMissing = missingUnder(awards, { ...withBadge, heldOrDue });
    const after = unmet.map(({ award }) => award.id).filter((id) => isCloser(id, stillMissing.get(id)));
    return { atOnce: closerUnder(withBadge), afterAwards: new Set(after) };
  };
  const effects = effectsOf(scheme, evaluation, unmet, effectOf);
  const helpedByAward = unmet.map(({ award: { id } }) => {
    const heldOrDue = new Map([...facts.heldOrDue, [id, 'due'] as const]);
    return [id, closerUnder({ ...facts, heldOrDue })] as const;
  });
  const available = [...scheme.enrolments.values()].filter(
    (badge) => isWithin(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );
  const withAll = factsWithBadges(facts, available);
  const reachable = heldOrDueUnder(awards, withAll, ['not_met']);
  const reachableIfFreed = heldOrDueUnder(awards, withAll, ['not_met', 'blocked', 'inactive']);
  // The badges suggested for an award or for an award suggested to it. An award comes after those its rule holds.
  const suggestedFor = new Map<AwardId, ReadonlySet<Enrolment>>();
  const suggested = unmet.map(({ award: { id } }) => {
    const helping = helpedByAward.flatMap(([other, helped]) => (helped.has(id) ? [other] : []));
    const indirect = new Set(helping.flatMap((other) => [...(suggestedFor.get(other) ?? [])]));
    const badges = available.filter((badge) => {
      const effect = effects.get(badge);
      return (
        effect?.atOnce.has(id) === true || (effect?.afterAwards.has(id) === true && !indirect.has(badge))
      );
    });
    suggestedFor.set(id, new Set([...badges, ...indirect]));
    const reach: Reach = reachable.has(id) ? 'within' : reachableIfFreed.has(id) ? 'hindered' : 'beyond';
    return [id, { badges, awards: helping, reach }] as const;
  });
  return new Map(suggested);
}

/** The awards that miss fewer badges once one badge is issued. */
interface Effect {
  /** While no award changes its status. */
  readonly atOnce: ReadonlySet<AwardId>;
  /** With the awards that the badge makes due. */
  readonly afterAwards: ReadonlySet<AwardId>;
}

/** Missing badges of a blocked or inactive award, which no badge makes due. */
const OUT_OF_REACH = 1_000_000;

/** How many badges each award misses that is neither held nor due. */
type Missing = ReadonlyMap<AwardId, number>;

/** @param awards in the scheme's order: each after those that its rule holds */
function missingUnder(awards: readonly AwardVerdict[], facts: EvaluationFacts): Missing {
  const missing = new Map<AwardId, number>();
  for (const { award, status } of awards) {
    if (facts.heldOrDue.has(award.id)) continue;
    const count =
      status === 'not_met' ? missingIn(evaluateCondition(award.rule, facts), missing) : OUT_OF_REACH;
    missing.set(award.id, count);
  }
  return missing;
}

/** Returns how many more badges a rule needs at least. A group counts the parts that miss least. */
function missingIn(result: ConditionResult, missing: Missing): number {
  if (result.met) return 0;
  if (result.kind === 'badges') return shortfall(result).badges;
  if (result.kind === 'holds') return missing.get(result.award) ?? OUT_OF_REACH;
  const counts = result.of.map((part) => missingIn(part, missing)).filter((count) => count > 0);
  const least = counts.toSorted((a, b) => a - b).slice(0, result.need - result.have);
  return least.reduce((sum, count) => sum + count, 0);
}

/** Finds the effect of each badge that an unmet condition picks; tries one badge of those with the same effect. */
function effectsOf(
  scheme: Scheme,
  evaluation: Evaluation,
  unmet: readonly AwardVerdict[],
  effectOf: (badge: Enrolment) => Effect,
): ReadonlyMap<Enrolment, Effect> {
  const unmetConditions = new Set(
    unmet.flatMap(({ tree }) => badgesIn(tree, 'unmet').map(({ condition }) => condition)),
  );
  const sortOf = createEffectKey(evaluation);
  const effects = new Map<Enrolment, Effect>();
  for (const { pickedBy, badges } of groupEquivalentBadges(scheme)) {
    if (!pickedBy.some((condition) => unmetConditions.has(condition))) continue;
    const tried = new Map<string, Effect>();
    for (const badge of badges) {
      const sort = sortOf(badge);
      if (sort === null) continue;
      const effect = tried.get(sort) ?? effectOf(badge);
      tried.set(sort, effect);
      effects.set(badge, effect);
    }
  }
  return effects;
}

/** Badges of active partners that the same conditions pick; same ability too, if a condition requires abilities. */
interface Kind {
  readonly pickedBy: readonly BadgesCondition[];
  readonly badges: Enrolment[];
}

/** Groups the scheme's badges: it has thousands of badges, and few kinds. */
export function groupEquivalentBadges(scheme: Scheme): readonly Kind[] {
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const kinds = new Map<string, Kind>();
  for (const badge of scheme.enrolments.values()) {
    if (scheme.partnersById.get(badge.clientId)?.active !== true) continue;
    const pickedBy = conditions.filter(({ selector }) => picks(selector, badge));
    const ability = pickedBy.some(({ abilities }) => abilities !== undefined) ? abilityOf(badge) : null;
    const kindKey = JSON.stringify([pickedBy.map((one) => conditions.indexOf(one)), ability]);
    const kind = kinds.get(kindKey) ?? { pickedBy, badges: [] };
    kinds.set(kindKey, kind);
    kind.badges.push(badge);
  }
  return [...kinds.values()];
}

export function conditionsIn(rule: Condition): readonly BadgesCondition[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule] : rule.of.flatMap(conditionsIn);
}

/**
 * Returns a function that names a badge's effect on this person. Badges of one kind and one name have the same effect.
 * Null: the badge cannot be issued now.
 */
export function createEffectKey({ candidates, nowS }: Evaluation): (badge: Enrolment) => string | null {
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  return (badge) => {
    if (!isWithin(badge, nowS)) return null;
    // The person has a version of this badge: the effect depends on the badge itself.
    if (families.has(badge.family)) return `badge ${badge.badgeId}`;
    // All partners that gave the person nothing have the same effect.
    return partners.has(badge.clientId) ? `partner ${badge.clientId}` : 'another partner';
  };
}

/** Returns the facts that this evaluation was made from. */
export function factsOf(scheme: Scheme, { awards, nowS, candidates }: Evaluation): EvaluationFacts {
  const heldOrDue = awards.flatMap(({ award, status }) =>
    status === 'held' || status === 'due' ? [[award.id, status] as const] : [],
  );
  return { scheme, nowS, candidates, heldOrDue: new Map(heldOrDue) };
}

/** Returns the facts as if these badges were issued now. */
export function factsWithBadges(facts: EvaluationFacts, badges: readonly Enrolment[]): EvaluationFacts {
  const added = badges.map((enrolment): Candidate => {
    const { badgeId, clientId } = enrolment;
    return { assertion: hypotheticalAssertion(badgeId, clientId, facts.nowS), enrolment };
  });
  return { ...facts, candidates: oldestFirst([...facts.candidates, ...added]) };
}

/**
 * Returns the awards that are held or due under these facts.
 * @param awards in the scheme's order: each after those that its rule holds
 * @param statuses awards with another status never become due
 */
export function heldOrDueUnder(
  awards: readonly AwardVerdict[],
  facts: EvaluationFacts,
  statuses: readonly AwardStatus[],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const heldOrDue = new Map(facts.heldOrDue);
  for (const { award, status } of awards)
    if (statuses.includes(status) && evaluateCondition(award.rule, { ...facts, heldOrDue }).met)
      heldOrDue.set(award.id, 'due');
  return heldOrDue;
}
