import { asAssertionId, asAwardId, asBadgeId, asClientId, asSchemeVersion } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Portfolio } from '../../src/earners/person.js';
import { emptyPortfolio } from '../support/assertion.js';
import {
  type AwardHistory,
  type Background,
  buildExplanation,
  noBackground,
} from '../../src/rules/explain/explanation.js';
import type { Lang } from '../../src/localized.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { explainText } from '../../src/rules/explain/text.js';
import { explainJson, explainSchema } from '../../src/rules/explain/json.js';
import type { Scheme } from '../../src/rules/types.js';
import { assertion } from './scheme-builder.js';
import { schemeOf, schemeOfRule } from './scheme-text.js';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import { type Case, CASES, CURRENT_RULES, NOW_S } from '../golden/explain/cases.js';
import * as fc from 'fast-check';
import { world, type World } from './model.js';
import { runs } from '../support/runs.js';

describe('case by case', () => {
  const at = (iso: string): number => Date.parse(iso) / 1000;
  const NOW = at('2026-03-31T10:00:00+02:00');
  const OWNERS: Record<string, string> = { M: 'ML', C: 'CFA', G: 'GRETA', O: 'OUT' };

  const given = (badge: string, day = '2025-06-01', rest: Partial<Assertion> = {}): Assertion => ({
    ...assertion(badge, OWNERS[badge.slice(0, 1)] ?? 'X', { issuedOnS: at(`${day}T12:00Z`) }),
    ...rest,
  });
  const text = (scheme: Scheme, portfolio: Partial<Portfolio>, lang: Lang = 'fr'): readonly string[] =>
    explainText(buildExplanation(scheme, evaluate(scheme, { ...emptyPortfolio, ...portfolio }, NOW)), lang);
  /** What is said of award `a` behind its name. */
  const status = (scheme: Scheme, portfolio: Partial<Portfolio>, lang: Lang = 'fr'): string =>
    text(scheme, portfolio, lang)[1]?.replace(/^.*\(a\) ?: /, '') ?? '';

  const SCHEME = schemeOf(`
  general: { name: Général, badge: R_G, rule: { at_least: 1, of: [{ holds: com-1 }, { holds: com-2 }] } }
  com-2:
    name: Communiquer, je maîtrise
    competency: com
    level: 2
    badge: R_2
    rule: { all: [{ holds: com-1 }, { at_least: 2, of: { competency: com, level: 2 }, issuers: 2 }] }
  com-1:
    name: Communiquer, je pratique
    competency: com
    level: 1
    badge: R_1
    rule: { at_least: 2, of: { competency: com, level: 1 }, issuers: 2, issued_from: 2023-01-01 }
`);
  const PORTFOLIO: Portfolio = {
    assertions: [given('M0', '2023-05-01'), given('M1', '2024-05-02'), given('G1'), given('M3'), given('O1')],
    held: [given('R_1', '2026-01-02')],
    blocked: [],
  };

  test('a portfolio, told to the Région', () => {
    expect(text(SCHEME, PORTFOLIO)).toEqual([
      'Communiquer',
      '  niveau 1, « Communiquer, je pratique » (com-1) : attribué le 2 janvier 2026',
      "    ✓ 2 badges « Communiquer » de niveau 1, d'au moins 2 organismes, délivrés à partir du 1er janvier 2023 : 2 badges sur 2, 2 organismes sur 2",
      '      compté : « Parler », Mission locale, 1er mai 2023',
      '      compté : « Téléphoner », Greta, 1er juin 2025',
      '      non compté : « Parler en groupe », Mission locale, 2 mai 2024 : autre version de « Parler » du 1er mai 2023 ; les deux comptent pour un seul badge',
      "  niveau 2, « Communiquer, je maîtrise » (com-2) : il manque encore 1 badge « Communiquer » de niveau 2, d'un autre organisme",
      '    ✗ toutes ces conditions : 1 remplie sur 2',
      '      ✓ avoir « Communiquer, je pratique » : déjà attribué',
      "      ✗ 2 badges « Communiquer » de niveau 2, d'au moins 2 organismes : 1 badge sur 2, 1 organisme sur 2 ; encore 1 badge, d'un autre organisme",
      '        compté : « Transmettre », Mission locale, 1er juin 2025',
      '    Aideraient : « Présenter » (Greta) ; « Convaincre » (CFA du Bocage)',
      'Autres badges de la Région',
      '  « Général » (general) : dû, car la règle est remplie ; le badge reste à délivrer',
      '    ✓ au moins 1 de ces 2 conditions : 1 remplie',
      '      ✓ avoir « Communiquer, je pratique » : déjà attribué',
      '      ✗ avoir « Communiquer, je maîtrise » : pas encore',
      'Ne comptent pour aucun badge de la Région',
      "  non compté : « Raconter », Ancien organisme, 1er juin 2025 : l'organisme ne participe plus",
    ]);
  });

  test('the same, in English', () => {
    expect(text(SCHEME, PORTFOLIO, 'en')).toEqual([
      'Communiquer',
      '  level 1, "Communiquer, je pratique" (com-1): held since 2 January 2026',
      '    ✓ 2 badges of "Communiquer" at level 1, from at least 2 organisations, issued from 1 January 2023 on: 2 of 2 badges, 2 of 2 organisations',
      '      counted: "Parler", Mission locale, 1 May 2023',
      '      counted: "Téléphoner", Greta, 1 June 2025',
      '      not counted: "Parler en groupe", Mission locale, 2 May 2024: another version of "Parler" of 1 May 2023; the two count as one badge',
      '  level 2, "Communiquer, je maîtrise" (com-2): missing: 1 more badge of "Communiquer" at level 2, from another organisation',
      '    ✗ all of these conditions: 1 of 2 met',
      '      ✓ to hold "Communiquer, je pratique": held',
      '      ✗ 2 badges of "Communiquer" at level 2, from at least 2 organisations: 1 of 2 badges, 1 of 2 organisations; 1 more badge, from another organisation',
      '        counted: "Transmettre", Mission locale, 1 June 2025',
      '    Would help: "Présenter" (Greta); "Convaincre" (CFA du Bocage)',
      'Other badges of the Région',
      '  "Général" (general): due, because the rule is met; the badge is still to be issued',
      '    ✓ at least 1 of these 2 conditions: 1 met',
      '      ✓ to hold "Communiquer, je pratique": held',
      '      ✗ to hold "Communiquer, je maîtrise": not yet',
      'These count for no badge of the Région',
      '  not counted: "Raconter", Ancien organisme, 1 June 2025: the organisation no longer takes part',
    ]);
  });

  const ONE = '{ at_least: 1, of: { competency: com } }';
  const award = (more: string): Scheme => schemeOf(`  a: { name: A, badge: R_A, ${more}, rule: ${ONE} }`);
  const blocked = [asBadgeId('R_A')];

  test.each<[string, Partial<Portfolio>, string]>([
    [
      'active: true',
      { assertions: [given('M1')] },
      'dû, car la règle est remplie ; le badge reste à délivrer',
    ],
    [
      'active: true',
      { held: [given('R_A')] },
      "attribué le 1er juin 2025 ; aujourd'hui, la règle n'est pas remplie",
    ],
    [
      'active: true',
      { blocked },
      "bloqué, car révoqué à la main dans Open Badge Factory ; la règle n'est pas remplie, il manque encore 1 badge « Communiquer »",
    ],
    [
      'active: true',
      { blocked, assertions: [given('M1')] },
      'bloqué, car révoqué à la main dans Open Badge Factory ; la règle est remplie',
    ],
    [
      'active: false',
      { assertions: [given('M1')] },
      "inactif, rien n'est délivré pour l'instant ; la règle est remplie",
    ],
  ])('the status, %s', (more, portfolio, words) => {
    expect(status(award(more), portfolio)).toBe(words);
  });

  const LEVEL_2 = '{ at_least: 1, of: { level: 2 } }';
  const WRITE = '{ at_least: 1, of: { ability: ecrire } }';
  test.each([
    [
      '{ at_least: 3, of: { competency: com }, issuers: 2 }',
      'M1',
      "encore 2 badges « Communiquer », dont 1 d'un autre organisme",
      '2 more badges of "Communiquer", 1 of them from another organisation',
    ],
    [
      '{ at_least: 2, of: { competency: com }, issuers: 2 }',
      'M1',
      "encore 1 badge « Communiquer », d'un autre organisme",
      '1 more badge of "Communiquer", from another organisation',
    ],
    [
      '{ at_least: 2, of: { competency: com }, issuers: 2 }',
      'M1 M2',
      "encore 1 badge « Communiquer », d'un autre organisme",
      '1 more badge of "Communiquer", from another organisation',
    ],
    [
      '{ at_least: 3, of: { competency: com }, issuers: 2 }',
      '',
      "encore 3 badges « Communiquer », d'au moins 2 organismes",
      '3 more badges of "Communiquer", from at least 2 organisations',
    ],
    [
      '{ at_least: 3, of: { competency: com }, issuers: 3 }',
      'M1',
      'encore 2 badges « Communiquer », de 2 autres organismes',
      '2 more badges of "Communiquer", from 2 other organisations',
    ],
    [
      '{ at_least: 2, of: { competency: com }, abilities: 2 }',
      'M1',
      'encore 1 badge « Communiquer », pour une autre capacité',
      '1 more badge of "Communiquer", for another ability',
    ],
    [
      '{ at_least: 4, of: { competency: com }, abilities: 3 }',
      'M1',
      'encore 3 badges « Communiquer », dont 2 couvrant chacun une autre capacité',
      '3 more badges of "Communiquer", 2 of them each for another ability',
    ],
    [
      '{ at_least: 3, of: { competency: com }, per_issuer: 2 }',
      'M1 M2 M3',
      'encore 1 badge « Communiquer » (2 au plus par organisme)',
      '1 more badge of "Communiquer" (at most 2 of each organisation)',
    ],
    [
      '{ at_least: 1, of: { ability: ecrire, issuers: [ML, CFA] } }',
      '',
      'encore 1 badge pour la capacité « Écrire », délivré par Mission locale ou CFA du Bocage',
      '1 more badge for the ability "Écrire", issued by Mission locale or CFA du Bocage',
    ],
    [
      '{ at_least: 2, of: { badges: [M1, G1] } }',
      '',
      'encore 2 badges parmi « Parler en groupe » et « Téléphoner »',
      '2 more badges among "Parler en groupe" and "Téléphoner"',
    ],
    [
      '{ at_least: 5, of: { competency: com }, issuers: 3 }',
      'M1',
      "encore 4 badges « Communiquer », dont 2 provenant chacun d'un autre organisme",
      '4 more badges of "Communiquer", 2 of them each from another organisation',
    ],
    [
      '{ at_least: 2, of: { competency: com }, issuers: 2 }',
      '',
      'encore 2 badges « Communiquer », de 2 organismes différents',
      '2 more badges of "Communiquer", from 2 different organisations',
    ],
    [
      '{ at_least: 3, of: { competency: com }, abilities: 2 }',
      '',
      'encore 3 badges « Communiquer », couvrant au moins 2 capacités',
      '3 more badges of "Communiquer", covering at least 2 abilities',
    ],
    [
      '{ at_least: 2, of: { competency: com }, abilities: 2 }',
      '',
      'encore 2 badges « Communiquer », pour 2 capacités différentes',
      '2 more badges of "Communiquer", for 2 different abilities',
    ],
    [
      '{ at_least: 3, of: { competency: com }, abilities: 3 }',
      'M1',
      'encore 2 badges « Communiquer », pour 2 autres capacités',
      '2 more badges of "Communiquer", for 2 other abilities',
    ],
    [
      '{ at_least: 2, of: { competency: com, level: 2 }, abilities: 1 }',
      'G2',
      'encore 1 badge « Communiquer » de niveau 2, rattaché à une capacité',
      '1 more badge of "Communiquer" at level 2, for an ability',
    ],
    [
      '{ at_least: 1, of: { competency: com, issuers: [ML] }, issued_from: 2024-01-01, issued_until: 2026-12-31 }',
      '',
      'encore 1 badge « Communiquer », délivré par Mission locale, au plus tard le 31 décembre 2026',
      '1 more badge of "Communiquer", issued by Mission locale, on 31 December 2026 at the latest',
    ],
    [
      `{ all: [{ at_least: 2, of: { competency: com }, issuers: 2 }, ${LEVEL_2}, ${WRITE}] }`,
      'M1',
      "encore 1 badge « Communiquer », d'un autre organisme, et 1 badge de niveau 2, et 1 badge pour la capacité « Écrire »",
      '1 more badge of "Communiquer", from another organisation, and 1 more badge at level 2, and 1 more badge for the ability "Écrire"',
    ],
    [
      `{ all: [${LEVEL_2}, ${WRITE}, { at_least: 1, of: { competency: org } }] }`,
      '',
      'encore 1 badge de niveau 2, 1 badge pour la capacité « Écrire » et 1 badge « Organiser »',
      '1 more badge at level 2, 1 more badge for the ability "Écrire" and 1 more badge of "Organiser"',
    ],
    [
      `{ any: [${LEVEL_2}, ${WRITE}] }`,
      '',
      'encore 1 badge de niveau 2 ou 1 badge pour la capacité « Écrire »',
      '1 more badge at level 2 or 1 more badge for the ability "Écrire"',
    ],
    [
      `{ all: [${LEVEL_2}, { any: [${LEVEL_2}, ${WRITE}] }] }`,
      '',
      'encore 1 badge de niveau 2 et (1 badge de niveau 2 ou 1 badge pour la capacité « Écrire »)',
      '1 more badge at level 2 and (1 more badge at level 2 or 1 more badge for the ability "Écrire")',
    ],
    [
      `{ all: [${LEVEL_2}, { any: [${LEVEL_2}, ${WRITE}] }] }`,
      'M2',
      'encore 1 badge de niveau 2',
      '1 more badge at level 2',
    ],
    [
      `{ at_least: 2, of: [${LEVEL_2}, ${WRITE}, { at_least: 1, of: { competency: org } }] }`,
      '',
      'encore 2 des 3 éléments suivants : 1 badge de niveau 2 ; 1 badge pour la capacité « Écrire » ; 1 badge « Organiser »',
      '2 of these 3: 1 more badge at level 2; 1 more badge for the ability "Écrire"; 1 more badge of "Organiser"',
    ],
  ])('what %s lacks, given "%s"', (rule, badges, fr, en) => {
    const scheme = schemeOfRule(rule);
    const assertions = badges
      .split(' ')
      .filter(Boolean)
      .map((badge) => given(badge));
    expect(status(scheme, { assertions })).toBe(`il manque ${fr}`);
    expect(status(scheme, { assertions }, 'en')).toBe(`missing: ${en}`);
  });

  test.each<[Assertion, string, string]>([
    [
      given('ZZ'),
      "ce badge n'est pas inscrit auprès de la Région",
      'this badge is not enrolled with the Région',
    ],
    [
      given('M1', '2025-01-01', { clientId: asClientId('CFA') }),
      "il n'a pas été délivré par l'organisme qui l'a inscrit",
      'it was not issued by the organisation that enrolled it',
    ],
    [given('O1'), "l'organisme ne participe plus", 'the organisation no longer takes part'],
    [
      given('M0', '2025-01-01'),
      "délivré hors de la période d'inscription du badge (jusqu'au 31 décembre 2023)",
      "issued outside the badge's enrolment (until 31 December 2023)",
    ],
    [
      given('M1', '2023-01-01'),
      "délivré hors de la période d'inscription du badge (à partir du 1er janvier 2024)",
      "issued outside the badge's enrolment (from 1 January 2024 on)",
    ],
    [given('M1', '2025-01-01', { revoked: true }), 'révoqué', 'revoked'],
    [
      given('M1', '2025-01-01', { expiresOnS: NOW }),
      'expiré depuis le 31 mars 2026',
      'expired on 31 March 2026',
    ],
    [
      given('M1', '2062-01-01'),
      "daté d'un jour à venir ; il comptera de lui-même dès cette date",
      'dated in the future; it counts from that date on, by itself',
    ],
  ])('why %j counts nowhere', (one, fr, en) => {
    const last = (lang: Lang) => text(schemeOfRule(ONE), { assertions: [one] }, lang).at(-1);
    expect(last('fr')?.endsWith(` : ${fr}`)).toBe(true);
    expect(last('en')?.endsWith(`: ${en}`)).toBe(true);
  });

  test('a date to come, as plain data', () => {
    const assertions = [given('M1', '2062-01-01')];
    const scheme = schemeOfRule(ONE);
    const json = explainJson(
      buildExplanation(scheme, evaluate(scheme, { ...emptyPortfolio, assertions }, NOW)),
    );
    expect(explainSchema.parse(json)).toMatchObject({ left_out: [{ reason: { why: 'future' } }] });
  });

  test.each([
    [
      'M1',
      'issued_from: 2025-06-02, issued_until: 2025-12-31',
      'délivré hors des dates demandées (du 2 juin 2025 au 31 décembre 2025)',
    ],
    ['M1 M2', 'per_issuer: 1', "la règle n'en compte qu'un par organisme"],
  ])('why not all of %s is counted under %s', (badges, limit, words) => {
    const assertions = badges.split(' ').map((badge) => given(badge));
    const lines = text(schemeOfRule(`{ at_least: 2, of: { competency: com }, ${limit} }`), { assertions });
    const [line] = lines.filter((one) => one.includes('non compté'));
    expect(line).toMatch(/^ {6}non compté : « .* », Mission locale, 1er juin 2025 : /);
    expect(line?.endsWith(words)).toBe(true);
  });

  /** Three awards below one that asks for two of them. */
  const CHAIN = schemeOf(`
  c-1: { name: Un, badge: R_1, rule: { at_least: 1, of: { competency: com } } }
  c-2: { name: Deux, badge: R_2, rule: { at_least: 2, of: { competency: org } } }
  c-3: { name: Trois, badge: R_3, active: false, rule: { at_least: 1, of: { level: 2 } } }
  a: { name: A, badge: R_A, rule: { at_least: 2, of: [{ holds: c-1 }, { holds: c-2 }, { holds: c-3 }] } }
`);
  const lineOf = (lines: readonly string[], id: string): string =>
    lines.find((line) => line.includes(`(${id})`)) ?? '';

  test('an award that is asked for: what stands in its way is said beside it', () => {
    expect(lineOf(text(CHAIN, {}), 'a')).toContain(
      'il manque encore 2 des 3 éléments suivants : le badge « Un » ; le badge « Deux » ; le badge « Trois » (inactif)',
    );
    expect(text(CHAIN, { blocked: [asBadgeId('R_2')] })).toEqual(
      expect.arrayContaining([
        '      ✗ avoir « Un » : pas encore',
        '      ✗ avoir « Deux » : pas encore, et il est bloqué',
        '      ✗ avoir « Trois » : pas encore, et il est inactif',
      ]),
    );
  });

  test('awards that are free to come are named in one breath', () => {
    const scheme = schemeOf(`
  c-1: { name: Un, badge: R_1, rule: { at_least: 1, of: { competency: com } } }
  c-2: { name: Deux, badge: R_2, rule: { at_least: 2, of: { competency: org } } }
  c-3: { name: Trois, badge: R_3, rule: { at_least: 1, of: { level: 2 } } }
  a: { name: A, badge: R_A, rule: { at_least: 2, of: [{ holds: c-1 }, { holds: c-2 }, { holds: c-3 }] } }
`);
    expect(lineOf(text(scheme, {}), 'a')).toContain(
      'il manque encore 2 des 3 badges « Un », « Deux » et « Trois »',
    );
    expect(lineOf(text(scheme, {}, 'en'), 'a')).toContain(
      'missing: 2 more of the 3 badges "Un", "Deux" and "Trois"',
    );
  });

  const HISTORY: AwardHistory = {
    sinceS: at('2025-06-01T12:00Z'),
    version: asSchemeVersion('0123456789abcdef'),
    by: 'palier',
    earnedBy: [given('M1').id, asAssertionId('a17')],
    event: null,
  };
  const heldWith = (
    history: Partial<AwardHistory>,
    more: Partial<Background> = {},
    assertions: readonly Assertion[] = [],
  ): readonly string[] => {
    const scheme = schemeOfRule('{ at_least: 2, of: { competency: com } }');
    const held = [given('R_A')];
    const evaluation = evaluate(scheme, { ...emptyPortfolio, held, assertions }, NOW);
    const known = new Map([[asBadgeId('R_A'), { ...HISTORY, ...history }]]);
    return explainText(
      buildExplanation(scheme, evaluation, { ...noBackground, history: known, ...more }),
      'fr',
    ).map((line) => line.replaceAll(scheme.version, 'VERSION').trim());
  };

  test.each<[string, Partial<AwardHistory>, readonly string[]]>([
    [
      'by Palier, under older rules',
      {},
      [
        "« A » (a) : attribué le 1er juin 2025, acquis sous une version antérieure des règles ; la règle actuelle n'est pas remplie",
        'Délivré par Palier, selon une version antérieure des règles (0123456789abcdef)',
        "Obtenu grâce à : « Parler en groupe », Mission locale, 1er juin 2025 ; un badge qui n'est plus dans le portefeuille (a17)",
      ],
    ],
    [
      'by Palier, nobody knows by what',
      { version: null, earnedBy: [] },
      [
        "« A » (a) : attribué le 1er juin 2025 ; aujourd'hui, la règle n'est pas remplie",
        'Délivré par Palier',
      ],
    ],
    [
      'by hand',
      { version: null, by: 'hand', earnedBy: [] },
      [
        "« A » (a) : attribué le 1er juin 2025 ; aujourd'hui, la règle n'est pas remplie",
        'Délivré à la main dans Open Badge Factory, sans passer par Palier',
      ],
    ],
  ])('held: %s', (_, history, lines) => {
    const told = heldWith(history, {}, [given('M1')]);
    expect(told.slice(1, 1 + lines.length)).toEqual(lines);
    expect(told[1 + lines.length]).toMatch(/^✗ 2 badges/);
  });

  test('held under the rules as they are: the version is said to be that, and nothing of an older one', () => {
    const version = schemeOfRule('{ at_least: 2, of: { competency: com } }').version;
    const told = heldWith({ version, earnedBy: [] }, {}, [given('M1')]);
    expect(told.slice(1, 3)).toEqual([
      "« A » (a) : attribué le 1er juin 2025 ; aujourd'hui, la règle n'est pas remplie",
      'Délivré par Palier, selon les règles actuelles (version VERSION)',
    ]);
  });

  test('flagged: since when, and what a human may do', () => {
    const flagged = new Map([[asBadgeId('R_A'), at('2026-03-01T12:00Z')]]);
    const told = heldWith({ earnedBy: [] }, { flagged });
    expect(told[1]).toBe(
      "« A » (a) : attribué le 1er juin 2025 ; à examiner depuis le 1er mars 2026, car la règle n'est plus remplie",
    );
    expect(told[3]).toMatch(/^À examiner : des badges qui comptaient ont été révoqués/);
  });

  test('what waits for apply is not said to be on its way', () => {
    const background = { ...noBackground, waiting: new Set([asAwardId('a'), asAwardId('c-1')]) };
    const assertions = [given('M1'), given('M3'), given('M4'), given('C3')];
    const lines = explainText(
      buildExplanation(CHAIN, evaluate(CHAIN, { ...emptyPortfolio, assertions }, NOW), background),
      'fr',
    );
    expect(lineOf(lines, 'a')).toContain(
      ': dû selon les règles modifiées, en attente de « npx palier apply »',
    );
    expect(lineOf(lines, 'c-2')).toContain(': dû, car la règle est remplie');
    expect(lines).toContain('      ✓ avoir « Un » : dû, en attente de « npx palier apply »');
  });

  test('blocked: how it is lifted', () => {
    const lines = text(award('active: true'), { blocked });
    expect(lines).toContain('    Pour le débloquer : npx palier unblock <adresse> a');
    expect(lines.join('\n')).not.toContain('Aider');
  });

  test('as plain data: what programs are promised', () => {
    const json: unknown = JSON.parse(
      JSON.stringify(explainJson(buildExplanation(SCHEME, evaluate(SCHEME, PORTFOLIO, NOW)))),
    );
    expect(explainSchema.parse(json)).toEqual(json);
    expect(json).toMatchObject({
      now_s: NOW,
      now_iso: '2026-03-31T08:00:00.000Z',
      awards: [
        {
          award: 'com-1',
          status: 'held',
          held_by: { badge: 'R_1', issued_on_iso: '2026-01-02T12:00:00.000Z' },
          rule: {
            kind: 'badges',
            met: true,
            of: { competency: 'com', level: 1 },
            badges: { have: 2, need: 2 },
            issuers: { have: 2, need: 2 },
            abilities: null,
            counted: [{ badge: 'M0' }, { badge: 'G1' }],
            left_out: [
              {
                assertion: { badge: 'M1' },
                reason: { why: 'duplicate_of', of: given('M0', '2023-05-01').id },
              },
            ],
          },
          earned_by: [
            { badge: 'M0', client: 'ML' },
            { badge: 'G1', client: 'GRETA' },
          ],
        },
        { award: 'com-2', status: 'not_met', rule: { kind: 'all', have: 1, need: 2 } },
        {
          award: 'general',
          status: 'due',
          rule: { kind: 'at_least', of: [{ kind: 'holds', through: 'held' }, { met: false }] },
        },
      ],
      left_out: [{ assertion: { badge: 'O1' }, reason: { why: 'partner_inactive' } }],
    });
  });
});

describe('as it was read aloud', () => {
  const DIR = 'test/golden/explain';
  const textOf = (file: string): string => readFileSync(join(DIR, file), 'utf8');

  const goldenScheme = (name: Case['scheme']): Scheme =>
    schemeOrThrow(
      {
        scheme: { name: `${name}.yaml`, text: `${textOf('competences.yaml')}\n${textOf(`${name}.yaml`)}` },
        partners: { name: 'partners.yaml', text: textOf('partners.yaml') },
      },
      'Europe/Paris',
    );

  function partsOf({ scheme: name, portfolio, background }: Case) {
    const scheme = goldenScheme(name);
    const history = new Map(
      [...background.history].map(([badge, one]) => [
        badge,
        one.version === CURRENT_RULES ? { ...one, version: scheme.version } : one,
      ]),
    );
    const evaluation = evaluate(scheme, portfolio, NOW_S);
    return { scheme, evaluation, background: { ...background, history } };
  }

  function told(one: Case, lang: Lang): readonly string[] {
    const { scheme, evaluation, background } = partsOf(one);
    return explainText(buildExplanation(scheme, evaluation, background), lang);
  }

  /** A version is a hash of the rules: a change of the rules alone is no change of the words. */
  const withoutVersion = (lines: readonly string[], { scheme }: Case): string =>
    `${lines.join('\n')}\n`.replaceAll(goldenScheme(scheme).version, '<empreinte>');

  test.each(CASES)('$name, as it was read aloud', (one) => {
    const file = join(DIR, `${one.name}.txt`);
    const text = withoutVersion(told(one, 'fr'), one);
    if (process.env['UPDATE'] === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('every golden file has its case', () => {
    const files = readdirSync(DIR).filter((file) => file.endsWith('.txt'));
    expect(files.toSorted()).toEqual(CASES.map(({ name }) => `${name}.txt`).toSorted());
  });

  const namesIn = ({ awards, competencies, partners }: Scheme): string[] => [
    ...awards.map(({ name }) => name),
    ...[...competencies.values()].flatMap(({ name, abilities }) => [name, ...abilities.values()]),
    ...partners.flatMap(({ name, badges }) => [name, ...badges.flatMap((badge) => badge.name ?? [])]),
  ];

  test.each(CASES)('$name, in English: our words are English, names stay', (one) => {
    const english = told(one, 'en').join('\n');
    expect(english).not.toBe(told(one, 'fr').join('\n'));
    const names = namesIn(goldenScheme(one.scheme)).toSorted((a, b) => b.length - a.length);
    const ours = names.reduce((text, name) => text.replaceAll(name, ''), english).replaceAll('Région', '');
    expect(ours).not.toMatch(/[À-ÖØ-öø-ÿœŒ«»’]/);
  });

  test.each(CASES)('$name, as plain data', (one) => {
    const { scheme, evaluation, background } = partsOf(one);
    const json = explainJson(buildExplanation(scheme, evaluation, background));
    expect(explainSchema.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
  });

  /** The nearest that a test comes to reading aloud. */
  test.each(CASES)('$name: French punctuation, no word twice, no number that disagrees', (one) => {
    for (const line of told(one, 'fr')) {
      expect(line).not.toMatch(/[^ ][;!?»]|«[^ ]|[^ 0-9]:(?!\d)/);
      expect(line).not.toMatch(/\b(\p{L}{2,}) \1\b/u);
      expect(line).not.toMatch(/\b[01] (badges|organismes|capacités|autres)(?!\p{L})/u);
      expect(line).not.toMatch(/\b([2-9]|\d\d+) (badge|organisme|capacité|autre)(?!\p{L})/u);
      expect(line).not.toMatch(/undefined|null|NaN|\[object/);
    }
  });
});

describe('of any world', () => {
  /** Whatever the account may say of these awards. */
  const backgroundOf = ({ scheme, portfolio, nowS }: World): fc.Arbitrary<Background> => {
    const awards = scheme.awards.map(({ id }) => id);
    const badges = scheme.awards.map(({ badgeId }) => badgeId);
    const ids = [...portfolio.assertions.map(({ id }) => id), asAssertionId('gone')];
    const history = fc.record({
      sinceS: fc.constantFrom(0, nowS),
      version: fc.constantFrom(null, scheme.version, asSchemeVersion('v0')),
      by: fc.constantFrom('palier' as const, 'hand' as const),
      earnedBy: fc.subarray(ids, { maxLength: Math.min(ids.length, 3) }),
      event: fc.constant(null),
    });
    return fc.record({
      history: fc
        .array(fc.tuple(fc.constantFrom(...badges), history), { maxLength: 3 })
        .map((all) => new Map(all)),
      waiting: fc.subarray(awards, { maxLength: 1 }).map((all) => new Set(all)),
      flagged: fc
        .subarray(badges, { maxLength: 1 })
        .map((all) => new Map(all.map((badge) => [badge, nowS - 86_400]))),
    });
  };

  const told = world.chain((one) => backgroundOf(one).map((background) => ({ ...one, background })));
  const lang = fc.constantFrom('fr' as const, 'en' as const);

  test('whatever comes, it can be told in both languages, every assertion of it', () => {
    fc.assert(
      fc.property(told, lang, ({ scheme, portfolio, nowS, background }, tongue) => {
        const evaluation = evaluate(scheme, portfolio, nowS);
        const lines = explainText(buildExplanation(scheme, evaluation, background), tongue);
        expect(lines.join('\n')).not.toMatch(/undefined|null|NaN|Invalid|\[object/);
        for (const { award } of evaluation.awards) expect(lines.join('\n')).toContain(`(${award.id})`);
        const excluded = lines.filter((line) => /^ +(non compté|not counted)/.test(line)).length;
        const json = explainJson(buildExplanation(scheme, evaluation, background));
        expect(excluded).toBe(JSON.stringify(json).split('"why"').length - 1);
        const rules = JSON.stringify([json.awards.map(({ rule }) => rule), json.left_out]);
        for (const { id } of portfolio.assertions) expect(rules).toContain(`"assertion":"${id}"`);
      }),
      { numRuns: runs(200) },
    );
  });

  test('the plain form holds to its schema, and survives JSON', () => {
    fc.assert(
      fc.property(told, ({ scheme, portfolio, nowS, background }) => {
        const evaluation = evaluate(scheme, portfolio, nowS);
        const json = explainJson(buildExplanation(scheme, evaluation, background));
        expect(explainSchema.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
      }),
      { numRuns: runs(200) },
    );
  });

  test('in whichever order the assertions came, and however often, the words are the same', () => {
    const shuffled = told.chain((one) => {
      const { assertions } = one.portfolio;
      return fc
        .shuffledSubarray([...assertions], { minLength: assertions.length })
        .map((again) => ({ ...one, again: [...again, ...again.slice(0, 2)] }));
    });
    fc.assert(
      fc.property(shuffled, lang, ({ scheme, portfolio, nowS, background, again }, tongue) => {
        const words = (assertions: readonly Assertion[]): readonly string[] => {
          const evaluation = evaluate(scheme, { ...portfolio, assertions }, nowS);
          return explainText(buildExplanation(scheme, evaluation, background), tongue);
        };
        expect(words(again)).toEqual(words(portfolio.assertions));
      }),
      { numRuns: runs(200) },
    );
  });
});
