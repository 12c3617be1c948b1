import type { AwardId } from '../ids.js';
import { evaluateCondition, type Facts } from './conditions.js';
import {
  awardsIn,
  badgesIn,
  type AwardVerdict,
  type ConditionResult,
  type Evaluation,
  shortfall,
} from './evaluation.js';
import type { Enrolment, Scheme } from './types.js';
import { alikeBadges, availableAt, factsOf, issued, standingWith } from './what-if.js';

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
 * What would help each award that is not met, found by evaluating the rules again with one more badge. Pure.
 * A badge is suggested where less is missing with it, the other awards as they are; or with all that follows
 * from it, unless a suggested award says so already.
 * @param evaluation under that scheme
 * @returns by award; none for one that is held, due, blocked or inactive: no badge changes that
 */
export function suggestions(scheme: Scheme, evaluation: Evaluation): ReadonlyMap<AwardId, Suggestion> {
  const open = evaluation.awards.filter(({ status }) => status === 'not_met');
  if (open.length === 0) return new Map();
  const facts = factsOf(scheme, evaluation);
  const before: Before = { evaluation, open, facts, missing: missingBadges(evaluation.awards) };
  const available = availableAt(scheme, evaluation.nowS);
  const reachOf = reachesOf(evaluation, issued(facts, available));
  const effects = effectsOf(before);
  // What is suggested of an award, and of those that it is suggested to get: each stands after those it holds.
  const closer = new Map<AwardId, ReadonlySet<Enrolment>>();
  return new Map(
    open.map((verdict) => {
      const { id } = verdict.award;
      const awards = awardsThatHelp(verdict, before);
      const through = new Set(awards.flatMap((other) => [...(closer.get(other) ?? [])]));
      const badges = available.filter((badge) => {
        const effect = effects.get(badge);
        return effect?.alone.has(id) === true || (effect?.inAll.has(id) === true && !through.has(badge));
      });
      closer.set(id, new Set([...badges, ...through]));
      return [id, { badges, awards, reach: reachOf(id) }];
    }),
  );
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

interface Before {
  readonly evaluation: Evaluation;
  /** The verdicts that are not met. */
  readonly open: readonly AwardVerdict[];
  readonly facts: Facts;
  readonly missing: Missing;
}

/** The awards that miss less with one badge. */
interface Effect {
  /** With the other awards as they are. */
  readonly alone: ReadonlySet<AwardId>;
  /** With the awards that become due by it. */
  readonly inAll: ReadonlySet<AwardId>;
}

/** Of badges that do the same, one is tried for all. */
function effectsOf(before: Before): ReadonlyMap<Enrolment, Effect> {
  const conditions = before.open
    .flatMap(({ tree }) => badgesIn(tree, 'unmet'))
    .map(({ condition }) => condition);
  const effects = alikeBadges(before.facts, conditions).flatMap((badges) => {
    const effect = effectOf(badges[0], before);
    return badges.map((badge) => [badge, effect] as const);
  });
  return new Map(effects);
}

function effectOf(badge: Enrolment, { evaluation: { awards }, open, facts, missing }: Before): Effect {
  const more = issued(facts, [badge]);
  const alone = open.map((verdict) => ({ ...verdict, tree: evaluateCondition(verdict.award.rule, more) }));
  const completes = alone.some(({ tree }) => tree.met);
  const standing = completes ? standingWith(awards, more) : more.standing;
  const following = !completes
    ? alone
    : open.map((verdict): AwardVerdict => {
        const tree = evaluateCondition(verdict.award.rule, { ...more, standing });
        return { ...verdict, tree, status: standing.has(verdict.award.id) ? 'due' : 'not_met' };
      });
  const hindered = awards.filter(({ status }) => status === 'blocked' || status === 'inactive');
  const after = missingBadges([...hindered, ...following]);
  const closerWith = (counts: (id: AwardId, tree: ConditionResult) => number): ReadonlySet<AwardId> =>
    new Set(
      alone
        .filter(({ award: { id }, tree }) => counts(id, tree) < (missing.get(id) ?? 0))
        .map(({ award }) => award.id),
    );
  return {
    alone: closerWith((_id, tree) => missingIn(tree, missing)),
    inAll: closerWith((id) => after.get(id) ?? 0),
  };
}

/** Awards that the rule holds, are not met, and with each of which held less would be missing. */
function awardsThatHelp({ award, tree }: AwardVerdict, { open, facts, missing }: Before): readonly AwardId[] {
  const held = new Set(awardsIn(tree));
  return open
    .map((other) => other.award.id)
    .filter((id) => {
      if (!held.has(id)) return false;
      const standing = new Map([...facts.standing, [id, 'due'] as const]);
      const withIt = evaluateCondition(award.rule, { ...facts, standing });
      return missingIn(withIt, missing) < missingIn(tree, missing);
    });
}

/** @param all the facts with everything that is enrolled */
function reachesOf({ awards }: Evaluation, all: Facts): (id: AwardId) => Reach {
  const free = standingWith(awards, all);
  const freed = standingWith(awards, all, ['not_met', 'blocked', 'inactive']);
  return (id) => (free.has(id) ? 'within' : freed.has(id) ? 'hindered' : 'beyond');
}
