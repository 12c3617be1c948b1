import { asAssertionId, asBadgeId, asClientId, type AwardId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/person.js';
import { emptyPortfolio } from '../support/assertion.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { explainText } from '../../src/rules/explain/text.js';
import { buildExplanation } from '../../src/rules/explain/explanation.js';
import { explainJson } from '../../src/rules/explain/json.js';
import { type Suggestion, suggestions } from '../../src/rules/suggestions.js';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import type { Enrolment, Scheme } from '../../src/rules/types.js';
import { assertion } from './scheme-builder.js';
import { schemeOf, schemeOfRule } from './scheme-text.js';
import * as fc from 'fast-check';
import type { Evaluation } from '../../src/rules/evaluation.js';
import { lack, naive, naiveLacks, world, type World } from './model.js';
import { runs } from '../support/runs.js';

describe('case by case', () => {
  const at = (iso: string): number => Date.parse(iso) / 1000;
  const NOW = at('2026-03-31T10:00:00+02:00');
  const OWNERS: Record<string, string> = { M: 'ML', C: 'CFA', G: 'GRETA', O: 'OUT', R: 'REGION' };
  const given = (badge: string, rest: Partial<Assertion> = {}): Assertion => ({
    ...assertion(badge, OWNERS[badge.slice(0, 1)] ?? 'X', { issuedOnS: at('2025-06-01T12:00Z') }),
    ...rest,
  });
  const badgesOf = (help: Suggestion | undefined): string[] | undefined =>
    help?.badges.map(({ badgeId }) => badgeId);
  const helpOf = (scheme: Scheme, id: string, portfolio: Partial<Portfolio>): Suggestion | undefined =>
    [...suggestions(scheme, evaluate(scheme, { ...emptyPortfolio, ...portfolio }, NOW))].find(
      ([award]) => award === id,
    )?.[1];

  test.each<[string, string, readonly Assertion[], string[]]>([
    ['every badge of the sort', '{ at_least: 1, of: { competency: org } }', [], ['M4', 'C3']],
    [
      'no badge of a partner that is not active, nor one out of its enrolment',
      '{ at_least: 1, of: { badges: [M0, M1, O1] } }',
      [],
      ['M1'],
    ],
    [
      'no badge that counts already, nor another version of it',
      '{ at_least: 3, of: { issuers: [ML], competency: com } }',
      [given('M0', { issuedOnS: at('2023-06-01T12:00Z') })],
      ['M2', 'M3'],
    ],
    [
      'one that was revoked or has expired',
      '{ at_least: 3, of: { issuers: [ML], competency: com, level: 1 } }',
      [given('M1', { revoked: true }), given('M2', { expiresOnS: NOW })],
      ['M1', 'M2'],
    ],
    [
      'one that is too old to count here',
      '{ at_least: 1, of: { badges: [M1] }, within_months: 3 }',
      [given('M1')],
      ['M1'],
    ],
    [
      'only another organisation',
      '{ at_least: 2, of: { competency: com, level: 1 }, issuers: 2 }',
      [given('M1')],
      ['C1', 'G1', 'G3'],
    ],
    [
      'only another ability',
      '{ at_least: 2, of: { competency: com, level: 1 }, abilities: 2 }',
      [given('M1')],
      ['M2', 'C1', 'G3'],
    ],
    [
      'no further one of a partner that is full',
      '{ at_least: 2, of: { competency: com, level: 1 }, per_issuer: 1 }',
      [given('M1')],
      ['C1', 'G1', 'G3'],
    ],
    [
      'of a choice, what lacks least',
      '{ any: [{ at_least: 1, of: { badges: [M4] } }, { at_least: 2, of: { level: 2 } }] }',
      [],
      ['M4'],
    ],
    ['none after the last day', '{ at_least: 1, of: { competency: com }, issued_until: 2025-12-31 }', [], []],
  ])('told: %s', (_, rule, assertions, badges) => {
    const help = helpOf(schemeOfRule(rule), 'a', { assertions });
    expect(badgesOf(help)).toEqual(badges);
    expect(help?.awards).toEqual([]);
  });

  const TWO_LEVELS = (more = ''): Scheme =>
    schemeOf(`
  one: { name: Un, badge: R_1, ${more} rule: { at_least: 1, of: { competency: com, level: 1 } } }
  two:
    name: Deux
    badge: R_2
    rule: { all: [{ holds: one }, { at_least: 1, of: { competency: com, level: 2 } }] }
`);

  test('an award that the rule holds is told, and not its badges', () => {
    const help = helpOf(TWO_LEVELS(), 'two', {});
    expect(help).toMatchObject({ awards: ['one'], reach: 'within' });
    expect(badgesOf(help)).toEqual(['M3', 'C2', 'G2']);
  });

  test.each<[string, Scheme, Partial<Portfolio>]>([
    ['inactive', TWO_LEVELS('active: false,'), {}],
    ['blocked', TWO_LEVELS(), { blocked: [asBadgeId('R_1')] }],
  ])('one that is %s does not help', (_, scheme, portfolio) => {
    expect(helpOf(scheme, 'two', portfolio)).toMatchObject({ awards: [], reach: 'hindered' });
    expect(helpOf(scheme, 'one', portfolio)).toBeUndefined();
  });

  test('one that is held, due or met helps nobody any more', () => {
    expect(helpOf(TWO_LEVELS(), 'two', { held: [given('R_1')] })?.awards).toEqual([]);
    expect(helpOf(TWO_LEVELS(), 'two', { assertions: [given('M1')] })?.awards).toEqual([]);
    expect(helpOf(TWO_LEVELS(), 'one', { assertions: [given('M1')] })).toBeUndefined();
  });

  test('of a choice, a badge that helps both ways at once, by itself and through an award, is told', () => {
    // Two ways to `two`: `one` and an ability besides, which Écrire does both; or anything of Organiser.
    const scheme = schemeOf(`
  one: { name: Un, badge: R_1, rule: { at_least: 1, of: { competency: com, level: 1 } } }
  two:
    name: Deux
    badge: R_2
    rule:
      any:
        - all: [{ holds: one }, { at_least: 1, of: { competency: com, ability: ecrire } }]
        - { at_least: 1, of: { competency: org } }
`);
    const help = helpOf(scheme, 'two', {});
    expect(badgesOf(help)).toEqual(['M2', 'M4', 'C1', 'C3']);
    expect(help?.awards).toEqual([]);
  });

  test('one that helps through an award that is told is told of that award alone', () => {
    const help = helpOf(TWO_LEVELS(), 'two', { assertions: [given('M3')] });
    expect(help).toMatchObject({ badges: [], awards: ['one'] });
  });

  const lastOf = (rule: string, assertions: readonly Assertion[] = [], lang: 'fr' | 'en' = 'fr'): string => {
    const scheme = schemeOfRule(rule);
    const lines = explainText(
      buildExplanation(scheme, evaluate(scheme, { ...emptyPortfolio, assertions }, NOW)),
      lang,
    );
    return lines.findLast((line) => line.startsWith('    ') && !line.startsWith('     '))?.trim() ?? '';
  };

  test.each([
    [
      '{ at_least: 1, of: { competency: org } }',
      'Aideraient : « Ranger » (Mission locale) ; « Planifier » (CFA du Bocage)',
      'Would help: "Ranger" (Mission locale); "Planifier" (CFA du Bocage)',
    ],
    [
      '{ at_least: 1, of: { badges: [M4] } }',
      'Aiderait : « Ranger » (Mission locale)',
      'Would help: "Ranger" (Mission locale)',
    ],
    [
      '{ at_least: 1, of: { competency: com } }',
      'Aideraient : « Parler en groupe », « Écrire » (Mission locale) ; « Écrire à un client », « Convaincre » (CFA du Bocage) ; « Téléphoner » (Greta) et 3 autres',
      'Would help: "Parler en groupe", "Écrire" (Mission locale); "Écrire à un client", "Convaincre" (CFA du Bocage); "Téléphoner" (Greta) and 3 others',
    ],
    [
      '{ at_least: 3, of: { competency: org } }',
      "Les badges inscrits n'y suffiraient pas, même tous délivrés aujourd'hui",
      'The enrolled badges would not be enough, even if all of them were issued today',
    ],
  ])('%s, in words', (rule, fr, en) => {
    expect(lastOf(rule)).toBe(fr);
    expect(lastOf(rule, [], 'en')).toBe(en);
  });

  test('of a partner that the person knows already first, and said where it was given before', () => {
    const assertions = [given('G1', { revoked: true }), given('G3', { expiresOnS: NOW - 1 })];
    expect(lastOf('{ at_least: 2, of: { competency: com, level: 1 } }', assertions)).toBe(
      'Aideraient : de nouveau « Téléphoner », de nouveau « Se lancer » (Greta) ; « Parler en groupe », « Écrire » (Mission locale) ; « Écrire à un client » (CFA du Bocage)',
    );
  });

  test('where no badge helps alone and several would, that is said', () => {
    // A partner with a seat left has no new ability; one with a new ability has no seat left.
    const scheme = schemeOf(
      '  a: { name: A, badge: R_A, rule: { at_least: 3, of: { competency: com }, per_issuer: 1, abilities: 3 } }',
      `
partners:
  - { client_id: ML, name: ML, badges: [{ id: M1, competency: com, level: 1, ability: oser }] }
  - client_id: CFA
    name: CFA
    badges:
      - { id: C1, competency: com, level: 1, ability: oser }
      - { id: C2, competency: com, level: 1, ability: interagir }
  - client_id: GRETA
    name: GRETA
    badges:
      - { id: G1, competency: com, level: 1, ability: interagir }
      - { id: G2, competency: com, level: 1, ability: ecrire }
`,
    );
    const assertions = [given('M1'), given('C1'), given('G1')];
    const evaluation = evaluate(scheme, { ...emptyPortfolio, assertions }, NOW);
    expect(helpOf(scheme, 'a', { assertions })).toEqual({ badges: [], awards: [], reach: 'within' });
    expect(explainText(buildExplanation(scheme, evaluation), 'fr').at(-1)).toBe(
      "    Aucun badge inscrit n'y suffit seul : il en faut plusieurs à la fois",
    );
  });

  const COMPETENCIES = ['com', 'org', 'ada', 'int'];
  const ABILITIES = ['a', 'b', 'c', 'd', 'e'];

  /** 300 partners of 10 badges, and two levels of four competencies. */
  function largeScheme(): Scheme {
    const competency = (id: string): string =>
      `  ${id}: { name: ${id}, abilities: { ${ABILITIES.map((one) => `${one}: ${one}`).join(', ')} } }`;
    const award = (id: string): string => `
  ${id}-1: { name: ${id} 1, competency: ${id}, level: 1, badge: R_${id}_1, rule: { at_least: 4, of: { competency: ${id}, level: 1 }, issuers: 3, abilities: 3, per_issuer: 2 } }
  ${id}-2: { name: ${id} 2, competency: ${id}, level: 2, badge: R_${id}_2, rule: { all: [{ holds: ${id}-1 }, { at_least: 9, of: { competency: ${id} }, issuers: 6, abilities: 5, within_months: 36 }] } }`;
    const badge = (partner: number, n: number): string =>
      `      - { id: P${partner}B${n}, name: B${n}, competency: ${COMPETENCIES[n % 4] ?? ''}, level: ${1 + (n % 2)}, ability: ${ABILITIES[(partner + n) % 5] ?? ''} }`;
    const partner = (p: number): string =>
      `  - client_id: P${p}\n    name: P${p}\n    badges:\n${Array.from({ length: 10 }, (_, n) => badge(p, n)).join('\n')}`;
    const scheme = `scheme: Grand\ncompetencies:\n${COMPETENCIES.map(competency).join('\n')}\nawards:${COMPETENCIES.map(award).join('')}
  general: { name: G, badge: R_G, rule: { at_least: 3, of: [${COMPETENCIES.map((id) => `{ holds: ${id}-2 }`).join(', ')}] } }`;
    const partners = `partners:\n${Array.from({ length: 300 }, (_, p) => partner(p)).join('\n')}`;
    return schemeOrThrow(
      { scheme: { name: 'scheme.yaml', text: scheme }, partners: { name: 'partners.yaml', text: partners } },
      'Europe/Paris',
    );
  }

  test('300 partners of 10 badges, somebody with 30: an explanation costs less than trying each badge', () => {
    const scheme = largeScheme();
    const assertions = Array.from({ length: 30 }, (_, i) => ({
      ...assertion(`P${i % 7}B${i % 10}`, `P${i % 7}`, { issuedOnS: NOW - i * 86_400 }),
      id: asAssertionId(`a${i}`),
      clientId: asClientId(`P${i % 7}`),
    }));
    const portfolio = { ...emptyPortfolio, assertions };
    const evaluation = evaluate(scheme, portfolio, NOW);
    expect(evaluation.awards.filter(({ status }) => status === 'not_met').length).toBeGreaterThan(5);
    const tryEachBadge = (): void => {
      for (const { badgeId, clientId } of scheme.enrolments.values())
        evaluate(scheme, { ...portfolio, assertions: [...assertions, assertion(badgeId, clientId)] }, NOW);
    };
    // A ratio in one run, of the processor's time: how quick the machine is does not matter.
    const costMs = (act: () => unknown): number => {
      const before = process.cpuUsage();
      act();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const ratios = Array.from({ length: 2 }, () => {
      const triedMs = costMs(tryEachBadge);
      const explained = [
        costMs(() => explainText(buildExplanation(scheme, evaluation), 'fr')),
        costMs(() => explainJson(buildExplanation(scheme, evaluation))),
      ];
      return Math.max(...explained) / triedMs;
    });
    expect(Math.min(...ratios)).toBeLessThan(0.5);
  });
});

describe('beside the naive evaluator', () => {
  /** Small enough for the naive evaluator, which tries every set of assertions. */
  const smallWorld: fc.Arbitrary<World> = world.map((one) => ({
    ...one,
    portfolio: { ...one.portfolio, assertions: one.portfolio.assertions.slice(0, 5) },
  }));

  const issuedNow = (badge: Enrolment, nowS: number): Assertion =>
    assertion(badge.badgeId, badge.clientId, { id: `new ${badge.badgeId}`, issuedOnS: nowS });
  const withBadge = ({ portfolio, nowS }: World, badge: Enrolment): Portfolio => ({
    ...portfolio,
    assertions: [...portfolio.assertions, issuedNow(badge, nowS)],
  });
  const canBeIssued = ({ scheme, nowS }: World): Enrolment[] =>
    scheme.partners
      .filter(({ active }) => active)
      .flatMap(({ badges }) => badges)
      .filter(
        ({ fromS, beforeS }) => (fromS === null || nowS >= fromS) && (beforeS === null || nowS < beforeS),
      );

  const statusOf = ({ awards }: Evaluation, id: AwardId): string | undefined =>
    awards.find(({ award }) => award.id === id)?.status;
  const evaluated = ({ scheme, portfolio, nowS }: World): Evaluation => evaluate(scheme, portfolio, nowS);

  test('told are the awards that are not met, and no others', () => {
    fc.assert(
      fc.property(world, (one) => {
        const evaluation = evaluated(one);
        const missing = evaluation.awards.filter(({ status }) => status === 'not_met');
        expect([...suggestions(one.scheme, evaluation).keys()]).toEqual(missing.map(({ award }) => award.id));
      }),
      { numRuns: runs(200) },
    );
  });

  /** The badges that are told of an award, and of those that it is told to be helped by. */
  function toldOf(help: ReadonlyMap<AwardId, Suggestion>, id: AwardId): Set<string> {
    const { badges, awards } = help.get(id) ?? { badges: [], awards: [] };
    return new Set([...badges.map(({ badgeId }) => badgeId), ...toldOfAny(help, awards)]);
  }
  const toldOfAny = (help: ReadonlyMap<AwardId, Suggestion>, awards: readonly AwardId[]): Set<string> =>
    new Set(awards.flatMap((id) => [...toldOf(help, id)]));

  /** By award: the badges with which alone less is missing, the other awards as they are, or with all that follows. */
  function fewerWith({ scheme, portfolio, nowS }: World, badges: readonly Enrolment[]) {
    const before = naiveLacks(scheme, portfolio, nowS);
    const none = (): Map<AwardId, string[]> => new Map([...before.keys()].map((id) => [id, []]));
    const [alone, inAll] = [none(), none()];
    for (const badge of badges) {
      const more = withBadge({ scheme, portfolio, nowS }, badge);
      const lacksAfter = naiveLacks(scheme, more, nowS);
      const after = naive(scheme, more, nowS);
      for (const [i, { id, rule }] of scheme.awards.entries()) {
        const tree = after[i]?.tree ?? { met: false };
        const lacked = before.get(id) ?? 0;
        if (lack(rule, tree, before) < lacked) alone.get(id)?.push(badge.badgeId);
        if ((lacksAfter.get(id) ?? 0) < lacked) inAll.get(id)?.push(badge.badgeId);
      }
    }
    return { alone, inAll };
  }

  test('a badge is told exactly where, with it alone, less is missing; or with all that follows, and no award told says so', () => {
    fc.assert(
      fc.property(smallWorld, (one) => {
        const help = suggestions(one.scheme, evaluated(one));
        const possible = canBeIssued(one);
        const { alone, inAll } = fewerWith(one, possible);
        for (const [id, { badges, awards }] of help) {
          const through = toldOfAny(help, awards);
          const bothWays = (inAll.get(id) ?? []).filter((badge) => !through.has(badge));
          const expected = new Set([...(alone.get(id) ?? []), ...bothWays]);
          expect(badges).toEqual(possible.filter(({ badgeId }) => expected.has(badgeId)));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test('where one badge is missing, each one told makes the award due; one that is not told never does', () => {
    const seen = { completed: 0, through: 0 };
    fc.assert(
      fc.property(smallWorld, (one) => {
        const help = suggestions(one.scheme, evaluated(one));
        const before = naiveLacks(one.scheme, one.portfolio, one.nowS);
        for (const badge of canBeIssued(one)) {
          const after = evaluate(one.scheme, withBadge(one, badge), one.nowS);
          for (const [id, { badges }] of help) {
            const due = statusOf(after, id) === 'due';
            const told = badges.some(({ badgeId }) => badgeId === badge.badgeId);
            if (told && before.get(id) === 1) expect(due).toBe(true);
            if (due) expect(toldOf(help, id).has(badge.badgeId)).toBe(true);
            seen.completed += Number(told && due);
            seen.through += Number(!told && due);
          }
        }
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(seen.completed, seen.through)).toBeGreaterThan(0);
  });

  test('an award is told to help exactly where, were it held, less is missing; and only one that can come', () => {
    fc.assert(
      fc.property(smallWorld, (one) => {
        const { scheme, portfolio, nowS } = one;
        const before = naiveLacks(scheme, portfolio, nowS);
        const verdicts = naive(scheme, portfolio, nowS);
        for (const [id, { awards }] of suggestions(scheme, evaluated(one))) {
          const at = scheme.awards.findIndex((award) => award.id === id);
          const [award, tree] = [scheme.awards[at], verdicts[at]?.tree];
          if (award === undefined || tree === undefined) throw new Error('unreachable');
          const expected = [...before.keys()].filter((other) => {
            const held = new Map([...before, [other, 0] as const]);
            return lack(award.rule, tree, held) < lack(award.rule, tree, before);
          });
          const mayCome = expected.filter((other) => statusOf(evaluated(one), other) === 'not_met');
          expect(awards).toEqual(mayCome);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test('within reach is what all that is enrolled makes due; hindered, what it would, were nothing in the way', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(world, (one) => {
        const { scheme, portfolio, nowS } = one;
        const more = canBeIssued(one).map((badge) => issuedNow(badge, nowS));
        const all = { ...portfolio, assertions: [...portfolio.assertions, ...more] };
        const active = { ...scheme, awards: scheme.awards.map((award) => ({ ...award, active: true })) };
        const after = evaluate(scheme, all, nowS);
        const freed = evaluate(active, { ...all, blocked: [] }, nowS);
        for (const [id, { reach }] of suggestions(scheme, evaluated(one))) {
          const due = (evaluation: Evaluation) => statusOf(evaluation, id) === 'due';
          const expected = due(after) ? 'within' : due(freed) ? 'hindered' : 'beyond';
          expect({ id, reach }).toEqual({ id, reach: expected });
          seen.add(reach);
        }
      }),
      { numRuns: runs(500) },
    );
    expect(seen.size).toBe(3);
  });
});
