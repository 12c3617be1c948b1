import * as fc from 'fast-check';
import {
  type PeopleCounts,
  type PopulationStats,
  countedTowards,
  countPopulation,
  findOneAway,
  thresholdOf,
} from '../../src/rules/population-stats.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Condition } from '../../src/rules/types.js';
import type { ConditionResult, Evaluation } from '../../src/rules/evaluation.js';
import { world, type World } from './model.js';
import { runs } from '../support/runs.js';
import { assertion } from './scheme-builder.js';

const evaluated = ({ scheme, portfolio, nowS }: World): Evaluation => evaluate(scheme, portfolio, nowS);
const idsBy = ({ awards }: Evaluation, status: string): string[] =>
  awards.filter((one) => one.status === status).map(({ award }) => award.id);

/** Every badge that could be issued now is, one at a time, to the very person. */
function oneAwayByTrying(one: World): string[] {
  const { scheme, portfolio, nowS } = one;
  const before = idsBy(evaluated(one), 'not_met');
  const available = [...scheme.enrolments.values()].filter(
    ({ clientId, fromS, beforeS }) =>
      scheme.partnersById.get(clientId)?.active === true &&
      (fromS ?? 0) <= nowS &&
      nowS < (beforeS ?? Infinity),
  );
  const found = available.flatMap(({ badgeId, clientId }) => {
    const issued = assertion(badgeId, clientId, { id: 'tried', issuedOnS: nowS });
    const assertions = [...portfolio.assertions, issued];
    const due = idsBy(evaluate(scheme, { ...portfolio, assertions }, nowS), 'due');
    return due.filter((id) => before.includes(id));
  });
  return [...new Set(found)].toSorted();
}

test('one badge away: what trying every enrolled badge shows', () => {
  let away = 0;
  fc.assert(
    fc.property(world, fc.constantFrom(-400, 0, 400), (one, daysLater) => {
      const oneAway = findOneAway(one.scheme);
      // At another instant, other badges can be issued.
      for (const nowS of [one.nowS, one.nowS + daysLater * 86_400]) {
        const then = { ...one, nowS };
        const found = [...oneAway(evaluated(then))].toSorted();
        away += found.length;
        expect(found).toEqual(oneAwayByTrying(then));
      }
    }),
    { numRuns: runs(1000, 300) },
  );
  expect(away).toBeGreaterThan(100);
});

const counted = (people: readonly World[]): PopulationStats => {
  const [first] = people;
  if (first === undefined) throw new Error('nobody');
  const tally = countPopulation(first.scheme);
  for (const one of people) tally.add(evaluated(one));
  return tally.stats();
};

/** Several people under one scheme. */
const crowd = fc
  .tuple(world, fc.array(world, { minLength: 1, maxLength: 8 }))
  .map(([one, others]) => others.map(({ portfolio }): World => ({ ...one, portfolio })));

/** A plain recount of each line of `COUNTS`: the ids that one person counts for. */
const RECOUNTS: Readonly<Record<keyof PeopleCounts, (one: World) => readonly string[]>> = {
  oneAway: oneAwayByTrying,
};

test.each(Object.keys(RECOUNTS) as (keyof PeopleCounts)[])(
  'the count %s is what a plain recount gives',
  (name) => {
    let found = 0;
    fc.assert(
      fc.property(crowd, (people) => {
        const recount = new Map<string, number>();
        for (const id of people.flatMap((one) => [...new Set(RECOUNTS[name](one))]))
          recount.set(id, (recount.get(id) ?? 0) + 1);
        found += recount.size;
        expect(counted(people)[name]).toEqual(recount);
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(20);
  },
);

test('everybody is counted once, by status and by count, as each evaluation says', () => {
  fc.assert(
    fc.property(crowd, (people) => {
      const evaluations = people.map(evaluated);
      const { byAward } = counted(people);
      for (const [id, { status, atCount }] of byAward) {
        const verdicts = evaluations.map(({ awards }) => awards.find(({ award }) => award.id === id));
        for (const [name, count] of Object.entries(status))
          expect(verdicts.filter((verdict) => verdict?.status === name)).toHaveLength(count);
        expect(atCount.reduce((sum, count) => sum + count, 0)).toBe(people.length);
      }
    }),
    { numRuns: 150 },
  );
});

const badges = (have: number, need: number): ConditionResult => ({
  kind: 'badges',
  condition: { kind: 'badges', atLeast: need, selector: {} },
  met: have >= need,
  demands: [{ name: 'badges', have, need }],
  counted: [],
  excluded: [],
});
const award = (met: boolean): ConditionResult =>
  ({ kind: 'holds', award: 'A', met, through: met ? 'held' : null }) as ConditionResult;
const group = (kind: 'all' | 'any' | 'at_least', need: number, ...of: ConditionResult[]): ConditionResult => {
  const have = of.filter(({ met }) => met).length;
  return { kind, need, have, met: have >= need, of };
};

test.each<[string, ConditionResult, { have: number; need: number }]>([
  ['one condition', badges(2, 3), { have: 2, need: 3 }],
  ['all: the part that lacks most', group('all', 2, badges(2, 3), badges(0, 2)), { have: 0, need: 2 }],
  ['any: the part that lacks least', group('any', 1, badges(1, 3), badges(3, 4)), { have: 3, need: 4 }],
  [
    'two of three: the second',
    group('at_least', 2, badges(0, 3), badges(3, 3), badges(1, 3)),
    { have: 1, need: 3 },
  ],
  ['an award is passed over', group('all', 2, award(false), badges(1, 2)), { have: 1, need: 2 }],
  [
    'an award that is held counts for one part',
    group('at_least', 2, award(true), badges(0, 9), badges(1, 2)),
    { have: 1, need: 2 },
  ],
  [
    'groups within groups',
    group('all', 2, award(true), group('any', 1, badges(0, 2), badges(4, 5))),
    { have: 4, need: 5 },
  ],
  ['awards alone are counted', group('at_least', 3, award(true), award(false)), { have: 1, need: 3 }],
  ['one award alone', award(true), { have: 1, need: 1 }],
])('what a rule counts: %s', (_, tree, tally) => {
  expect(countedTowards(tree)).toEqual(tally);
});

const ask = (atLeast: number): Condition => ({ kind: 'badges', atLeast, selector: {} });
const holds = { kind: 'holds', award: 'A' } as Condition;
test.each<[string, Condition, number | null]>([
  ['one number', { kind: 'all', of: [holds, ask(3)] }, 3],
  ['the same twice', { kind: 'any', of: [ask(2), ask(2)] }, 2],
  ['two numbers are no threshold', { kind: 'all', of: [ask(2), ask(3)] }, null],
  ['awards', { kind: 'at_least', atLeast: 3, of: [holds, holds, holds, holds] }, 3],
  ['all of two awards', { kind: 'all', of: [holds, holds] }, 2],
])('the threshold of a rule: %s', (_, rule, threshold) => {
  expect(thresholdOf(rule)).toBe(threshold);
});
