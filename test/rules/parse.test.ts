import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import { asBadgeId, asClientId, type SchemeVersion } from '../../src/ids.js';
import { ConfigFolderError, readConfigFolder } from '../../src/platform/config-folder.js';
import { formatFault, SchemeFaults } from '../../src/rules/parse/messages.js';
import { parseScheme, schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import { faultsOf, GOOD_PARTNERS, parse, partnersWith, placeOf, schemeOf, schemeWith } from './parse-text.js';
import * as fc from 'fast-check';
import { parse as readYaml, stringify } from 'yaml';

describe('what is read', () => {
  const isoAt = (seconds: number | null | undefined, zone = 'Europe/Paris'): string | null =>
    seconds === null || seconds === undefined ? null : DateTime.fromSeconds(seconds, { zone }).toISO();

  const orderOf = (more: string): readonly string[] =>
    schemeOf(parse(schemeWith({ more }))).awards.map(({ id }) => id);

  const familiesOf = (badges: readonly string[]): Record<string, string> => {
    const lines = badges.map((badge) => `      - { competency: organiser, level: 1, ${badge} }`);
    const partners = `partners:\n  - client_id: P9\n    badges:\n${lines.join('\n')}\n`;
    const scheme = schemeOf(parse(schemeWith().replace(/awards:[^]*/, 'awards: {}'), partners));
    return Object.fromEntries([...scheme.enrolments].map(([id, { family }]) => [id, family]));
  };

  const spanOf = (from: string, until: string, zone?: string): readonly (string | null)[] => {
    const badge = `{ id: B9, competency: organiser, level: 1, enrolled_from: ${from}, enrolled_until: ${until} }`;
    const scheme = schemeOf(parse(schemeWith(), partnersWith({ badge }), zone));
    const enrolment = scheme.enrolments.get(asBadgeId('B9'));
    return [isoAt(enrolment?.fromS, zone), isoAt(enrolment?.beforeS, zone)];
  };

  const started = (): (() => number) => {
    const start = performance.now();
    return () => performance.now() - start;
  };

  const warningsOf = (scheme: string, partners?: string): readonly string[] =>
    parse(scheme, partners).warnings.map((fault) => formatFault(fault, 'fr'));

  const ruled = (rule: string): string => schemeWith({ rule });

  describe('a good scheme', () => {
    test('is read with its defaults', () => {
      const scheme = schemeOf(parse(schemeWith()));
      expect(scheme.name).toBe('Essai');
      expect(scheme.timeZone).toBe('Europe/Paris');
      expect(scheme.awards[0]).toEqual({
        id: 'communiquer-1',
        name: 'communiquer-1',
        competency: null,
        level: 1,
        badgeId: 'R1',
        active: true,
        onLoss: 'flag',
        rule: { kind: 'badges', atLeast: 1, selector: { competency: 'communiquer' } },
      });
      expect(scheme.competencies.get('communiquer')?.abilities.get('interagir')).toBe('Interagir');
      expect(scheme.partnersById.get(asClientId('P1'))).toMatchObject({
        name: 'P1',
        secretEnv: null,
        active: true,
      });
      expect(scheme.enrolments.get(asBadgeId('B4'))).toEqual({
        badgeId: 'B4',
        clientId: 'P2',
        name: null,
        competency: 'organiser',
        level: 1,
        ability: null,
        fromS: null,
        beforeS: null,
        replaces: [],
        family: 'B4',
      });
    });

    test('may use the whole grammar', () => {
      const rule = `
      all:
        - any: [ { holds: communiquer-0 }, { at_least: 1, of: { badges: [B1, B2] } } ]
        - at_least: 1
          of: [ { at_least: 2, of: { competency: communiquer, level: 1, ability: interagir, issuers: [P1] } } ]
        - { at_least: 2, of: { level: 1 }, issuers: 2, per_issuer: 1, abilities: 1,
            issued_from: 2024-01-01, issued_until: "2024-01-31", within_months: 12 }`;
      const more = '  communiquer-0: { badge: R0, rule: { at_least: 1, of: { level: 2 } } }';
      const scheme = schemeOf(parse(schemeWith({ rule, more })));
      const award = scheme.awards.find(({ id }) => id === 'communiquer-1');
      expect(award?.rule).toEqual({
        kind: 'all',
        of: [
          {
            kind: 'any',
            of: [
              { kind: 'holds', award: 'communiquer-0' },
              { kind: 'badges', atLeast: 1, selector: { badges: ['B1', 'B2'] } },
            ],
          },
          {
            kind: 'at_least',
            atLeast: 1,
            of: [
              {
                kind: 'badges',
                atLeast: 2,
                selector: { competency: 'communiquer', level: 1, ability: 'interagir', issuers: ['P1'] },
              },
            ],
          },
          {
            kind: 'badges',
            atLeast: 2,
            selector: { level: 1 },
            issuers: 2,
            perIssuer: 1,
            abilities: 1,
            issuedFromS: Date.parse('2024-01-01T00:00:00+01:00') / 1000,
            issuedBeforeS: Date.parse('2024-02-01T00:00:00+01:00') / 1000,
            withinMonths: 12,
          },
        ],
      });
    });

    test('keeps ids as they are written, whatever YAML makes of them', () => {
      const partners = partnersWith({ badge: '{ id: 1E5, competency: organiser, level: 1 }' });
      const scheme = schemeOf(
        parse(schemeWith({ rule: '{ at_least: 1, of: { badges: [1E5] } }' }), partners),
      );
      expect(scheme.enrolments.get(asBadgeId('1E5'))?.clientId).toBe('P2');
    });

    test('may use a few aliases', () => {
      const more =
        '  x: { badge: R9, rule: &easy { at_least: 1, of: { level: 1 } } }\n  y: { badge: R8, rule: *easy }';
      expect(schemeOf(parse(schemeWith({ more }))).awards).toHaveLength(4);
    });
  });

  describe('awards stand after those that their rules hold', () => {
    test('else in the order of the file', () => {
      const more = `  z: { badge: R9, rule: { any: [ { holds: x }, { holds: y } ] } }
  y: { badge: R8, rule: { at_least: 1, of: [ { holds: x } ] } }
  x: { badge: R7, rule: { at_least: 1, of: { level: 1 } } }
  w: { badge: R6, rule: { at_least: 1, of: { level: 1 } } }`;
      expect(orderOf(more)).toEqual(['communiquer-1', 'communiquer-2', 'x', 'y', 'z', 'w']);
    });

    test('however long the chain', () => {
      const length = 2000;
      const links = Array.from({ length }, (_, i) => `  c${i}: { badge: C${i}, rule: { holds: c${i + 1} } }`);
      const more = [...links, `  c${length}: { badge: C, rule: { holds: communiquer-1 } }`].join('\n');
      expect(orderOf(more).slice(2, 4)).toEqual([`c${length}`, `c${length - 1}`]);
    });
  });

  describe('versions of one badge are one family', () => {
    test('along a chain, in any order of the lines', () => {
      const lines = ['id: V3, replaces: [V2]', 'id: V1', 'id: V2, replaces: [V1]', 'id: W'];
      const families = { V1: 'V1', V2: 'V1', V3: 'V1', W: 'W' };
      expect(familiesOf(lines)).toEqual(families);
      expect(familiesOf(lines.toReversed())).toEqual(families);
    });

    test('and so are two that replace the same one, enrolled or not', () => {
      expect(familiesOf(['id: V3, replaces: [V0]', 'id: V2, replaces: [V0]'])).toEqual({
        V2: 'V2',
        V3: 'V2',
      });
    });
  });

  describe('dates are days of the zone, the last one included', () => {
    test.each([
      [
        'the day that clocks go forward',
        '2024-03-31',
        '2024-03-31',
        '2024-03-31T00:00:00.000+01:00',
        '2024-04-01T00:00:00.000+02:00',
      ],
      [
        'the day that clocks go back',
        '2024-10-27',
        '2024-10-27',
        '2024-10-27T00:00:00.000+02:00',
        '2024-10-28T00:00:00.000+01:00',
      ],
      [
        'a leap day',
        '2024-02-29',
        '2024-12-31',
        '2024-02-29T00:00:00.000+01:00',
        '2025-01-01T00:00:00.000+01:00',
      ],
    ])('%s', (_what, from, until, fromIso, beforeIso) => {
      expect(spanOf(from, until)).toEqual([fromIso, beforeIso]);
    });

    test('also where midnight is skipped, or strikes twice', () => {
      expect(spanOf('2018-11-04', '2018-11-04', 'America/Sao_Paulo')).toEqual([
        '2018-11-04T01:00:00.000-02:00',
        '2018-11-05T00:00:00.000-02:00',
      ]);
      expect(spanOf('2024-11-03', '2024-11-03', 'America/Havana')).toEqual([
        '2024-11-03T00:00:00.000-04:00',
        '2024-11-04T00:00:00.000-05:00',
      ]);
    });

    test('a zone that does not exist is the caller’s mistake', () => {
      expect(() => parse(schemeWith(), GOOD_PARTNERS, 'Europe/Caen')).toThrow(RangeError);
    });
  });

  describe('every fault at once', () => {
    const scheme = `scheme: Essai
competencies:
  communiquer: { name: Communiquer, abilities: { interagir: Interagir } }
awards:
  a:
    badge: R1
    on_los: flg
    rule:
      all:
        - holds: bb
        - { at_least: 0, of: { competency: comuniquer, ability: x } }
  b:
    badge: R1
    rule: { holds: a }
`;
    const partners = `partners:
  - client_id: P1
    badges:
      - { id: B1, competency: communiquer, level: 0 }
      - { id: B1, competency: comuniquer, level: 1 }
  - client_id: P1
`;

    test('over both files, in their order, and no scheme', () => {
      const result = parse(scheme, partners);
      expect(faultsOf(result).map((fault) => formatFault(fault, 'fr'))).toEqual([
        'config/scheme.yaml:7:5: clé inconnue « on_los » : vouliez-vous dire « on_loss » ? (connues : badge, rule, name, competency, level, active, on_loss)',
        'config/scheme.yaml:7:13: valeur inconnue « flg » : vouliez-vous dire « flag » ? (connues : keep, flag, revoke)',
        'config/scheme.yaml:10:18: badge Région inconnu « bb » (connus : a, b)',
        'config/scheme.yaml:11:23: attendu : un nombre entier à partir de 1 ; trouvé : « 0 »',
        'config/scheme.yaml:11:44: compétence inconnue « comuniquer » : vouliez-vous dire « communiquer » ? (connues : communiquer)',
        'config/scheme.yaml:11:65: capacité inconnue « x » (connues : interagir)',
        'config/scheme.yaml:13:12: badge « R1 » en double : déjà en config/scheme.yaml:6',
        'config/partners.yaml:4:51: attendu : un nombre entier à partir de 1 ; trouvé : « 0 »',
        'config/partners.yaml:5:15: badge « B1 » en double : déjà en config/partners.yaml:4',
        'config/partners.yaml:5:31: compétence inconnue « comuniquer » : vouliez-vous dire « communiquer » ? (connues : communiquer)',
        'config/partners.yaml:6:16: partenaire « P1 » en double : déjà en config/partners.yaml:2',
      ]);
      expect(result).not.toHaveProperty('scheme');
    });

    test('an error lists them for callers that need a scheme', () => {
      const files = {
        scheme: { name: 's.yaml', text: scheme },
        partners: { name: 'p.yaml', text: partners },
      };
      const act = (): unknown => schemeOrThrow(files, 'Europe/Paris');
      expect(act).toThrow(SchemeFaults);
      expect(act).toThrow(/11 faults:\ns\.yaml:7:5: unknown key "on_los"[^]*\np\.yaml:6:16: partner "P1"/);
    });

    test('a file that cannot be read does not make the other one faulty', () => {
      expect(faultsOf(parse('scheme: "X')).map(({ file }) => file)).toEqual(['config/scheme.yaml']);
      expect(
        faultsOf(
          parse(schemeWith({ rule: '{ at_least: 1, of: { badges: [B1], issuers: [P1] } }' }), '['),
        ).map(({ file }) => file),
      ).toEqual(['config/partners.yaml']);
    });

    test('overlapping circles are each told', () => {
      const more = `  x: { badge: R9, rule: { all: [ { holds: y }, { holds: z } ] } }
  y: { badge: R8, rule: { holds: x } }
  z: { badge: R7, rule: { holds: x } }`;
      expect(faultsOf(parse(schemeWith({ more }))).map(({ en }) => en)).toEqual([
        'circle: "x" holds "y" holds "x"',
        'circle: "x" holds "z" holds "x"',
      ]);
    });

    test('of a list of hundreds of known names, the nearest are told', () => {
      const badges = Array.from(
        { length: 300 },
        (_, i) => `      - { id: BADGE_${i}, competency: organiser, level: 1 }`,
      );
      const [fault] = faultsOf(
        parse(
          schemeWith({ rule: '{ at_least: 1, of: { badges: [BADG_123] } }' }),
          `${GOOD_PARTNERS}${badges.join('\n')}\n`,
        ),
      );
      expect(fault?.fr).toMatch(
        /vouliez-vous dire « BADGE_123 » \? \(connus : BADGE_123, .*, \.\.\. 305 en tout\)$/,
      );
      expect(fault?.fr.length).toBeLessThan(300);
    });
  });

  describe('what could hurt', () => {
    test.each([
      ['flow lists', `scheme: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
      ['a rule', schemeWith({ rule: `${'{ all: ['.repeat(10_000)}${'] }'.repeat(10_000)}` })],
      ['block maps', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
      ['dashes', `scheme:\n  ${'- '.repeat(10_000)}`],
    ])('10 000 levels of %s are a fault, not an overflow', (_what, text) => {
      expect(faultsOf(parse(text)).map(({ en }) => en)).toContain('unreadable YAML: nested too deeply');
    });

    test('aliases that stand for billions', () => {
      const ruleOf = (i: number): string =>
        i === 0
          ? '{ at_least: 1, of: { level: 1 } }'
          : `{ all: [${Array(9)
              .fill(`*r${i - 1}`)
              .join(', ')}] }`;
      const more = Array.from(
        { length: 10 },
        (_, i) => `  x${i}: { badge: X${i}, rule: &r${i} ${ruleOf(i)} }`,
      );
      const elapsedMs = started();
      const told = faultsOf(parse(schemeWith({ more: more.join('\n') }))).map(({ en }) => en);
      expect(new Set(told)).toEqual(
        new Set(['more than 100 aliases (*name) to follow: write the values out']),
      );
      expect(elapsedMs()).toBeLessThan(30_000);
    });

    test('a value is shown on one short line, and an address or a secret not at all', () => {
      const rule = `{ at_least: 1, of: { competency: "a\\n\\e[31m${'b'.repeat(500)}", issuers: [jeanne@example.org] } }`;
      const partner = '{ client_id: P3, secret_env: a8f7c0ffee }';
      const faults = faultsOf(parse(schemeWith({ rule }), partnersWith({ partner })));
      const told = faults.map((fault) => `${fault.fr} ${fault.en}`).join(' ');
      expect(faults).toHaveLength(3);
      expect(told).not.toMatch(/jeanne|a8f7|\p{Cc}|b{100}/u);
    });
  });

  describe('lines and columns hold whatever the file looks like', () => {
    test.each([
      ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
      ['letters of several bytes', (text: string) => text.replace('Essai', 'Éàçœ — 😀')],
    ])('%s', (_what, change) => {
      const text = schemeWith({ rule: '{ at_least: 0, of: { level: 1 } }' });
      expect(faultsOf(parse(change(text))).map(placeOf)).toEqual(['config/scheme.yaml:11:23']);
    });

    test('a byte order mark takes no column', () => {
      expect(faultsOf(parse(`\uFEFFshceme: X\n${schemeWith()}`)).map(placeOf)).toEqual([
        'config/scheme.yaml:1:1',
      ]);
    });
  });

  describe('warnings', () => {
    test('a good scheme has none', () => {
      expect(warningsOf(schemeWith())).toEqual([]);
    });

    const TODAY = "ne peut pas être atteint aujourd'hui : les partenaires actifs ont inscrit";
    test.each([
      [
        'too few badges, versions once',
        '{ at_least: 4, of: { competency: communiquer } }',
        '11:23',
        `« at_least: 4 » ${TODAY} 3 badge`,
      ],
      [
        'too few of a level',
        '{ at_least: 2, of: { competency: communiquer, level: 2 } }',
        '11:23',
        `« at_least: 2 » ${TODAY} 1 badge`,
      ],
      [
        'too few partners',
        '{ at_least: 1, of: { level: 1 }, issuers: 3 }',
        '11:53',
        `« issuers: 3 » ${TODAY} 2 partenaire`,
      ],
      [
        'too few under per_issuer',
        '{ at_least: 3, of: { competency: communiquer }, per_issuer: 1 }',
        '11:23',
        `« at_least: 3 » ${TODAY} 2 badge`,
      ],
      [
        'too few abilities',
        '{ at_least: 1, of: { competency: communiquer }, abilities: 2 }',
        '11:70',
        `« abilities: 2 » ${TODAY} 1 capacité`,
      ],
      [
        'none enrolled in the dates',
        '{ at_least: 1, of: { badges: [B0] }, issued_from: 2024-01-01 }',
        '11:23',
        `« at_least: 1 » ${TODAY} 0 badge`,
      ],
    ])('%s today', (_what, rule, place, words) => {
      expect(warningsOf(ruled(rule))).toEqual([
        expect.stringContaining(`config/scheme.yaml:${place}: ${words}`),
      ]);
    });

    test('an inactive partner gives nothing, and is told where it is named', () => {
      const partners = GOOD_PARTNERS.replace('client_id: P2', 'client_id: P2\n    active: false');
      expect(warningsOf(ruled('{ at_least: 1, of: { issuers: [P2] } }'), partners)).toEqual([
        expect.stringContaining(`config/scheme.yaml:11:23: « at_least: 1 » ${TODAY} 0 badge`),
        "config/scheme.yaml:11:42: le partenaire « P2 » n'est pas actif : ses badges ne comptent pas",
      ]);
    });

    test('a replaced badge that is not enrolled', () => {
      const badge = '{ id: B9, competency: organiser, level: 1, replaces: [OLD] }';
      expect(warningsOf(schemeWith(), partnersWith({ badge }))).toEqual([
        expect.stringMatching(/^config\/partners\.yaml:11:63: le badge remplacé « OLD » n'est pas inscrit/),
      ]);
    });

    test('an award listed twice, where it would count twice', () => {
      const more =
        '  x: { badge: R9, rule: { at_least: 2, of: [ { holds: communiquer-1 }, { holds: communiquer-1 } ] } }';
      expect(warningsOf(schemeWith({ more }))).toEqual([
        'config/scheme.yaml:14:72: badge Région « communiquer-1 » en double : déjà en config/scheme.yaml:14',
      ]);
    });

    test('stand beside the faults', () => {
      const badge = '{ id: B9, competency: organiser, level: 0, replaces: [OLD] }';
      const result = parse(schemeWith(), partnersWith({ badge }));
      expect([faultsOf(result).length, result.warnings.length]).toEqual([1, 1]);
    });
  });

  test("the Région's own files have no fault and no warning, and hold eight awards and the general one", async () => {
    const result = parseScheme(await readConfigFolder('config'), 'Europe/Paris');
    expect([...faultsOf(result), ...result.warnings].map((fault) => formatFault(fault, 'fr'))).toEqual([]);
    const { awards, competencies, partners } = schemeOf(result);
    expect(awards.map(({ id }) => id)).toEqual([
      ...['communiquer', 'organiser', 'adapter', 'integrer'].flatMap((id) => [`${id}-1`, `${id}-2`]),
      'general',
    ]);
    expect([...competencies.values()].map(({ name, abilities }) => [name, abilities.size])).toEqual([
      ['Communiquer', 2],
      ['Organiser', 9],
      ["S'adapter", 9],
      ["S'intégrer", 9],
    ]);
    expect(partners.map(({ active, secretEnv }) => [active, secretEnv !== null])).toEqual([
      [true, true],
      [true, true],
      [true, true],
      [true, true],
      [true, false],
      [false, false],
    ]);
  });

  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'palier-config-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const failure = async (): Promise<ConfigFolderError> => {
    const error: unknown = await readConfigFolder(dir).catch((reason: unknown) => reason);
    if (error instanceof ConfigFolderError) return error;
    throw new Error('A ConfigFolderError was expected', { cause: error });
  };

  test('gives both texts, under the names that a reader would type', async () => {
    const { scheme, partners } = await readConfigFolder('config');
    expect([scheme.name, partners.name]).toEqual(['config/scheme.yaml', 'config/partners.yaml']);
    expect(scheme.text).toContain('La Normandie badge les compétences');
  });

  test('names every file that is missing, and says what to do', async () => {
    const { files, message, cause } = await failure();
    expect(files.map(({ file }) => file)).toEqual([join(dir, 'scheme.yaml'), join(dir, 'partners.yaml')]);
    expect(files[0]?.fr).toMatch(/n'existe pas : le créer, ou donner dans PALIER_CONFIG/);
    expect(message).toMatch(/scheme\.yaml: there is no such file: create it/);
    expect(cause).toMatchObject({ code: 'ENOENT' });
  });

  test('refuses another encoding than UTF-8', async () => {
    await writeFile(join(dir, 'scheme.yaml'), 'scheme: ok');
    await writeFile(join(dir, 'partners.yaml'), Buffer.from('name: Fabrique d’Albâtre', 'latin1'));
    const { files } = await failure();
    expect(files).toEqual([expect.objectContaining({ file: join(dir, 'partners.yaml') })]);
    expect(files[0]?.fr).toContain("n'est pas en UTF-8");
  });

  test('tells a folder in the place of a file', async () => {
    await writeFile(join(dir, 'scheme.yaml'), 'scheme: ok');
    await mkdir(join(dir, 'partners.yaml'));
    expect((await failure()).message).toMatch(/partners\.yaml: the file cannot be read \("EISDIR"\)/);
  });
});

describe('the version', () => {
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
    return Object.fromEntries(
      mixed(Object.entries(value)).map(([key, item]) => [key, shuffled(item, random)]),
    );
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
      ['what a number asks for', 'abilities: 1', 'issuers: 1'],
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
});
