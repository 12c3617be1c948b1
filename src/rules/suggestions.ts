import type { AwardId } from '../ids.js';
import { abilityOf, type BadgesCondition, picks } from './badges-condition.js';
import { evaluateCondition, type EvaluationFacts } from './evaluate.js';
import { oldestFirst, supposed, isWithin } from './countable.js';
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
 * Whether all that is enrolled today, issued now, would make an award due: `within`; not while an award that
 * it rests on is blocked or inactive: `hindered`; not at all: `beyond`.
 */
export type Reach = 'within' | 'hindered' | 'beyond';

/** What would bring an unmet award closer. */
export interface Suggestion {
  /**
   * Each alone, issued now, leaves less to come; where one badge is missing, it completes the award. In the
   * scheme's order. A badge that the person has is among them where it would count anew.
   */
  readonly badges: readonly Enrolment[];
  /** Unmet awards that the rule holds and that would help: their own suggestions say how to get them. */
  readonly awards: readonly AwardId[];
  readonly reach: Reach;
}

/**
 * What would help each award that is not met, found by evaluating the rules again with one more badge, or with one
 * more award held. Pure. A badge is suggested where less is missing with it, the other awards as they are; or with all
 * that follows from it, unless a suggested award says so already.
 * @param evaluation under that scheme
 * @returns by award; none for one that is held, due, blocked or inactive: no badge changes that
 */
export function suggestions(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Suggestion> {
  const { awards, nowS } = evaluation;
  const open = awards.filter(({ status }) => status === 'not_met');
  if (open.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const missing = missingUnder(awards, facts);
  const isCloser = (id: AwardId, left = 0): boolean => left < (missing.get(id) ?? 0);
  /** The awards that miss less under other facts, the other awards as they are. */
  const closerUnder = (other: EvaluationFacts): ReadonlySet<AwardId> => {
    const closer = open.filter(({ award: { id, rule } }) =>
      isCloser(id, missingIn(evaluateCondition(rule, other), missing)),
    );
    return new Set(closer.map(({ award }) => award.id));
  };
  const effectOf = (badge: Enrolment): Effect => {
    const more = issued(facts, [badge]);
    const left = missingUnder(awards, { ...more, standing: standingWith(awards, more, ['not_met']) });
    const inAll = open.map(({ award }) => award.id).filter((id) => isCloser(id, left.get(id)));
    return { alone: closerUnder(more), inAll: new Set(inAll) };
  };
  const effects = effectsOf(scheme, evaluation, open, effectOf);
  const helpedByAward = open.map(({ award: { id } }) => {
    const withIt = new Map([...facts.standing, [id, 'due'] as const]);
    return [id, closerUnder({ ...facts, standing: withIt })] as const;
  });
  const available = [...scheme.enrolments.values()].filter(
    (badge) => isWithin(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );
  const all = issued(facts, available);
  const free = standingWith(awards, all, ['not_met']);
  const freed = standingWith(awards, all, ['not_met', 'blocked', 'inactive']);
  // What is suggested of an award, and of those that it is suggested to get: each comes after those it holds.
  const closer = new Map<AwardId, ReadonlySet<Enrolment>>();
  const suggested = open.map(({ award: { id } }) => {
    const helping = helpedByAward.flatMap(([other, helped]) => (helped.has(id) ? [other] : []));
    const through = new Set(helping.flatMap((other) => [...(closer.get(other) ?? [])]));
    const badges = available.filter((badge) => {
      const effect = effects.get(badge);
      return effect?.alone.has(id) === true || (effect?.inAll.has(id) === true && !through.has(badge));
    });
    closer.set(id, new Set([...badges, ...through]));
    const reach: Reach = free.has(id) ? 'within' : freed.has(id) ? 'hindered' : 'beyond';
    return [id, { badges, awards: helping, reach }] as const;
  });
  return new Map(suggested);
}

/** The awards that miss less with one badge. */
interface Effect {
  /** With the other awards as they are. */
  readonly alone: ReadonlySet<AwardId>;
  /** With the awards that become due by it. */
  readonly inAll: ReadonlySet<AwardId>;
}

/** More than anybody could be given: no badge brings a blocked or inactive award. */
const OUT_OF_REACH = 1_000_000;

/** How many badges each award misses that is neither held nor due. */
type Missing = ReadonlyMap<AwardId, number>;

/** @param awards in the scheme's order: each after those that its rule holds */
function missingUnder(awards: readonly AwardVerdict[], facts: EvaluationFacts): Missing {
  const missing = new Map<AwardId, number>();
  for (const { award, status } of awards) {
    if (facts.standing.has(award.id)) continue;
    const left = (): number => missingIn(evaluateCondition(award.rule, facts), missing);
    missing.set(award.id, status === 'not_met' ? left() : OUT_OF_REACH);
  }
  return missing;
}

/**
 * How many badges must still come, at least, for a rule to be met. Of a choice, the parts that miss least; an
 * award that the rule holds misses what it misses itself.
 */
function missingIn(result: ConditionResult, missing: Missing): number {
  if (result.met) return 0;
  if (result.kind === 'badges') return shortfall(result).badges;
  if (result.kind === 'holds') return missing.get(result.award) ?? OUT_OF_REACH;
  const open = result.of.map((part) => missingIn(part, missing)).filter((count) => count > 0);
  const least = open.toSorted((a, b) => a - b).slice(0, result.need - result.have);
  return least.reduce((sum, count) => sum + count, 0);
}

/** What each badge does for this person that a part of an open award picks: of those that do the same, one is tried. */
function effectsOf(
  scheme: Scheme,
  evaluation: Evaluation,
  open: readonly AwardVerdict[],
  effectOf: (badge: Enrolment) => Effect,
): ReadonlyMap<Enrolment, Effect> {
  const looking = new Set(
    open.flatMap(({ tree }) => badgesIn(tree, 'unmet').map(({ condition }) => condition)),
  );
  const sortOf = sortFor(evaluation);
  const effects = new Map<Enrolment, Effect>();
  for (const { pickedBy, badges } of kindsOf(scheme)) {
    if (!pickedBy.some((condition) => looking.has(condition))) continue;
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

/** Badges of active partners that the same conditions pick; where one asks for abilities, for the same ability. */
interface Kind {
  readonly pickedBy: readonly BadgesCondition[];
  readonly badges: Enrolment[];
}

/** A scheme has thousands of badges, and few kinds of them. */
export function kindsOf(scheme: Scheme): readonly Kind[] {
  const conditions = scheme.awards.flatMap(({ rule }) => conditionsIn(rule));
  const kinds = new Map<string, Kind>();
  for (const badge of scheme.enrolments.values()) {
    if (scheme.partnersById.get(badge.clientId)?.active !== true) continue;
    const pickedBy = conditions.filter(({ selector }) => picks(selector, badge));
    const ability = pickedBy.some(({ abilities }) => abilities !== undefined) ? abilityOf(badge) : null;
    const name = JSON.stringify([pickedBy.map((one) => conditions.indexOf(one)), ability]);
    const kind = kinds.get(name) ?? { pickedBy, badges: [] };
    kinds.set(name, kind);
    kind.badges.push(badge);
  }
  return [...kinds.values()];
}

export function conditionsIn(rule: Condition): readonly BadgesCondition[] {
  if (rule.kind === 'holds') return [];
  return rule.kind === 'badges' ? [rule] : rule.of.flatMap(conditionsIn);
}

/** @returns names badges of one kind alike that do the same for this person; null: it cannot be issued now */
export function sortFor({ candidates, nowS }: Evaluation): (badge: Enrolment) => string | null {
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  return (badge) => {
    if (!isWithin(badge, nowS)) return null;
    // Of another version of a badge that the person has, the effect depends on that very badge.
    if (families.has(badge.family)) return `badge ${badge.badgeId}`;
    // Partners that the person has nothing of are alike.
    return partners.has(badge.clientId) ? `partner ${badge.clientId}` : 'another partner';
  };
}

/** The facts that were evaluated. */
export function factsOf(scheme: Scheme, { awards, nowS, candidates }: Evaluation): EvaluationFacts {
  const standing = awards.flatMap(({ award, status }) =>
    status === 'held' || status === 'due' ? [[award.id, status] as const] : [],
  );
  return { scheme, nowS, candidates, standing: new Map(standing) };
}

/** The facts as they would be, were these badges issued now. */
export function issued(facts: EvaluationFacts, badges: readonly Enrolment[]): EvaluationFacts {
  const added = badges.map((enrolment): Candidate => {
    const { badgeId, clientId } = enrolment;
    return { assertion: supposed(badgeId, clientId, facts.nowS), enrolment };
  });
  return { ...facts, candidates: oldestFirst([...facts.candidates, ...added]) };
}

/**
 * The awards that are held or due under these facts.
 * @param awards in the scheme's order: each after those that its rule holds
 * @param statuses of which those whose rule is met become due
 */
export function standingWith(
  awards: readonly AwardVerdict[],
  facts: EvaluationFacts,
  statuses: readonly AwardStatus[],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && evaluateCondition(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return standing;
}
