import type { AwardId } from '../ids.js';
import { abilityOf, picks } from './badges-condition.js';
import { evaluateCondition, type Facts } from './conditions.js';
import { byIssueDate, supposed, within } from './countable.js';
import {
  badgesIn,
  type AwardStatus,
  type AwardVerdict,
  type ConditionResult,
  type Evaluation,
  shortfall,
} from './evaluation.js';
import type { Candidate, Enrolment, Scheme } from './types.js';

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
  const missing = missingBadges(awards);
  /** The awards that miss less under other facts, the other awards as they are. */
  const closerUnder = (other: Facts): ReadonlySet<AwardId> => {
    const left = ({ award }: AwardVerdict): number =>
      missingIn(evaluateCondition(award.rule, other), missing);
    const closer = open.filter((verdict) => left(verdict) < (missing.get(verdict.award.id) ?? 0));
    return new Set(closer.map(({ award }) => award.id));
  };
  const available = [...scheme.enrolments.values()].filter(
    (badge) => within(badge, nowS) && scheme.partnersById.get(badge.clientId)?.active === true,
  );
  const effects = forEachSort(available, open, facts, (badge): Effect => {
    const more = issued(facts, [badge]);
    const following = standingWith(awards, more, ['not_met']);
    const left = missingBadges(
      awards.map((verdict) => {
        if (verdict.status !== 'not_met') return verdict;
        const tree = evaluateCondition(verdict.award.rule, { ...more, standing: following });
        return { ...verdict, tree, status: following.has(verdict.award.id) ? 'due' : 'not_met' };
      }),
    );
    const ids = open.map(({ award }) => award.id);
    const inAll = ids.filter((id) => (left.get(id) ?? 0) < (missing.get(id) ?? 0));
    return { alone: closerUnder(more), inAll: new Set(inAll) };
  });
  const helpedByAward = open.map(({ award: { id } }) => {
    const withIt = new Map([...facts.standing, [id, 'due'] as const]);
    return [id, closerUnder({ ...facts, standing: withIt })] as const;
  });
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
function missingBadges(awards: readonly AwardVerdict[]): Missing {
  const missing = new Map<AwardId, number>();
  for (const { award, status, tree } of awards) {
    if (status === 'held' || status === 'due') continue;
    missing.set(award.id, status === 'not_met' ? missingIn(tree, missing) : OUT_OF_REACH);
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

/**
 * What each badge does for this person. Of badges that do the same, one is tried for all: picked by the same
 * conditions, for the same ability, of the same partner or of partners that the person has nothing of. A scheme has
 * thousands of badges, and few that differ to a rule.
 */
function forEachSort<T>(
  badges: readonly Enrolment[],
  open: readonly AwardVerdict[],
  { candidates }: Facts,
  effectOf: (badge: Enrolment) => T,
): ReadonlyMap<Enrolment, T> {
  const conditions = open.flatMap(({ tree }) => badgesIn(tree, 'unmet')).map(({ condition }) => condition);
  const families = new Set(candidates.map(({ enrolment }) => enrolment.family));
  const partners = new Set(candidates.map(({ enrolment }) => enrolment.clientId));
  const tried = new Map<string, T>();
  const effects = badges.flatMap((badge) => {
    const pickedBy = conditions.flatMap(({ selector }, i) => (picks(selector, badge) ? [i] : []));
    if (pickedBy.length === 0) return [];
    const partner = partners.has(badge.clientId) ? badge.clientId : null;
    // Of another version of a badge that the person has, the effect depends on that very badge.
    const own = families.has(badge.family) ? badge.badgeId : null;
    const alike = JSON.stringify([pickedBy, partner, abilityOf(badge), own]);
    const effect = tried.get(alike) ?? effectOf(badge);
    tried.set(alike, effect);
    return [[badge, effect] as const];
  });
  return new Map(effects);
}

/** The facts that were evaluated. */
export function factsOf(scheme: Scheme, { awards, nowS, candidates }: Evaluation): Facts {
  const standing = awards.flatMap(({ award, status }) =>
    status === 'held' || status === 'due' ? [[award.id, status] as const] : [],
  );
  return { scheme, nowS, candidates, standing: new Map(standing) };
}

/** The facts as they would be, were these badges issued now. */
export function issued(facts: Facts, badges: readonly Enrolment[]): Facts {
  const added = badges.map((enrolment): Candidate => {
    const { badgeId, clientId } = enrolment;
    return { assertion: supposed(badgeId, clientId, facts.nowS), enrolment };
  });
  const candidates = [...facts.candidates, ...added];
  return { ...facts, candidates: candidates.toSorted((a, b) => byIssueDate(a.assertion, b.assertion)) };
}

/**
 * The awards that are held or due under these facts.
 * @param awards in the scheme's order: each after those that its rule holds
 * @param statuses of which those whose rule is met become due
 */
export function standingWith(
  awards: readonly AwardVerdict[],
  facts: Facts,
  statuses: readonly AwardStatus[],
): ReadonlyMap<AwardId, 'held' | 'due'> {
  const standing = new Map(facts.standing);
  for (const { award, status } of awards)
    if (statuses.includes(status) && evaluateCondition(award.rule, { ...facts, standing }).met)
      standing.set(award.id, 'due');
  return standing;
}
