import { readFileSync } from 'node:fs';
import { asBadgeId, asClientId } from '../../src/ids.js';
import { enrol, type Enrolling, type EnrolmentLine } from '../../src/rules/enrol.js';
import { faultsOf, parse, schemeOf, schemeWith } from './parse-support.js';

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

/** A golden file: lines that begin with `+` are those that come in, and so is a comma at the mark. */
const before = (golden: string): string => golden.replace(/^\+.*\n/gm, '').replace('§', '');
const after = (golden: string): string => golden.replace(/^\+/gm, '').replace('§', ',');

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
  'key by key, as its neighbours; a comment further in stays with its badge': [
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
+        replaces: [A, OLD]
      # Rien d'autre.
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
  'ids in quotes, braces without spaces, dashes under their key': [
    `partners:
- client_id: "P1"
  badges:
  - {id: "A", competency: communiquer, level: 1}
+  - {id: "NEW", competency: communiquer, level: 1, replaces: ["A"]}
- client_id: "P2"
`,
    { replaces: [asBadgeId('A')] },
  ],
  'ids in apostrophes': [
    `partners:
    -   client_id: 'P1'
        badges:
            -   { id: 'A', competency: communiquer, level: 1 }
+            - { id: 'NEW', competency: communiquer, level: 1 }
`,
  ],
  'a partner without badges': [
    `partners:
  - client_id: P2
    badges:
        - { id: A, competency: communiquer, level: 1 }
  - client_id: P1
    name: Un # rien encore
    # secret_env: plus tard
+    badges:
+        - { id: NEW, competency: communiquer, level: 1 }
# Fin.
`,
  ],
  'braces over several lines': [
    `partners:
  - client_id: P1
    badges:
      - { id: A, competency: communiquer,
          level: 1 } # A
+      - { id: NEW, competency: communiquer, level: 1 }
...
`,
  ],
  'brackets over several lines, with a last comma': [
    `partners:
  - client_id: P1
    badges: [
        { id: A, competency: communiquer, level: 1 }, # A
+        { id: NEW, competency: communiquer, level: 1 },
      ]
`,
  ],
  'brackets over several lines, whose last item has its comma yet to come': [
    `partners:
  - client_id: P1
    badges: [
        { id: A, competency: communiquer, level: 1 }§ # A
+        { id: NEW, competency: communiquer, level: 1 }
      ]
`,
  ],
  'a text block at the end': [
    `---
partners:
  - client_id: P1
    badges:
      - competency: communiquer
        level: 1
        id: A
        name: >
          Prendre
          la parole
+      - id: NEW
+        competency: communiquer
+        level: 1
  - client_id: P2
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
    ['no end of the last line', (text: string) => text.replace(/\n$/, '')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
  ])('%s', (_eol, form) => {
    const [old, added] = [form(before(golden)), form(after(golden))];
    expect(enrol(old, asked(part, client))).toBe(added);
    schemeOf(parse(schemeWith(), old));
    const enrolled = schemeOf(parse(schemeWith(), added)).enrolments;
    expect(enrolled.get(part?.badgeId ?? asBadgeId('NEW'))).toMatchObject({ clientId: client ?? 'P1' });
  });
});

test.each([
  ['[]', 'badges:\n      - { id: NEW, competency: communiquer, level: 1 }\n'],
  ['[ ]  # rien', 'badges:  # rien\n      - { id: NEW, competency: communiquer, level: 1 }\n'],
  ['[ # rien\n      ]', 'badges: [{ id: NEW, competency: communiquer, level: 1 } # rien\n      ]\n'],
  [
    '[{ id: A, competency: communiquer, level: 1 }]',
    'badges: [{ id: A, competency: communiquer, level: 1 }, { id: NEW, competency: communiquer, level: 1 }]\n',
  ],
  [
    '[{ id: A, competency: communiquer, level: 1 },]',
    'badges: [{ id: A, competency: communiquer, level: 1 }, { id: NEW, competency: communiquer, level: 1 },]\n',
  ],
])('badges: %s', (list, added) => {
  const file = (badges: string) =>
    `partners:\n  - client_id: P1\n    ${badges}  - client_id: P2\n    name: Deux\n`;
  expect(enrol(file(`badges: ${list}\n`), asked())).toBe(file(added));
});

test.each([
  ['- { client_id: P1 }', '- { client_id: P1, badges: [{ id: NEW, competency: communiquer, level: 1 }] }'],
  [
    '- { client_id: P1, badges: [] }',
    '- { client_id: P1, badges: [{ id: NEW, competency: communiquer, level: 1 }] }',
  ],
])('a partner in braces: %s', (partner, added) => {
  expect(enrol(`partners:\n  ${partner}\n`, asked())).toBe(`partners:\n  ${added}\n`);
});

test('the first partner of all', () => {
  expect(enrol('# Personne.\npartners: [] # encore\n', asked({}, 'P9'))).toBe(
    `# Personne.
partners: # encore
  - client_id: P9
    name: Atelier d'Eu
    secret_env: OBF_SECRET_EU
    badges:
      - { id: NEW, competency: communiquer, level: 1 }
`,
  );
});

test('a file that stands in brackets altogether', () => {
  expect(enrol('{ partners: [{ client_id: P1 }] }', asked({}, 'P9'))).toBe(
    `{ partners: [{ client_id: P1 }, { client_id: P9, name: Atelier d'Eu, secret_env: OBF_SECRET_EU, badges: [{ id: NEW, competency: communiquer, level: 1 }] }] }`,
  );
});

test('a list that stands elsewhere is left to a hand', () => {
  const text = 'partners:\n  - client_id: P2\n    badges: &none []\n  - client_id: P1\n    badges: *none\n';
  schemeOf(parse(schemeWith(), text));
  expect(enrol(text, asked())).toBeNull();
});

test('the file that comes with Palier', () => {
  const text = readFileSync('config/partners.yaml', 'utf8');
  const added = enrol(text, asked({ ability: 'interagir' }, 'FABRIQUE_ALBATRE'));
  const line = '      - { id: NEW, competency: communiquer, level: 1, ability: interagir }\n';
  expect(added?.replace(line, '')).toBe(text);
  expect(added).toMatch(/FAB_ACCUEIL.*\n.*id: NEW.*\n\n {2}# Ne participe plus\./);
});

test('what is no id stays one value, and a fault of its line', () => {
  const text =
    'partners:\n  - client_id: "P1"\n    badges:\n      - { id: "A", competency: communiquer, level: 1 }\n';
  const added = enrol(text, asked({ badgeId: asBadgeId('B", ability: "interagir') }));
  expect(faultsOf(parse(schemeWith(), added ?? '')).map(({ line, en }) => `${line} ${en}`)).toEqual([
    expect.stringMatching(/^5 expected an id/),
  ]);
});
