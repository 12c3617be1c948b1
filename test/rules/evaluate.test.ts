import { asAssertionId, asBadgeId, asClientId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/person.js';
import { emptyPortfolio } from '../support/assertion.js';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Condition, Scheme } from '../../src/rules/types.js';
import {
  type AwardVerdict,
  type BadgesResult,
  type ConditionResult,
  type Demand,
  type Evaluation,
  tallyOf as tallyIn,
} from '../../src/rules/evaluation.js';
import { assertion, type AssertionSpec, buildScheme } from './scheme-builder.js';
import { schemeOf, schemeOfRule } from './scheme-text.js';
import * as fc from 'fast-check';
import { type Carrier, coverAbilities } from '../../src/rules/choice.js';
import { DEMAND_NAMES, type DemandName } from '../../src/rules/badges-condition.js';
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

describe('case by case', () => {
  const NOW = Date.parse('2026-03-31T10:00:00+02:00') / 1000;
  const at = (iso: string): number => Date.parse(iso) / 1000;
  const OWNERS: Record<string, string> = { M: 'ML', C: 'CFA', G: 'GRETA', O: 'OUT', R: 'REGION' };

  /** An assertion of a badge by its owner, on a day of 2025 unless told otherwise. */
  const one = (badge: string, spec: AssertionSpec = {}): Assertion =>
    assertion(badge, OWNERS[badge.slice(0, 1)] ?? 'nobody', { issuedOnS: at('2025-06-01T12:00Z'), ...spec });
  const some = (badges: string): Assertion[] =>
    badges
      .split(' ')
      .filter(Boolean)
      .map((badge) => one(badge));

  const withBadges = (assertions: readonly Assertion[], rest: Partial<Portfolio> = {}): Portfolio => ({
    ...emptyPortfolio,
    assertions,
    ...rest,
  });
  const verdict = (evaluation: Evaluation, id = 'a'): AwardVerdict => {
    const found = evaluation.awards.find(({ award }) => award.id === id);
    if (found === undefined) throw new Error(`no award ${id}`);
    return found;
  };
  /** Its demands by their names. */
  const badgesPart = (evaluation: Evaluation) => {
    const { tree } = verdict(evaluation);
    if (tree.kind !== 'badges') throw new Error(`a ${tree.kind} condition`);
    return { ...tree, ...Object.fromEntries(tree.demands.map((demand) => [demand.name, demand])) };
  };
  const statuses = (evaluation: Evaluation): Record<string, string> =>
    Object.fromEntries(evaluation.awards.map(({ award, status }) => [award.id, status]));
  const badgesOf = (list: readonly Assertion[]): string => list.map(({ badgeId }) => badgeId).join(' ');

  describe('a badges condition', () => {
    test.each([
      ['enough badges', '{ at_least: 2, of: { competency: com } }', 'M1 C1', true, [2, 2]],
      ['one too few', '{ at_least: 2, of: { competency: com } }', 'M1 M4', false, [1, 2]],
      ['every level counts', '{ at_least: 2, of: { competency: com } }', 'M1 M3', true, [2, 2]],
      ['exactly that level', '{ at_least: 1, of: { level: 2 } }', 'M1 M2 C1', false, [0, 1]],
      [
        'all of a selector must match',
        '{ at_least: 1, of: { competency: com, level: 2 } }',
        'M1 C3',
        false,
        [0, 1],
      ],
      ['that ability', '{ at_least: 2, of: { ability: ecrire } }', 'M1 M2 C1', true, [2, 2]],
      ['those issuers', '{ at_least: 2, of: { issuers: [ML, GRETA] } }', 'M1 C1 C2', false, [1, 2]],
      ['those badges', '{ at_least: 2, of: { badges: [M1, C1] } }', 'C1 M1 M2', true, [2, 2]],
    ])('%s: %s, given %s', (_name, rule, badges, met, [have, need]) => {
      const evaluation = evaluate(schemeOfRule(rule), withBadges(some(badges)), NOW);
      expect(badgesPart(evaluation)).toMatchObject({ met, badges: { have, need } });
      expect(verdict(evaluation).status).toBe(met ? 'due' : 'not_met');
    });

    test.each([
      ['M1 M2 C1', true, 2],
      ['M1 M2 M3', false, 1],
    ])('issuers: 2, given %s', (badges, met, have) => {
      const scheme = schemeOfRule('{ at_least: 3, of: { competency: com }, issuers: 2 }');
      const part = badgesPart(evaluate(scheme, withBadges(some(badges)), NOW));
      expect(part).toMatchObject({ met, badges: { have: 3 }, issuers: { have, need: 2 } });
    });

    test('per_issuer: the oldest of a partner are counted, the others told', () => {
      const scheme = schemeOfRule('{ at_least: 3, of: { competency: com }, per_issuer: 2 }');
      const badges = [one('M3', { issuedOnS: 3 }), one('M2', { issuedOnS: 1 }), one('C1', { issuedOnS: 9 })];
      const fourth = one('M1', { issuedOnS: at('2024-02-01') });
      const part = badgesPart(evaluate(scheme, withBadges([...badges, fourth]), NOW));
      expect(part.met).toBe(true);
      expect(badgesOf(part.counted)).toBe('M2 M3 C1');
      expect(part.excluded).toEqual([
        { assertion: fourth, reason: { why: 'over_per_issuer', perIssuer: 2 } },
      ]);
    });

    test.each([
      ['M1 M2 C1', true, 2],
      ['C1 M2 G2', false, 1],
    ])('abilities: 2, given %s (a badge without ability covers none)', (badges, met, have) => {
      const scheme = schemeOfRule('{ at_least: 3, of: { competency: com }, abilities: 2 }');
      const part = badgesPart(evaluate(scheme, withBadges(some(badges)), NOW));
      expect(part).toMatchObject({ met, badges: { have: 3 }, abilities: { have, need: 2 } });
    });

    test('a badge and the one that it replaces count once: the oldest', () => {
      const scheme = schemeOfRule('{ at_least: 2, of: { competency: com } }');
      const old = one('M0', { issuedOnS: at('2023-06-01') });
      const fresh = one('M1', { issuedOnS: at('2024-06-01') });
      const again = one('M1', { issuedOnS: at('2025-06-01') });
      const part = badgesPart(evaluate(scheme, withBadges([again, fresh, old]), NOW));
      expect(part).toMatchObject({ met: false, counted: [old] });
      expect(part.excluded).toEqual([
        { assertion: fresh, reason: { why: 'duplicate_of', of: old.id } },
        { assertion: again, reason: { why: 'duplicate_of', of: old.id } },
      ]);
    });

    test('where abilities are asked for, the version that helps most counts, not the oldest', () => {
      const old = one('M0', { issuedOnS: at('2023-06-01') });
      const portfolio = withBadges([old, one('M1'), one('G3')]);
      const part = (more: string) =>
        badgesPart(evaluate(schemeOfRule(`{ at_least: 2, of: { competency: com }${more} }`), portfolio, NOW));
      expect(badgesOf(part('').counted)).toBe('M0 G3');
      expect(badgesOf(part(', abilities: 2').counted)).toBe('G3 M1');
      expect(part(', abilities: 2')).toMatchObject({
        met: true,
        excluded: [{ assertion: old, reason: { why: 'duplicate_of', of: one('M1').id } }],
      });
    });

    test('under a limit by partner, the badge with the ability that nobody else brings counts', () => {
      const scheme = schemeOfRule('{ at_least: 2, of: { competency: com }, abilities: 2, per_issuer: 1 }');
      const part = badgesPart(evaluate(scheme, withBadges(some('M2 M3 C1')), NOW));
      expect(part).toMatchObject({ met: true, badges: { have: 2 }, abilities: { have: 2 } });
      expect(badgesOf(part.counted)).toBe('C1 M3');
      expect(part.excluded).toMatchObject([{ assertion: one('M2'), reason: { why: 'over_per_issuer' } }]);
    });

    test.each([
      ['within_months: 1', '2026-02-28T00:00:00+01:00', '2026-02-27T23:59:59+01:00'],
      ['within_months: 12', '2025-03-31T00:00:00+02:00', '2025-03-30T23:59:59+02:00'],
      ['issued_from: 2026-03-30, within_months: 1', '2026-03-30T00:00:00+02:00', '2026-03-29T23:59:59+02:00'],
      ['issued_from: 2020-01-01, within_months: 1', '2026-02-28T00:00:00+01:00', '2026-02-27T23:59:59+01:00'],
    ])('%s: %s counts, %s does not', (dates, inside, outside) => {
      const scheme = schemeOfRule(`{ at_least: 1, of: { competency: com }, ${dates} }`);
      const part = (iso: string) =>
        badgesPart(evaluate(scheme, withBadges([one('M2', { issuedOnS: at(iso) })]), NOW));
      expect(part(inside)).toMatchObject({ met: true, excluded: [] });
      expect(part(outside)).toMatchObject({
        met: false,
        badges: { have: 0 },
        excluded: [{ reason: { why: 'outside_condition_dates' } }],
      });
    });
  });

  test('the last months are those before the clock of each evaluation', () => {
    const scheme = schemeOfRule('{ at_least: 1, of: { competency: com }, within_months: 1 }');
    const portfolio = withBadges([one('M2', { issuedOnS: at('2026-03-15T12:00Z') })]);
    const met = ['2026-04-15T12:00Z', '2026-04-16T12:00Z', '2026-04-15T12:00Z'].map(
      (now) => verdict(evaluate(scheme, portfolio, at(now))).met,
    );
    expect(met).toEqual([true, false, true]);
  });

  const DAY_S = 24 * 3600;

  test.each(['within_months: 6', 'issued_from: 2024-01-01'])(
    'the future is not what %s asks for',
    (dates) => {
      const scheme = schemeOfRule(`{ at_least: 1, of: { competency: com }, ${dates} }`);
      const given = one('M1', { issuedOnS: NOW + 2 * DAY_S });
      expect(statuses(evaluate(scheme, withBadges([given]), NOW))).toEqual({ a: 'not_met' });
      expect(statuses(evaluate(scheme, withBadges([given]), NOW + DAY_S))).toEqual({ a: 'due' });
    },
  );

  test("the Région's badge is held, whatever its date", () => {
    const scheme = schemeOfRule('{ at_least: 1, of: { competency: com } }');
    const held = [
      assertion(verdict(evaluate(scheme, withBadges([]), NOW)).award.badgeId, 'R', { issuedOnS: NOW * 2 }),
    ];
    expect(statuses(evaluate(scheme, withBadges([], { held }), NOW))).toEqual({ a: 'held' });
  });

  describe('what counts nowhere', () => {
    const scheme = schemeOfRule('{ at_least: 1, of: { competency: com } }');
    const late = at('2024-01-01T00:00:00+01:00');
    const stranger = asClientId('X');
    const M0_UNTIL = { fromS: null, beforeS: late };

    test.each<[string, Assertion, object]>([
      ['a badge that nobody enrolled', one('M9'), { why: 'not_enrolled' }],
      ['another client', { ...one('M1'), clientId: stranger }, { why: 'wrong_client' }],
      [
        'a partner who enrolled other badges',
        { ...one('M1'), clientId: asClientId('CFA') },
        { why: 'wrong_client' },
      ],
      ['an inactive partner', one('O1'), { why: 'partner_inactive' }],
      [
        'issued before the enrolment',
        one('M1', { issuedOnS: late - 1 }),
        { why: 'outside_enrolment', fromS: late, beforeS: null },
      ],
      [
        'issued after the enrolment',
        one('M0', { issuedOnS: late }),
        { why: 'outside_enrolment', ...M0_UNTIL },
      ],
      ['revoked', one('M1', { revoked: true }), { why: 'revoked' }],
      ['expired this second', one('M1', { expiresOnS: NOW }), { why: 'expired', expiresOnS: NOW }],
      ['dated a second too far ahead', one('M1', { issuedOnS: NOW + DAY_S + 1 }), { why: 'future' }],
      ['dated in 2062', one('M1', { issuedOnS: at('2062-01-01T00:00:00Z') }), { why: 'future' }],
      [
        'an inactive partner, and the future',
        one('O1', { issuedOnS: NOW + 2 * DAY_S }),
        { why: 'partner_inactive' },
      ],
      ['not enrolled, and revoked', one('M9', { revoked: true }), { why: 'not_enrolled' }],
      [
        'wrong client, and revoked',
        { ...one('M1', { revoked: true }), clientId: stranger },
        { why: 'wrong_client' },
      ],
      ['revoked, and expired', one('M1', { revoked: true, expiresOnS: 1 }), { why: 'revoked' }],
      ['expired, outside the enrolment', one('M0', { expiresOnS: NOW }), { why: 'expired', expiresOnS: NOW }],
    ])('%s', (_name, given, reason) => {
      const evaluation = evaluate(scheme, withBadges([given]), NOW);
      expect(evaluation.excluded).toEqual([{ assertion: given, reason }]);
      expect(badgesPart(evaluation)).toMatchObject({ met: false, counted: [], excluded: [] });
    });

    test.each([
      ['expires in a second', one('M1', { expiresOnS: NOW + 1 })],
      ['is dated exactly 24 h ahead', one('M1', { issuedOnS: NOW + DAY_S })],
      ['issued at the first instant of the enrolment', one('M1', { issuedOnS: late })],
      ['issued at the last instant of the enrolment', one('M0', { issuedOnS: late - 1 })],
    ])('but it counts when it %s', (_name, given) => {
      const evaluation = evaluate(scheme, withBadges([given]), NOW);
      expect(evaluation.excluded).toEqual([]);
      expect(badgesPart(evaluation).counted).toEqual([given]);
    });

    test('of two records of one assertion the one that grants less is believed', () => {
      const [good, revoked] = [one('M1'), one('M1', { revoked: true })];
      for (const both of [
        [good, revoked],
        [revoked, good],
      ]) {
        const { excluded } = evaluate(scheme, withBadges(both), NOW);
        expect(excluded).toEqual([{ assertion: revoked, reason: { why: 'revoked' } }]);
      }
    });
  });

  describe('groups', () => {
    const parts =
      '[{ at_least: 1, of: { badges: [M1] } }, { at_least: 1, of: { badges: [C1] } }, { at_least: 1, of: { badges: [G1] } }]';
    test.each([
      ['all', `{ all: ${parts} }`, 'M1 C1', false, 2, 3],
      ['all', `{ all: ${parts} }`, 'M1 C1 G1', true, 3, 3],
      ['any', `{ any: ${parts} }`, 'G2', false, 0, 1],
      ['any', `{ any: ${parts} }`, 'G1', true, 1, 1],
      ['at_least', `{ at_least: 2, of: ${parts} }`, 'G1', false, 1, 2],
      ['at_least', `{ at_least: 2, of: ${parts} }`, 'G1 M1', true, 2, 2],
    ])('%s: %s, given %s', (kind, rule, badges, met, have, need) => {
      const { tree } = verdict(evaluate(schemeOfRule(rule), withBadges(some(badges)), NOW));
      expect(tree).toMatchObject({ kind, met, have, need });
    });

    test('what earned an award: each assertion of the met parts once, oldest first', () => {
      const scheme = schemeOfRule(
        '{ any: [{ at_least: 2, of: { badges: [M1, C1] } }, { at_least: 2, of: { competency: com, level: 1 } }, { at_least: 2, of: { badges: [M1, M3] } }] }',
      );
      const badges = [
        one('C1', { issuedOnS: at('2025-01-03') }),
        one('M1', { issuedOnS: at('2025-01-02') }),
        one('M3'),
      ];
      const due = verdict(evaluate(scheme, withBadges(badges.toReversed()), NOW));
      expect(badgesOf(due.earnedBy)).toBe('M1 C1 M3');
      const withoutM3 = verdict(evaluate(scheme, withBadges(badges.slice(0, 2)), NOW));
      expect(badgesOf(withoutM3.earnedBy)).toBe('M1 C1');
      expect(verdict(evaluate(scheme, withBadges(badges.slice(2)), NOW)).earnedBy).toEqual([]);
    });
  });

  const CHAIN = `
  general: { name: G, badge: R_G, rule: { all: [{ holds: com-2 }] } }
  com-2: { name: C2, badge: R_2, rule: { all: [{ holds: com-1 }, { at_least: 1, of: { competency: com, level: 2 } }] } }
  com-1: { name: C1, badge: R_1, rule: { at_least: 1, of: { competency: com, level: 1 } } }
`;

  describe('holds', () => {
    const scheme = schemeOf(CHAIN);

    test('a chain settles in one evaluation, whatever the order in the file', () => {
      const evaluation = evaluate(scheme, withBadges(some('M1 M3')), NOW);
      expect(statuses(evaluation)).toEqual({ 'com-1': 'due', 'com-2': 'due', general: 'due' });
      expect(verdict(evaluation, 'general').tree).toMatchObject({
        of: [{ kind: 'holds', award: 'com-2', through: 'due' }],
      });
      expect(badgesOf(verdict(evaluation, 'com-2').earnedBy)).toBe('M3');
      expect(verdict(evaluation, 'general').earnedBy).toEqual([]);
    });

    test('a held award serves though its rule is no longer met', () => {
      const evaluation = evaluate(scheme, withBadges(some('M3'), { held: [one('R_1')] }), NOW);
      expect(statuses(evaluation)).toEqual({ 'com-1': 'held', 'com-2': 'due', general: 'due' });
      expect(verdict(evaluation, 'com-1').met).toBe(false);
    });

    test('a blocked award does not serve', () => {
      const evaluation = evaluate(scheme, withBadges(some('M1 M3'), { blocked: [asBadgeId('R_1')] }), NOW);
      expect(statuses(evaluation)).toEqual({ 'com-1': 'blocked', 'com-2': 'not_met', general: 'not_met' });
      expect(verdict(evaluation, 'general').tree).toMatchObject({ met: false, of: [{ through: null }] });
    });

    test('an inactive award serves when held, and not when only met', () => {
      const inactive = schemeOf(CHAIN.replace('badge: R_1,', 'badge: R_1, active: false,'));
      const met = evaluate(inactive, withBadges(some('M1 M3')), NOW);
      expect(statuses(met)).toEqual({ 'com-1': 'inactive', 'com-2': 'not_met', general: 'not_met' });
      const held = evaluate(inactive, withBadges(some('M1 M3'), { held: [one('R_1')] }), NOW);
      expect(statuses(held)).toEqual({ 'com-1': 'held', 'com-2': 'due', general: 'due' });
    });
  });

  describe('the status of an award', () => {
    const rule = 'rule: { at_least: 1, of: { competency: com } }';
    const active = schemeOf(`  a: { name: A, badge: R_A, ${rule} }`);
    const inactive = schemeOf(`  a: { name: A, badge: R_A, active: false, ${rule} }`);
    const blocked = { blocked: [asBadgeId('R_A')] };

    test.each<[string, Scheme, string, Partial<Portfolio>, string]>([
      ['met', active, 'M1', {}, 'due'],
      ['not met', active, '', {}, 'not_met'],
      ['held', active, 'M1', { held: [one('R_A')] }, 'held'],
      [
        'held by a stranger hand',
        active,
        'M1',
        { held: [{ ...one('R_A'), clientId: asClientId('X') }] },
        'held',
      ],
      ['held, not met', active, '', { held: [one('R_A')] }, 'held'],
      ['held, blocked and inactive', inactive, '', { held: [one('R_A')], ...blocked }, 'held'],
      ['held once, revoked', active, 'M1', { held: [one('R_A', { revoked: true })] }, 'due'],
      ['held once, expired', active, 'M1', { held: [one('R_A', { expiresOnS: NOW })] }, 'due'],
      ['held until the next second', active, 'M1', { held: [one('R_A', { expiresOnS: NOW + 1 })] }, 'held'],
      ['another badge held', active, 'M1', { held: [one('R_B')] }, 'due'],
      ['blocked', active, 'M1', blocked, 'blocked'],
      ['blocked, not met', active, '', blocked, 'blocked'],
      ['blocked and inactive', inactive, 'M1', blocked, 'blocked'],
      ['inactive', inactive, 'M1', {}, 'inactive'],
      ['inactive, not met', inactive, '', {}, 'inactive'],
    ])('%s', (_name, scheme, badges, rest, status) => {
      const { status: told, met, heldBy } = verdict(evaluate(scheme, withBadges(some(badges), rest), NOW));
      expect({ told, met, held: heldBy !== null }).toEqual({
        told: status,
        met: badges !== '',
        held: status === 'held',
      });
    });

    test('given again after a revocation: the newer one is what is held', () => {
      const again = one('R_A', { issuedOnS: 2000 });
      const held = [one('R_A', { issuedOnS: 1000, revoked: true }), again, one('R_A', { issuedOnS: 3000 })];
      expect(verdict(evaluate(active, withBadges([], { held }), NOW)).heldBy).toBe(again);
    });
  });

  describe('what should never come', () => {
    const partners = { P: { badges: { B: {} } } };
    const odd = (rule: unknown) =>
      buildScheme({
        partners,
        awards: {
          ok: { rule: { kind: 'badges', atLeast: 1, selector: {} } },
          a: { rule: rule as Condition },
        },
      });
    const portfolio = withBadges([assertion('B', 'P')]);

    test('a rule that cannot be interpreted grants nothing at all', () => {
      const scheme = odd({ kind: 'not', of: [] });
      expect(() => evaluate(scheme, portfolio, NOW)).toThrow(TypeError);
    });

    test.each<[string, Condition]>([
      ['all of nothing', { kind: 'all', of: [] }],
      ['at least none', { kind: 'at_least', atLeast: 0, of: [] }],
      ['no badges', { kind: 'badges', atLeast: 0, selector: {} }],
      ['not a number', { kind: 'badges', atLeast: Number.NaN, selector: {} }],
    ])('a rule that asks for nothing is not met: %s', (_name, rule) => {
      expect(statuses(evaluate(odd(rule), portfolio, NOW))).toEqual({ ok: 'due', a: 'not_met' });
    });

    test('a clock that is not whole seconds is refused', () => {
      expect(() => evaluate(odd({ kind: 'all', of: [] }), portfolio, Number.NaN)).toThrow(RangeError);
      expect(() => evaluate(odd({ kind: 'all', of: [] }), portfolio, 0.5)).toThrow(RangeError);
    });
  });
});

describe('beside the naive evaluator', () => {
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
        const ours = evaluated(one).awards.map(({ met, status, tree }) => ({
          met,
          status,
          tree: plain(tree),
        }));
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
          const told = haves(part);
          for (const [name, have] of Object.entries(tallyOf(one.scheme, part.counted)))
            expect(told[name] ?? have).toBe(have);
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
        expect(ids(evaluation.excluded.map((left) => left.assertion))).toEqual(
          ids(all.filter((a) => !counting.includes(a))),
        );
        for (const { condition, counted, excluded } of badgesParts(evaluation)) {
          const undated = { kind: 'badges', atLeast: 1, selector: condition.selector } as const;
          expect(ids([...counted, ...excluded.map((left) => left.assertion)])).toEqual(
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
          for (const { assertion: left, reason } of excluded) {
            if (reason.why === 'outside_condition_dates') continue;
            const rivals = counted.filter((kept) =>
              reason.why === 'duplicate_of' ? kept.id === reason.of : kept.clientId === left.clientId,
            );
            expect(rivals.filter((kept) => kept.issuedOnS > left.issuedOnS)).toEqual([]);
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

  const carrier: fc.Arbitrary<Carrier> = fc.record({
    partner: fc.constantFrom('P', 'Q', 'R'),
    abilities: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }),
  });

  /** The most abilities, by trying for each carrier every one of its abilities, and none. */
  function most(
    [first, ...rest]: readonly Carrier[],
    seats: number,
    taken: Carrier[] = [],
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
            expect(cover.filter(([{ partner }]) => partner === one.partner).length).toBeLessThanOrEqual(
              seats,
            );
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
});
