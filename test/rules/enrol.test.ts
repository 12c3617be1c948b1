import { readFileSync } from 'node:fs';
import { asBadgeId, asClientId } from '../../src/ids.js';
import { enrol, type Enrolling, type EnrolmentLine } from '../../src/rules/enrol.js';
import { faultsOf, parse, schemeOf, schemeWith } from './parse-text.js';
import * as fc from 'fast-check';
import type { Enrolment, Scheme } from '../../src/rules/types.js';
import { runs } from '../support/runs.js';

describe('case by case', () => {
  const badge = (part: Partial<EnrolmentLine> = {}): EnrolmentLine => ({
    badgeId: asBadgeId('NEW'),
    name: null,
    competency: 'communiquer',
    level: '1',
    ability: null,
    from: null,
    until: null,
    replaces: [],
    ...part,
  });
  const asked = (part: Partial<EnrolmentLine> = {}, clientId = 'P1'): Enrolling => ({
    clientId: asClientId(clientId),
    partner: { name: "Atelier d'Eu", secretEnv: 'OBF_SECRET_EU' },
    badge: badge(part),
  });

  /** A golden file: lines that begin with `+` are those that come in. */
  const before = (golden: string): string => golden.replace(/^\+.*\n/gm, '');
  const after = (golden: string): string => golden.replace(/^\+/gm, '');

  const GOLDEN: Readonly<
    Record<string, readonly [golden: string, part?: Partial<EnrolmentLine>, client?: string]>
  > = {
    'in braces, as its neighbours': [
      `# Qui participe.
partners:
  - client_id: P1 # le premier
    badges:
      - { id: A, competency: communiquer, level: 1 } # A
+      - { id: NEW, name: "Oser : l'oral", competency: communiquer, level: 1, ability: interagir }

  # Ne participe plus.
  - client_id: P2
`,
      { name: "Oser : l'oral", ability: 'interagir' },
    ],
    'key by key, as its neighbours; a comment stays with its badge': [
      `partners:
  - client_id: P1
    badges:
      - id: A
        competency: communiquer
        level: 1
        # enrolled_until: 2026-12-31
+      - id: NEW
+        competency: communiquer
+        level: 1
+        enrolled_from: 2024-01-01
+        enrolled_until: 2026-12-31
+        replaces: [ A, OLD ]
  - client_id: P2
`,
      { from: '2024-01-01', until: '2026-12-31', replaces: [asBadgeId('A'), asBadgeId('OLD')] },
    ],
    'empty lines between the badges': [
      `partners:
  - client_id: P1
    badges:
      - id: A
        competency: communiquer
        level: 1

      - id: B
        competency: communiquer
        level: 1
+
+      - id: NEW
+        competency: communiquer
+        level: 1

  - client_id: P2
`,
    ],
    'quotes stay; braces without spaces, dashes under their key': [
      `partners:
- client_id: "P1"
  badges:
  - {id: "A", competency: communiquer, level: 1}
+  - {id: NEW, competency: communiquer, level: 1, replaces: [A]}
- client_id: "P2"
`,
      { replaces: [asBadgeId('A')] },
    ],
    'a partner without badges': [
      `partners:
  - client_id: P2
    badges:
      - { id: A, competency: communiquer, level: 1 }
  - client_id: P1
    name: Un # rien encore
+    badges:
+      - { id: NEW, competency: communiquer, level: 1 }
    # secret_env: plus tard
`,
    ],
    'a new partner, with an empty line as between the others': [
      `partners:
  - client_id: P1
    badges:
      - { id: A, competency: communiquer, level: 1 }

  - client_id: P2
    active: false
+
+  - client_id: P9
+    name: Atelier d'Eu
+    secret_env: OBF_SECRET_EU
+    badges:
+      - { id: NEW, competency: communiquer, level: 1 }

# Fin.
`,
      {},
      'P9',
    ],
    'a new partner, without empty lines': [
      `partners:
- client_id: P1
  badges:
  - id: A
    competency: communiquer
    level: 1
- client_id: P2
+- client_id: P9
+  name: Atelier d'Eu
+  secret_env: OBF_SECRET_EU
+  badges:
+  - { id: NEW, competency: communiquer, level: 1 }
`,
      {},
      'P9',
    ],
    'an id that only looks like a number': [
      `partners:
  - client_id: 1E5
    badges:
      - { id: 0012, competency: communiquer, level: 1 }
+      - { id: "007", competency: communiquer, level: 1 }
`,
      { badgeId: asBadgeId('007') },
      '1E5',
    ],
  };

  describe.each(Object.entries(GOLDEN))('%s', (_, [golden, part, client]) => {
    test.each([
      ['LF', (text: string) => text],
      ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
      ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ])('%s', (_eol, form) => {
      const [old, added] = [form(before(golden)), form(after(golden))];
      const lines = golden.split('\n').flatMap((line) => (/^\+./.test(line) ? [line.slice(1)] : []));
      const enrolling = enrol(old, asked(part, client));
      expect(enrolling?.text).toBe(added);
      expect(enrolling?.lines.filter((line) => line !== '')).toEqual(lines);
      expect(enrolling?.line).toBe(golden.split('\n').findIndex((line) => /^\+./.test(line)) + 1);
      schemeOf(parse(schemeWith(), old));
      const enrolled = schemeOf(parse(schemeWith(), added)).enrolments;
      expect(enrolled.get(part?.badgeId ?? asBadgeId('NEW'))).toMatchObject({ clientId: client ?? 'P1' });
    });
  });

  const NEW = '{ id: NEW, competency: communiquer, level: 1 }';
  const A = '{ id: A, competency: communiquer, level: 1 }';

  /** Comments, quotes and values stay; the spacing becomes that of the package. */
  test.each([
    ['badges: []', `badges:\n      - ${NEW}`],
    ['badges: [ ]  # rien', `badges:\n      - ${NEW}\n      # rien`],
    ['badges: [ # rien\n      ]', `badges:\n      - ${NEW}\n      # rien`],
    [`badges: [${A}]`, `badges: [ ${A}, ${NEW} ]`],
    [`badges: [${A},]`, `badges: [ ${A}, ${NEW} ]`],
    [`badges: [\n      ${A}, # A\n    ]`, `badges: [ ${A}, ${NEW} ] # A`],
    [
      `badges:\n        -   { id: 'A', competency: communiquer,\n              level: 1 }   # A`,
      `badges:\n      - { id: 'A', competency: communiquer, level: 1 } # A\n      - ${NEW}`,
    ],
  ])('%s', (badges, added) => {
    const file = (text: string) =>
      `partners:\n  - client_id: P1\n    ${text}\n  - client_id: P2\n    name: Deux\n`;
    schemeOf(parse(schemeWith(), file(badges)));
    expect(enrol(file(badges), asked())?.text).toBe(file(added));
  });

  test.each(['{ client_id: P1 }', '{ client_id: P1, badges: [] }'])('a partner in braces: %s', (partner) => {
    expect(enrol(`partners:\n  - ${partner}`, asked())?.text).toBe(
      `partners:\n  - { client_id: P1, badges: [ ${NEW} ] }\n`,
    );
  });

  test('the first partner of all', () => {
    expect(enrol('# Personne.\npartners: [] # encore\n', asked({}, 'P9'))?.text).toBe(
      `# Personne.
partners:
  - client_id: P9
    name: Atelier d'Eu
    secret_env: OBF_SECRET_EU
    badges:
      - ${NEW}
  # encore
`,
    );
  });

  test('a file that stands in brackets altogether', () => {
    const { text = '' } = enrol('{ partners: [{ client_id: P1 }] }', asked({}, 'P9')) ?? {};
    const [, partner] = schemeOf(parse(schemeWith(), text)).partners;
    expect(partner).toMatchObject({
      clientId: 'P9',
      secretEnv: 'OBF_SECRET_EU',
      badges: [{ badgeId: 'NEW' }],
    });
  });

  test('a list that stands elsewhere is left to a hand', () => {
    const text = 'partners:\n  - client_id: P2\n    badges: &none []\n  - client_id: P1\n    badges: *none\n';
    schemeOf(parse(schemeWith(), text));
    expect(enrol(text, asked())).toBeNull();
  });

  test('the file that comes with Palier: but for spaces, one line comes in', () => {
    const text = readFileSync('config/partners.yaml', 'utf8');
    const added = enrol(text, asked({ ability: 'interagir' }, 'FABRIQUE_ALBATRE'));
    const line = '      - { id: NEW, competency: communiquer, level: 1, ability: interagir }';
    expect(added?.lines).toEqual([line]);
    const unspaced = (yaml = '') => yaml.replace(/\[ | \]/g, (bracket) => bracket.trim());
    expect(unspaced(added?.text).replace(`${line}\n`, '')).toBe(text);
    expect(added?.text).toMatch(/FAB_ACCUEIL.*\n.*id: NEW.*\n\n {2}# Ne participe plus\./);
  });

  test('what is no id stays one value, and a fault of its line', () => {
    const text =
      'partners:\n  - client_id: "P1"\n    badges:\n      - { id: "A", competency: communiquer, level: 1 }\n';
    const added = enrol(text, asked({ badgeId: asBadgeId('B", ability: "interagir') }));
    expect(faultsOf(parse(schemeWith(), added?.text ?? '')).map(({ line, en }) => `${line} ${en}`)).toEqual([
      expect.stringMatching(/^5 expected an id/),
    ]);
  });
});

describe('any file and any badge', () => {
  /** How one file is written; each number chooses among the forms of one thing. */
  interface Hand {
    readonly eol: string;
    readonly step: number;
    readonly quote: string;
    readonly padded: boolean;
    readonly gap: string;
    readonly finalEol: boolean;
  }
  interface Written {
    readonly badges: readonly { readonly braces: boolean; readonly comment: boolean }[];
    /** What stands for no badges. */
    readonly none: 'absent' | '[]' | '[ ] # rien' | '[\n] ';
    readonly list: 'dashes' | 'brackets' | 'brackets below each other';
    readonly braces: boolean;
  }

  const hand: fc.Arbitrary<Hand> = fc.record({
    eol: fc.constantFrom('\n', '\r\n'),
    step: fc.constantFrom(0, 2, 3),
    quote: fc.constantFrom('', '"', "'"),
    padded: fc.boolean(),
    gap: fc.constantFrom('', '\n', '# Un partenaire.\n', '\n      # Un commentaire.\n'),
    finalEol: fc.boolean(),
  });
  const written: fc.Arbitrary<Written> = fc.record({
    badges: fc.array(fc.record({ braces: fc.boolean(), comment: fc.boolean() }), { maxLength: 4 }),
    none: fc.constantFrom('absent', '[]', '[ ] # rien', '[\n] '),
    list: fc.constantFrom('dashes', 'brackets', 'brackets below each other'),
    braces: fc.boolean(),
  });

  const id = (name: string, { quote }: Hand): string => quote + name + quote;
  const inBraces = (fields: readonly string[], { padded }: Hand): string =>
    padded ? `{ ${fields.join(', ')} }` : `{${fields.join(', ')}}`;

  /** A partners.yaml as that hand writes it. */
  function fileOf(how: Hand, partners: readonly Written[]): string {
    const items = partners.map((partner, at) => partnerOf(how, partner, at));
    const text =
      items.length === 0 ? 'partners: []\n' : `# Début.\npartners:\n${items.join(how.gap)}# Fin.\n`;
    return (how.finalEol ? text : text.trimEnd()).replaceAll('\n', how.eol);
  }

  function partnerOf(how: Hand, partner: Written, at: number): string {
    const fields = [`client_id: ${id(`P${at}`, how)}`, `name: Organisme ${at}`];
    const dash = ' '.repeat(how.step);
    const names = partner.badges.map((_, index) => `B${at}-${index}`);
    const braced = names.map((name) => inBraces(badgeFields(name, how), how));
    if (partner.braces) return `${dash}- ${inBraces([...fields, `badges: [${braced.join(', ')}]`], how)}\n`;
    const pad = `${dash}  `;
    const list =
      names.length === 0
        ? noneOf(partner, pad)
        : partner.list === 'dashes'
          ? `${pad}badges:\n${names.map((name, index) => badgeOf(how, partner, name, index, pad)).join('')}`
          : partner.list === 'brackets'
            ? `${pad}badges: [${braced.join(', ')}] # badges\n`
            : `${pad}badges: [\n${braced.map((one) => `${pad}  ${one}, # un badge\n`).join('')}${pad}  ]\n`;
    return `${dash}- ${fields.join(`\n${pad}`)}\n${list}`;
  }

  const noneOf = ({ none }: Written, pad: string): string =>
    none === 'absent' ? '' : `${pad}badges: ${none.replace('\n', `\n${pad}  `)}\n`;

  const badgeFields = (name: string, how: Hand): readonly string[] => [
    `id: ${id(name, how)}`,
    'competency: communiquer',
    'level: 1',
  ];

  function badgeOf(how: Hand, { badges }: Written, name: string, index: number, pad: string): string {
    const dash = pad + ' '.repeat(how.step);
    const fields = badgeFields(name, how);
    const { braces, comment } = badges[index] ?? { braces: true, comment: false };
    const own = comment ? `${dash}  # de ce badge\n` : '';
    const text = braces ? inBraces(fields, how) : fields.join(`\n${dash}  `);
    return `${dash}- ${text}${comment ? ' # fin de ligne' : ''}\n${own}`;
  }

  const name = fc
    .string({ unit: 'grapheme', maxLength: 90 })
    .map((text) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim())
    // `§` marks a place in the texts of parse-text.ts.
    .filter((text) => text !== '' && !text.includes('§'));

  const enrolling = (partners: number): fc.Arbitrary<Enrolling> =>
    fc.record({
      clientId: fc.nat({ max: partners }).map((at) => asClientId(`P${at}`)),
      partner: fc.record({ name: fc.option(name), secretEnv: fc.constantFrom(null, 'OBF_SECRET') }),
      badge: fc.record({
        badgeId: fc.constantFrom('NEW', '1E5', '007', 'null', 'true', '-', '_x').map(asBadgeId),
        name: fc.option(name),
        competency: fc.constant('communiquer'),
        level: fc.constantFrom('1', '2'),
        ability: fc.constantFrom(null, 'interagir'),
        from: fc.constantFrom(null, '2024-01-01'),
        until: fc.constantFrom(null, '2026-12-31'),
        replaces: fc.constantFrom([], ['OLD'], ['OLD', 'OLDER']).map((ids) => ids.map(asBadgeId)),
      }),
    });

  const cases = fc
    .tuple(hand, fc.array(written, { maxLength: 3 }))
    .chain(([how, partners]) =>
      fc.record({ text: fc.constant(fileOf(how, partners)), asked: enrolling(partners.length) }),
    );

  const read = (text: string): Scheme => schemeOf(parse(schemeWith(), text));

  test('the badge comes in, last of its partner, and nothing else changes its meaning', () => {
    fc.assert(
      fc.property(cases, ({ text, asked }) => {
        const [old, now] = [read(text), read(enrol(text, asked)?.text ?? '')];
        const { badgeId } = asked.badge;
        const [partner] = now.partners.filter(({ clientId }) => clientId === asked.clientId);
        expect(partner?.badges.at(-1)).toMatchObject(expectedOf(asked));
        const without = now.partners.map((one) => ({
          ...one,
          badges: one.badges.filter((badge) => badge.badgeId !== badgeId),
        }));
        const isNew = !old.partnersById.has(asked.clientId);
        expect(isNew ? without.slice(0, -1) : without).toEqual(old.partners);
        if (isNew)
          expect(without.at(-1)).toMatchObject({
            clientId: asked.clientId,
            name: asked.partner.name ?? asked.clientId,
            secretEnv: asked.partner.secretEnv,
          });
      }),
      { numRuns: runs(250) },
    );
  });

  const expectedOf = ({ clientId, badge }: Enrolling): Partial<Enrolment> => ({
    badgeId: badge.badgeId,
    clientId,
    name: badge.name,
    competency: badge.competency,
    level: Number(badge.level),
    ability: badge.ability,
    replaces: badge.replaces,
  });

  test('every comment stays, one kind of line ends, and the lines told are those of the file', () => {
    fc.assert(
      fc.property(cases, ({ text, asked }) => {
        const added = enrol(text, asked);
        const now = added?.text ?? '';
        expect(commentsOf(now)).toEqual(commentsOf(text));
        expect(new Set(now.match(/\r?\n/g))).toEqual(new Set([text.includes('\r\n') ? '\r\n' : '\n']));
        const [line = 0, lines = []] = [added?.line, added?.lines];
        expect(now.split(/\r?\n/).slice(line - 1, line - 1 + lines.length)).toEqual(lines);
        expect(lines.join('\n')).toContain(asked.badge.badgeId);
      }),
      { numRuns: runs(250) },
    );
  });

  /** Those that `fileOf` writes; names have signs of their own. */
  const commentsOf = (text: string): readonly string[] =>
    [
      ...text.matchAll(
        /# (?:Début|Fin|Un partenaire|Un commentaire|rien|un badge|badges|fin de ligne|de ce badge)/g,
      ),
    ]
      .map(([comment]) => comment)
      .toSorted((a, b) => a.localeCompare(b));
});
