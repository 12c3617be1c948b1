import * as fc from 'fast-check';
import type { Assertion } from '../../src/earners/record.js';
import { asAssertionId } from '../../src/ids.js';
import { type Carrier, coverAbilities } from '../../src/rules/choice.js';
import { DEMAND_NAMES, type DemandName } from '../../src/rules/badges-condition.js';
import { evaluate } from '../../src/rules/evaluate.js';
import {
  type BadgesResult,
  type ConditionResult,
  type Demand,
  type Evaluation,
  tallyOf as tallyIn,
} from '../../src/rules/evaluation.js';
import { runs } from '../support/runs.js';
import {
  allowed,
  countsAt,
  naive,
  type NaiveResult,
  pickedBy,
  someAssertion,
  tallyOf,
  world,
  type World,
} from './model.js';

const evaluated = ({ scheme, portfolio, nowS }: World): Evaluation => evaluate(scheme, portfolio, nowS);

const partsOf = (result: ConditionResult): ConditionResult[] => [
  result,
  ...('of' in result ? result.of.flatMap(partsOf) : []),
];
const parts = (evaluation: Evaluation): ConditionResult[] =>
  evaluation.awards.flatMap(({ tree }) => partsOf(tree));
const badgesParts = (evaluation: Evaluation): BadgesResult[] =>
  parts(evaluation).filter((part) => part.kind === 'badges');

const haves = ({ demands }: BadgesResult) =>
  Object.fromEntries(demands.map(({ name, have }) => [name, have]));

/** The tree in the naive evaluator's words. */
function plain(result: ConditionResult): NaiveResult {
  if (result.kind === 'holds') return { met: result.met };
  if (result.kind !== 'badges') return { met: result.met, have: result.have, of: result.of.map(plain) };
  return { met: result.met, best: haves(result) };
}

/** Every number of a tree that may not fall. */
function numbers(result: ConditionResult): number[] {
  if (result.kind === 'holds') return [Number(result.met)];
  if (result.kind !== 'badges') return [Number(result.met), result.have];
  return [Number(result.met), ...result.demands.map(({ have }) => have)];
}

const ids = (list: readonly Assertion[]): string[] => list.map(({ id }) => id).toSorted();
const standing = (evaluation: Evaluation): string[] =>
  evaluation.awards
    .filter(({ status }) => status === 'held' || status === 'due')
    .map(({ award }) => award.id);

test('the result is that of the naive evaluator', () => {
  fc.assert(
    fc.property(world, (one) => {
      const ours = evaluated(one).awards.map(({ met, status, tree }) => ({ met, status, tree: plain(tree) }));
      expect(ours).toEqual(naive(one.scheme, one.portfolio, one.nowS));
    }),
    { numRuns: runs(1000) },
  );
});

test('what is said to count is a set that may count, and reaches the numbers told', () => {
  fc.assert(
    fc.property(world, (one) => {
      for (const part of badgesParts(evaluated(one))) {
        expect(allowed(part.condition, one.scheme, part.counted)).toBe(true);
        expect(tallyOf(one.scheme, part.counted)).toMatchObject(haves(part));
      }
    }),
    { numRuns: runs(300) },
  );
});

test('every assertion is counted, or left out with a reason: once', () => {
  fc.assert(
    fc.property(world, (one) => {
      const { scheme, portfolio, nowS } = one;
      const evaluation = evaluated(one);
      const revoked = new Set(portfolio.assertions.filter((a) => a.revoked).map(({ id }) => id));
      const all = [...new Map(portfolio.assertions.map((a) => [a.id, a])).values()];
      const counting = all.filter((a) => !revoked.has(a.id) && countsAt(scheme, a, nowS));
      expect(ids(evaluation.excluded.map(({ assertion }) => assertion))).toEqual(
        ids(all.filter((a) => !counting.includes(a))),
      );
      for (const { condition, counted, excluded } of badgesParts(evaluation)) {
        const undated = { kind: 'badges', atLeast: 1, selector: condition.selector } as const;
        expect(ids([...counted, ...excluded.map(({ assertion }) => assertion)])).toEqual(
          ids(counting.filter((a) => pickedBy(undated, scheme, a, nowS))),
        );
      }
    }),
    { numRuns: runs(500) },
  );
});

test('where abilities are not asked for, the oldest counts', () => {
  fc.assert(
    fc.property(world, (one) => {
      for (const { condition, counted, excluded } of badgesParts(evaluated(one))) {
        if (condition.abilities !== undefined) continue;
        for (const { assertion, reason } of excluded) {
          if (reason.why === 'outside_condition_dates') continue;
          const rivals = counted.filter((kept) =>
            reason.why === 'duplicate_of' ? kept.id === reason.of : kept.clientId === assertion.clientId,
          );
          expect(rivals.filter((kept) => kept.issuedOnS > assertion.issuedOnS)).toEqual([]);
        }
      }
    }),
    { numRuns: runs(300) },
  );
});

test('one more counted badge loses no award and lowers no number', () => {
  const withOneMore = world.chain((one) =>
    fc.record({ one: fc.constant(one), more: someAssertion(one.scheme, one.nowS) }),
  );
  fc.assert(
    fc.property(withOneMore, ({ one, more }) => {
      fc.pre(countsAt(one.scheme, more, one.nowS));
      const assertions = [...one.portfolio.assertions, { ...more, id: asAssertionId('more') }];
      const before = evaluated(one);
      const after = evaluated({ ...one, portfolio: { ...one.portfolio, assertions } });
      expect(standing(after)).toEqual(expect.arrayContaining(standing(before)));
      const now = parts(after).flatMap(numbers);
      const fallen = parts(before)
        .flatMap(numbers)
        .flatMap((was, i) => ((now[i] ?? 0) < was ? [{ i, was, now: now[i] }] : []));
      expect(fallen).toEqual([]);
    }),
    { numRuns: runs(600) },
  );
});

test('what lies in the future changes nothing until a day before its date, and from then on is as any other', () => {
  const withFuture = world.chain((one) =>
    fc.record({
      one: fc.constant(one),
      more: someAssertion(one.scheme, one.nowS),
      aheadS: fc.integer({ min: -2, max: 2 }).map((off) => 86_400 + off),
    }),
  );
  fc.assert(
    fc.property(withFuture, ({ one, more, aheadS }) => {
      const ahead = { ...more, id: asAssertionId('more'), issuedOnS: one.nowS + aheadS };
      const assertions = [...one.portfolio.assertions, ahead];
      const verdicts = (portfolio: World['portfolio']) =>
        evaluated({ ...one, portfolio }).awards.map(({ status, earnedBy }) => ({ status, earnedBy }));
      const now = verdicts({ ...one.portfolio, assertions });
      const without = verdicts(one.portfolio);
      if (aheadS > 86_400) expect(now).toEqual(without);
      expect(now.map(({ status }) => status)).toEqual(
        naive(one.scheme, { ...one.portfolio, assertions }, one.nowS).map(({ status }) => status),
      );
    }),
    { numRuns: 300 },
  );
});

/** The same list in any order, with any of its records again. */
const shuffled = (list: readonly Assertion[]): fc.Arbitrary<Assertion[]> =>
  fc.subarray([...list]).chain((again) => {
    const all = [...list, ...again];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

test('the order and the repetition of the input change nothing, even when two records of one id differ', () => {
  const twice = world
    .chain((one) =>
      fc.record({
        one: fc.constant(one),
        names: fc.array(fc.constantFrom('x', 'y', 'z', 'u', 'v'), { minLength: 12, maxLength: 12 }),
      }),
    )
    .map(({ one, names }): World => {
      const clashing = one.portfolio.assertions.map((a, i) => ({
        ...a,
        id: asAssertionId(names[i] ?? a.id),
      }));
      return { ...one, portfolio: { ...one.portfolio, assertions: clashing } };
    })
    .chain((one) =>
      fc.record({
        one: fc.constant(one),
        portfolio: fc.record({
          assertions: shuffled(one.portfolio.assertions),
          held: shuffled(one.portfolio.held),
          blocked: fc.constant([...one.portfolio.blocked, ...one.portfolio.blocked].toReversed()),
        }),
      }),
    );
  fc.assert(
    fc.property(twice, ({ one, portfolio }) => {
      expect(evaluated({ ...one, portfolio })).toEqual(evaluated(one));
    }),
    { numRuns: runs(500) },
  );
});

/** Also where it is not asked for. */
const isMet = (demands: readonly Demand[], name: DemandName): boolean =>
  demands.every((one) => one.name !== name || one.have >= one.need);

/** What a world of the generator has to offer; each must come up often enough to be tested. */
const INTERESTING: Record<string, (evaluation: Evaluation) => boolean> = {
  'an award is due': ({ awards }) => awards.some(({ status }) => status === 'due'),
  'a rule is not met': ({ awards }) => awards.some(({ status }) => status === 'not_met'),
  'met but blocked': ({ awards }) => awards.some(({ met, status }) => met && status === 'blocked'),
  'met but inactive': ({ awards }) => awards.some(({ met, status }) => met && status === 'inactive'),
  'held, no longer met': ({ awards }) => awards.some(({ met, status }) => !met && status === 'held'),
  'holds, through held': (e) => parts(e).some((part) => part.kind === 'holds' && part.through === 'held'),
  'holds, through due': (e) => parts(e).some((part) => part.kind === 'holds' && part.through === 'due'),
  'holds, not met': (e) => parts(e).some((part) => part.kind === 'holds' && !part.met),
  'a group of two met in part': (e) =>
    parts(e).some((part) => 'of' in part && part.have > 0 && part.have < part.of.length),
  ...Object.fromEntries(
    DEMAND_NAMES.slice(1).map((name) => [
      `enough badges, and not of ${name}`,
      (e: Evaluation) =>
        badgesParts(e).some(({ demands }) => isMet(demands, 'badges') && !isMet(demands, name)),
    ]),
  ),
  'two abilities met': (e) =>
    badgesParts(e).some((part) => part.met && (tallyIn(part, 'abilities')?.need ?? 0) >= 2),
  ...Object.fromEntries(
    (['duplicate_of', 'over_per_issuer', 'outside_condition_dates'] as const).map((why) => [
      why,
      (e: Evaluation) =>
        badgesParts(e).some(({ excluded }) => excluded.some(({ reason }) => reason.why === why)),
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        'not_enrolled',
        'wrong_client',
        'revoked',
        'expired',
        'outside_enrolment',
        'partner_inactive',
        'future',
      ] as const
    ).map((why) => [why, (e: Evaluation) => e.excluded.some(({ reason }) => reason.why === why)]),
  ),
};

const SAMPLE = fc.sample(world, { numRuns: 600, seed: 1 }).map(evaluated);

test.each(Object.entries(INTERESTING))('the generator comes to: %s', (_name, happens) => {
  expect(SAMPLE.filter(happens).length).toBeGreaterThan(SAMPLE.length / 50);
});

const carrier: fc.Arbitrary<Carrier<string>> = fc.record({
  partner: fc.constantFrom('P', 'Q', 'R'),
  abilities: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }),
});

/** The most abilities, by trying for each carrier every one of its abilities, and none. */
function most(
  [first, ...rest]: readonly Carrier<string>[],
  seats: number,
  taken: Carrier<string>[] = [],
  covered: string[] = [],
): number {
  if (first === undefined) return covered.length;
  const without = most(rest, seats, taken, covered);
  if (taken.filter(({ partner }) => partner === first.partner).length >= seats) return without;
  const open = first.abilities.filter((ability) => !covered.includes(ability));
  return Math.max(
    without,
    ...open.map((ability) => most(rest, seats, [...taken, first], [...covered, ability])),
  );
}

test('as many abilities are covered as can be, and no partner gives more than its seats', () => {
  fc.assert(
    fc.property(
      fc.array(carrier, { maxLength: 7, size: 'max' }),
      fc.integer({ min: 1, max: 3 }),
      (carriers, seats) => {
        const cover = [...coverAbilities(carriers, seats)];
        expect(cover).toHaveLength(most(carriers, seats));
        expect(new Set(cover.map(([, ability]) => ability)).size).toBe(cover.length);
        for (const [one, ability] of cover) {
          expect(one.abilities).toContain(ability);
          expect(cover.filter(([{ partner }]) => partner === one.partner).length).toBeLessThanOrEqual(seats);
        }
      },
    ),
    { numRuns: runs(1500) },
  );
});

test('a long chain of moves is found', () => {
  const carriers = Array.from({ length: 300 }, (_, i) => ({
    partner: `P${i}`,
    abilities: [`a${i}`, `a${i + 1}`],
  }));
  carriers.push({ partner: 'last', abilities: ['a0'] });
  expect(coverAbilities(carriers, 1).size).toBe(301);
});
