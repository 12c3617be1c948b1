import { readFileSync } from 'node:fs';
import { asBadgeId, asClientId } from '../../src/ids.js';
import { enrol, type Enrolling, type EnrolmentLine } from '../../src/rules/enrol.js';
import { faultsOf, parse, schemeOf, schemeWith } from './parse-text.js';

const badge = (part: Partial<EnrolmentLine> = {}): EnrolmentLine => ({
  badgeId: asBadgeId('NEW'),
  name: null,
  competency: 'communiquer',
  level: 1,
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
  'key by key where the line would be too long': [
    `partners:
  - client_id: P1
    badges:
      - { id: A, competency: communiquer, level: 1 }
+      - id: NEW
+        name: Transmettre une consigne à tous les membres de son équipe d'atelier
+        competency: communiquer
+        level: 1
+        ability: interagir
`,
    {
      name: "Transmettre une consigne à tous les membres de son équipe d'atelier",
      ability: 'interagir',
    },
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
+  - id: NEW
+    competency: communiquer
+    level: 1
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
  expect(partner).toMatchObject({ clientId: 'P9', secretEnv: 'OBF_SECRET_EU', badges: [{ badgeId: 'NEW' }] });
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
