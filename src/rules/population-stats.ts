import type { AwardId } from '../ids.js';
import type { BadgesCondition, Tally } from './badges-condition.js';
import type { Condition, Scheme } from './types.js';
import {
  type AwardVerdict,
  badgesIn,
  type ConditionResult,
  type Evaluation,
  shortfall,
  tallyOf,
} from './evaluation.js';
import {
  conditionsIn,
  factsOf,
  factsWithBadges,
  groupEquivalentBadges,
  createEffectKey,
  heldOrDueUnder,
} from './suggestions.js';

/**
 * Counts a person's badges towards a rule, in the one `badges` condition that decides. Awards that the rule holds are
 * counted only when the rule has no `badges` condition.
 *
 * In a group, the parts are sorted by how many badges they lack. The last decides for `all`, the first for `any`, the
 * N-th for `at_least: N`. Each part that a held award meets lowers N. Of equal parts, the later one decides.
 */
export function countedTowards(result: ConditionResult): Tally {
  if (result.kind === 'badges') return tallyOf(result, 'badges') ?? { have: 0, need: 0 };
  if (result.kind === 'holds') return { have: result.met ? 1 : 0, need: 1 };
  const parts = result.of.filter(hasBadges);
  if (parts.length === 0) return { have: result.have, need: result.need };
  const metByAwards = result.of.filter((part) => part.met && !hasBadges(part)).length;
  const tallies = parts.map(countedTowards).toSorted((a, b) => lacking(a) - lacking(b));
  const rank = Math.min(Math.max(result.need - metByAwards, 1), tallies.length);
  return tallies[rank - 1] ?? { have: result.have, need: result.need };
}

const lacking = ({ have, need }: Tally): number => Math.max(0, need - have);
const hasBadges = (result: ConditionResult): boolean => badgesIn(result).length > 0;

/** Returns the `need` of `countedTowards`; null when the rule's conditions need different numbers. */
export function thresholdOf(rule: Condition): number | null {
  const thresholds = new Set(conditionsIn(rule).map(({ atLeast }) => atLeast));
  const [threshold, ...others] = thresholds.size === 0 ? [awardsNeeded(rule)] : thresholds;
  return others.length === 0 ? (threshold ?? null) : null;
}

/** For a rule that only holds awards. */
function awardsNeeded(rule: Condition): number {
  if (rule.kind === 'all') return rule.of.length;
  return rule.kind === 'at_least' ? rule.atLeast : 1;
}

/**
 * Returns a function that finds the awards that one more badge would make due. The badge is enrolled now, by an active
 * partner, and issued now. Exact, and fast enough to run for everybody.
 */
export function findOneAway(scheme: Scheme): (evaluation: Evaluation) => ReadonlySet<AwardId> {
  const kinds = groupEquivalentBadges(scheme);
  return (evaluation) => {
    const unmet = evaluation.awards.filter(({ status }) => status === 'not_met');
    const missingOne = new Set(
      unmet
        .flatMap(({ tree }) => badgesIn(tree, 'unmet'))
        .filter((part) => shortfall(part).badges === 1)
        .map(({ condition }) => condition),
    );
    const oneAway = new Set<AwardId>();
    const reachableCount = missingOne.size === 0 ? 0 : reachableAwards(unmet, missingOne).length;
    if (reachableCount === 0) return oneAway;
    const facts = factsOf(scheme, evaluation);
    const sortOf = createEffectKey(evaluation);
    for (const { pickedBy, badges } of kinds) {
      const completed = pickedBy.filter((condition) => missingOne.has(condition));
      if (completed.length === 0) continue;
      const reachable = reachableAwards(unmet, new Set(completed));
      const tried = new Set<string | null>([null]);
      for (const badge of badges) {
        if (reachable.every(({ award }) => oneAway.has(award.id))) break;
        const sort = sortOf(badge);
        if (tried.has(sort)) continue;
        tried.add(sort);
        const heldOrDue = heldOrDueUnder(reachable, factsWithBadges(facts, [badge]), ['not_met']);
        for (const { award } of reachable) if (heldOrDue.has(award.id)) oneAway.add(award.id);
      }
      if (oneAway.size === reachableCount) break;
    }
    return oneAway;
  };
}

/** Returns the awards that are due if all these conditions are met. Other awards cannot become due by one badge. */
function reachableAwards(unmet: readonly AwardVerdict[], completed: ReadonlySet<BadgesCondition>) {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return completed.has(result.condition);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  return unmet.filter(({ award, tree }) => {
    if (!wouldBeMet(tree)) return false;
    due.add(award.id);
    return true;
  });
}

/**
 * Counts of people by id: of an award, a partner, a badge. Each line returns the ids that one person counts for. The
 * nightly count stores it under its name; `pipeline.population` reads it by that name.
 */
const COUNTS = {
  /** Awards that one more badge would make due. */
  oneAway: findOneAway,
} satisfies Record<string, (scheme: Scheme) => (evaluation: Evaluation) => Iterable<string>>;

/** How many people each id has; no entry: nobody. No map: this Palier has not counted it yet. */
export type PeopleCounts = Readonly<Partial<Record<keyof typeof COUNTS, ReadonlyMap<string, number>>>>;

/** Counts of everybody, under one scheme at one instant. */
export type PopulationStats = ReturnType<ReturnType<typeof countPopulation>['stats']>;

/** Starts a count, to which people are added one by one. */
export function countPopulation(scheme: Scheme) {
  const awardCounters = scheme.awards.map(({ id }) => {
    const counter = {
      /** People by status. The sum is everybody. */
      status: { held: 0, due: 0, not_met: 0, inactive: 0, blocked: 0 },
      /** At index n, the people who have n towards the rule (`countedTowards`). The sum is everybody. */
      atCount: new Array<number>(),
    };
    return [id, counter] as const;
  });
  const byAward = new Map(awardCounters);
  const counters = Object.entries(COUNTS).map(([name, createIdsOf]) => ({
    name,
    idsOf: createIdsOf(scheme),
    people: new Map<string, number>(),
  }));
  let everybody = 0;
  return {
    /** Adds one person, evaluated under this scheme at the same instant as the others. */
    add(evaluation: Evaluation): void {
      everybody += 1;
      for (const { idsOf, people } of counters)
        for (const id of new Set<string>(idsOf(evaluation))) people.set(id, (people.get(id) ?? 0) + 1);
      for (const { award, status, tree } of evaluation.awards) {
        const counter = byAward.get(award.id);
        if (counter === undefined) continue;
        counter.status[status] += 1;
        const { have } = countedTowards(tree);
        // 0, not a hole, for a number that nobody has.
        while (counter.atCount.length <= have) counter.atCount.push(0);
        counter.atCount[have] = (counter.atCount[have] ?? 0) + 1;
      }
    },
    /** `byAward` is in the scheme's order. */
    stats() {
      const counts: PeopleCounts = Object.fromEntries(counters.map(({ name, people }) => [name, people]));
      return { version: scheme.version, people: everybody, byAward, ...counts };
    },
  };
}
