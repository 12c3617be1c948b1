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
import { conditionsIn, factsOf, issued, kindsOf, sortFor, standingWith } from './suggestions.js';

/**
 * How many badges a person has of those that a rule asks for: of the one `badges` condition that decides.
 * Awards that the rule holds are passed over, unless it has nothing else: then they are what is counted.
 *
 * Where a rule has several such parts, they are put in order of what they lack, and the one that completes
 * the group decides: of `all`, the part with the most lacking; of `any`, the one with the least; of
 * `at_least: N`, the N-th (parts that are met by an award that is held are taken off N). Of equals, the later.
 */
export function countedTowards(result: ConditionResult): Tally {
  if (result.kind === 'badges') return tallyOf(result, 'badges') ?? { have: 0, need: 0 };
  if (result.kind === 'holds') return { have: result.met ? 1 : 0, need: 1 };
  const parts = result.of.filter(hasBadges);
  if (parts.length === 0) return { have: result.have, need: result.need };
  const metByAwards = result.of.filter((part) => part.met && !hasBadges(part)).length;
  const tallies = parts.map(countedTowards).toSorted((a, b) => lackOf(a) - lackOf(b));
  const rank = Math.min(Math.max(result.need - metByAwards, 1), tallies.length);
  return tallies[rank - 1] ?? { have: result.have, need: result.need };
}

const lackOf = ({ have, need }: Tally): number => Math.max(0, need - have);
const hasBadges = (result: ConditionResult): boolean => badgesIn(result).length > 0;

/**
 * The threshold that `countedTowards` is measured by; null where the parts of a rule ask for different
 * numbers, so that there is no one threshold.
 */
export function thresholdOf(rule: Condition): number | null {
  const asked = new Set(conditionsIn(rule).map(({ atLeast }) => atLeast));
  const [one, ...others] = asked.size === 0 ? [awardsAskedBy(rule)] : asked;
  return others.length === 0 ? (one ?? null) : null;
}

/** Of a rule that asks for awards alone. */
function awardsAskedBy(rule: Condition): number {
  if (rule.kind === 'all') return rule.of.length;
  return rule.kind === 'at_least' ? rule.atLeast : 1;
}

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
    const most = near.size === 0 ? 0 : hopedFor(open, near).length;
    if (most === 0) return found;
    const facts = factsOf(scheme, evaluation);
    const sortOf = sortFor(evaluation);
    for (const { pickedBy, badges } of kinds) {
      const helped = pickedBy.filter((condition) => near.has(condition));
      if (helped.length === 0) continue;
      const hoped = hopedFor(open, new Set(helped));
      const tried = new Set<string | null>([null]);
      for (const badge of badges) {
        if (hoped.every(({ award }) => found.has(award.id))) break;
        const sort = sortOf(badge);
        if (tried.has(sort)) continue;
        tried.add(sort);
        const standing = standingWith(hoped, issued(facts, [badge]), ['not_met']);
        for (const { award } of hoped) if (standing.has(award.id)) found.add(award.id);
      }
      if (found.size === most) break;
    }
    return found;
  };
}

/** Of these awards, those that would come due if a badge counted for each of these conditions: no others can. */
function hopedFor(
  open: readonly AwardVerdict[],
  helped: ReadonlySet<BadgesCondition>,
): readonly AwardVerdict[] {
  const due = new Set<AwardId>();
  const wouldBeMet = (result: ConditionResult): boolean => {
    if (result.met) return true;
    if (result.kind === 'holds') return due.has(result.award);
    if (result.kind === 'badges') return helped.has(result.condition);
    return result.of.filter(wouldBeMet).length >= result.need;
  };
  return open.filter(({ award, tree }) => {
    if (!wouldBeMet(tree)) return false;
    due.add(award.id);
    return true;
  });
}

/**
 * Numbers of people, each by the ids of what a person is counted for: awards, partners, badges. A line here is counted every
 * night, stored under its name, and read by that name from `pipeline.population`.
 */
const COUNTS = {
  /** Awards that one more badge would give. */
  oneAway: findOneAway,
} satisfies Record<string, (scheme: Scheme) => (evaluation: Evaluation) => Iterable<string>>;

/** How many people each id has; one that is not there has none. Not there at all: it was not counted yet. */
export type PeopleCounts = Readonly<Partial<Record<keyof typeof COUNTS, ReadonlyMap<string, number>>>>;

/** Everybody, counted by one scheme at one instant. */
export type PopulationStats = ReturnType<ReturnType<typeof countPopulation>['stats']>;

/** Counts people, one evaluation at a time. */
export function countPopulation(scheme: Scheme) {
  const statuses = scheme.awards.map(({ id }) => {
    const counter = {
      /** How many people by status: they add up to everybody. */
      status: { held: 0, due: 0, not_met: 0, inactive: 0, blocked: 0 },
      /** How many people have 0, 1, 2... of what the rule counts (see `countedTowards`); they add up to everybody. */
      atCount: new Array<number>(),
    };
    return [id, counter] as const;
  });
  const byAward = new Map(statuses);
  const counters = Object.entries(COUNTS).map(([name, countedFor]) => ({
    name,
    idsOf: countedFor(scheme),
    people: new Map<string, number>(),
  }));
  let everybody = 0;
  return {
    /** An evaluation under this scheme, at the same instant as the others. */
    add(evaluation: Evaluation): void {
      everybody += 1;
      for (const { idsOf, people } of counters)
        for (const id of new Set<string>(idsOf(evaluation))) people.set(id, (people.get(id) ?? 0) + 1);
      for (const { award, status, tree } of evaluation.awards) {
        const counter = byAward.get(award.id);
        if (counter === undefined) continue;
        counter.status[status] += 1;
        const { have } = countedTowards(tree);
        // A number that nobody is at is 0, not a hole.
        while (counter.atCount.length <= have) counter.atCount.push(0);
        counter.atCount[have] = (counter.atCount[have] ?? 0) + 1;
      }
    },
    /** `byAward` in the scheme's order. */
    stats() {
      const counts: PeopleCounts = Object.fromEntries(counters.map(({ name, people }) => [name, people]));
      return { version: scheme.version, people: everybody, byAward, counts };
    },
  };
}
