import * as fc from 'fast-check';
import { parse as readYaml, stringify } from 'yaml';
import type { SchemeVersion } from '../../src/ids.js';
import { readConfigFolder } from '../../src/platform/config-folder.js';
import { parse, schemeOf } from './parse-text.js';

/** Rules and enrolments with something of every kind. */
const SCHEME = `scheme: Essai
competencies:
  communiquer: { name: Communiquer, abilities: { interagir: Interagir, transmettre: Transmettre } }
  organiser: { name: Organiser }
awards:
  one:
    { badge: R1, on_loss: keep, rule: { at_least: 2, of: { competency: communiquer, issuers: [P1, P2] }, issuers: 2, per_issuer: 1, within_months: 6 } }
  two: { badge: R2, active: false, rule: { any: [ { holds: one }, { at_least: 1, of: { badges: [B1, B3] }, issued_from: 2024-01-01 } ] } }
  three: { badge: R3, rule: { at_least: 1, of: [ { holds: two }, { all: [ { holds: one }, { at_least: 1, of: { level: 2 }, abilities: 1 } ] } ] } }
`;
const PARTNERS = `partners:
  - client_id: P1
    name: Un
    secret_env: KEY_1
    badges:
      - { id: B1, name: Badge, competency: communiquer, level: 1, ability: interagir, replaces: [B0] }
      - { id: B0, competency: communiquer, level: 1, enrolled_from: 2023-01-01, enrolled_until: 2023-12-31 }
      - { id: B2, competency: communiquer, level: 2, ability: transmettre }
  - client_id: P2
    badges: [ { id: B3, competency: communiquer, level: 1 } ]
`;

const versionOf = (scheme: string, partners: string, timeZone?: string): SchemeVersion =>
  schemeOf(parse(scheme, partners, timeZone)).version;
const VERSION = versionOf(SCHEME, PARTNERS);

/** The same value with every map's keys and every list's items in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  const mixed = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, rank: random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  if (Array.isArray(value)) return mixed(value.map((item) => shuffled(item, random)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(mixed(Object.entries(value)).map(([key, item]) => [key, shuffled(item, random)]));
}

/** Numbers from 0 to 1 that depend on the seed alone (a linear congruential generator). */
function ranks(seed: number): () => number {
  let state = seed % 2_147_483_647 || 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Another text of the same value: other indents, quotes, line widths, flow or block, and comments. */
const rewritten = fc.record({
  seed: fc.nat(),
  indent: fc.integer({ min: 2, max: 6 }),
  quotes: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  flow: fc.boolean(),
  comment: fc.stringMatching(/^[\w :#{}é-]{0,20}$/),
});

describe('the version says what the scheme means', () => {
  test('and nothing of how it is written', async () => {
    const own = await readConfigFolder('config');
    const texts = { small: [SCHEME, PARTNERS], own: [own.scheme.text, own.partners.text] } as const;
    fc.assert(
      fc.property(fc.constantFrom('small' as const, 'own' as const), rewritten, (which, how) => {
        const [scheme, partners] = texts[which];
        const random = ranks(how.seed);
        const write = (text: string): string => {
          const body = stringify(shuffled(readYaml(text), random), {
            indent: how.indent,
            lineWidth: 0,
            defaultStringType: how.quotes,
            collectionStyle: how.flow ? 'flow' : 'block',
          });
          return `# ${how.comment}\n${body.replace(/\n/g, ` # ${how.comment}\n`)}`;
        };
        expect(versionOf(write(scheme), write(partners))).toBe(versionOf(scheme, partners));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['the name of the scheme', 'Essai', 'Autre'],
    ['the name of a competency', 'name: Communiquer', 'name: Parler'],
    ['the words of an ability', 'Interagir,', 'Échanger,'],
    ['an ability that nothing names', 'Transmettre }', 'Transmettre, lire: Lire }'],
    ['the name of an award', 'badge: R1,', 'badge: R1, name: Premier, competency: organiser, level: 1,'],
    ['a default that is written out', 'badge: R3,', 'badge: R3, active: true, on_loss: flag,'],
    ['the name of a partner', 'name: Un', 'name: Deux'],
    ['where its key is found', 'KEY_1', 'KEY_2'],
    ['the name of a badge', 'name: Badge', 'name: Insigne'],
    ['a partner without badges', 'partners:', 'partners:\n  - client_id: P0'],
    ['a replaced badge that is not enrolled', 'replaces: [B0]', 'replaces: [B0, GONE]'],
  ])('so %s leaves it alone', (_what, from, to) => {
    const [scheme, partners] = [SCHEME.replace(from, to), PARTNERS.replace(from, to)];
    expect([scheme, partners]).not.toEqual([SCHEME, PARTNERS]);
    expect(versionOf(scheme, partners)).toBe(VERSION);
  });

  test.each([
    ['a threshold', 'at_least: 2, of: { competency', 'at_least: 1, of: { competency'],
    ['a threshold of a list', 'at_least: 1, of: [', 'at_least: 2, of: ['],
    ['the form', 'any: [ { holds: one }', 'all: [ { holds: one }'],
    ['the award held', '{ holds: two }', '{ holds: one }'],
    ['issuers', 'issuers: 2', 'issuers: 1'],
    ['per_issuer', 'per_issuer: 1', 'per_issuer: 2'],
    ['abilities', 'abilities: 1', 'issuers: 1'],
    ['within_months', 'within_months: 6', 'within_months: 7'],
    ['a date of a condition', 'issued_from: 2024-01-01', 'issued_from: 2024-01-02'],
    ['which end a date is', 'issued_from: 2024-01-01', 'issued_until: 2024-01-01'],
    ["a selector's competency", '{ competency: communiquer, issuers', '{ issuers'],
    ["a selector's level", 'of: { level: 2 }', 'of: { level: 1 }'],
    ["a selector's badges", '[B1, B3]', '[B1, B2]'],
    ["a selector's issuers", ', issuers: [P1, P2] }', ' }'],
    ["an award's badge", 'badge: R1', 'badge: R9'],
    ["an award's name in rules", /\bone\b/g, 'uno'],
    ['active', 'active: false', 'active: true'],
    ['on_loss', 'on_loss: keep', 'on_loss: revoke'],
    ['an award', /\n {2}three:.*/, ''],
    ['an active partner', 'client_id: P2', 'client_id: P2\n    active: false'],
    ['whose a badge is', /(\n {2}- client_id: )P2/, '$1P3'],
    ['the competency of a badge', 'id: B3, competency: communiquer', 'id: B3, competency: organiser'],
    [
      'the level of a badge',
      'id: B2, competency: communiquer, level: 2',
      'id: B2, competency: communiquer, level: 3',
    ],
    ['the ability of a badge', ', ability: interagir', ''],
    ['the first day of a badge', '2023-01-01', '2023-01-02'],
    ['the last day of a badge', '2023-12-31', '2023-12-30'],
    ['that a badge is a version', ', replaces: [B0]', ''],
    ['a badge enrolled', '[ { id: B3', '[ { id: B9, competency: organiser, level: 1 }, { id: B3'],
  ] as const)('while %s changes it', (_what, from, to) => {
    const scheme = SCHEME.replace(from, to);
    const partners = PARTNERS.replace(from, to);
    const known = partners.includes('client_id: P3') ? scheme.replace('[P1, P2]', '[P1, P3]') : scheme;
    expect(versionOf(known, partners)).not.toBe(VERSION);
  });

  test('and so does the time zone of its dates', () => {
    expect(versionOf(SCHEME, PARTNERS, 'America/Cayenne')).not.toBe(VERSION);
    expect(VERSION).toMatch(/^[0-9a-f]{16}$/);
  });
});
