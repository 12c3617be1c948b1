import { asBadgeId, asClientId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import { emptyPortfolio, type Portfolio } from '../../src/earners/portfolio.js';
import { evaluate, RuleFault } from '../../src/rules/evaluate.js';
import type { Condition, Scheme } from '../../src/rules/types.js';
import type { AwardVerdict, Evaluation } from '../../src/rules/evaluation.js';
import { assertion, buildScheme, type AssertionSpec } from './scheme-builder.js';
import { schemeOf, schemeOfRule } from './scheme-text.js';

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
    expect(part.excluded).toEqual([{ assertion: fourth, reason: { why: 'over_per_issuer', perIssuer: 2 } }]);
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
    ['issued_from: 2025-03-01', '2025-03-01T00:00:00+01:00', '2025-02-28T23:59:59+01:00'],
    ['issued_until: 2025-03-30', '2025-03-30T23:59:59+02:00', '2025-03-31T00:00:00+02:00'],
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

test.each(['within_months: 6', 'issued_from: 2024-01-01'])('the future is not what %s asks for', (dates) => {
  const scheme = schemeOfRule(`{ at_least: 1, of: { competency: com }, ${dates} }`);
  const given = one('M1', { issuedOnS: NOW + 2 * DAY_S });
  expect(statuses(evaluate(scheme, withBadges([given]), NOW))).toEqual({ a: 'not_met' });
  expect(statuses(evaluate(scheme, withBadges([given]), NOW + DAY_S))).toEqual({ a: 'due' });
});

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
    ['issued after the enrolment', one('M0', { issuedOnS: late }), { why: 'outside_enrolment', ...M0_UNTIL }],
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
      awards: { ok: { rule: { kind: 'badges', atLeast: 1, selector: {} } }, a: { rule: rule as Condition } },
    });
  const portfolio = withBadges([assertion('B', 'P')]);

  test('a rule that cannot be interpreted grants nothing at all, and says whose it is', () => {
    const scheme = odd({ kind: 'not', of: [] });
    const run = () => evaluate(scheme, portfolio, NOW);
    expect(run).toThrow(RuleFault);
    expect(run).toThrow('"a"');
    expect(run).toThrow(expect.objectContaining({ cause: expect.any(TypeError) }));
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
