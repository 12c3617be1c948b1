import { faultsOf, markedPlace, parse, partnersWith, placeOf, schemeWith } from './parse-text.js';

/** What is wrong, the text with its place marked by §, and what both languages must say. */
type Row = readonly [what: string, text: string, fr: string, en: string];

const rule = (text: string): string => schemeWith({ rule: text });
const award = (text: string): string => schemeWith({ award: text });
const more = (text: string): string => schemeWith({ more: text });
const competencies = (text: string): string => schemeWith({ competencies: text });

const WHOLE = ['attendu : un nombre entier à partir de 1', 'expected a whole number from 1'] as const;
const NO_DATE = ['attendu : une date du calendrier', 'expected a date of the calendar'] as const;
const ID = ['attendu : un identifiant', 'expected an id'] as const;
const MAP = ['attendu : une table', 'expected a map'] as const;
const EMPTY = ['une liste qui ne soit pas vide', 'a list that is not empty'] as const;

const SYNTAX: readonly Row[] = [
  [
    'a tab',
    'scheme: X\n§\tawards: {}\n',
    'YAML illisible : tabulation',
    'unreadable YAML: Tabs are not allowed',
  ],
  ['an open quote', 'scheme: "X\nawards: {}\n§', 'il manque un caractère', 'Missing closing'],
  ['an open bracket', 'scheme: X\nawards: { a: [1\n§', 'YAML illisible', 'unreadable YAML'],
  ['an unknown tag', 'scheme: §!x y\n', 'étiquette', 'Unresolved tag'],
  [
    'a second document',
    'scheme: X\n§---\nscheme: Y\n',
    'un seul document par fichier',
    'one document per file',
  ],
  [
    'an alias of nothing',
    award('name: §*name'),
    'alias « *name » sans ancre',
    'alias "*name" without an anchor',
  ],
  [
    'an alias of itself',
    rule('&a { all: [ §*a ] }'),
    'condition imbriquée sur plus de 20 niveaux',
    'condition nested more than 20 levels deep',
  ],
  ['nothing at all', '§', 'trouvé : rien', 'found nothing'],
  ['a list', '§- scheme', 'attendu : une table', 'expected a map, found a list'],
  [
    'a key given twice',
    award('§badge: R9'),
    'clé « badge » en double : déjà en config/scheme.yaml:10',
    'key "badge" is given twice: already at config/scheme.yaml:10',
  ],
  [
    'a key that is a list',
    award('? §[a]\n    : 1'),
    'attendu : un nom de clé',
    'expected the name of a key, found a list',
  ],
];

const KEYS: readonly Row[] = [
  [
    'an unknown key at the top',
    `${schemeWith()}§awrads: {}`,
    'clé inconnue « awrads » : vouliez-vous dire « awards » ? (connues : scheme, competencies, awards)',
    'unknown key "awrads": did you mean "awards"? (known: scheme, competencies, awards)',
  ],
  [
    'an unknown key of an award',
    award('§onloss: keep'),
    'vouliez-vous dire « on_loss » ?',
    'did you mean "on_loss"?',
  ],
  [
    'an unknown key that resembles none',
    award('§zzz: 1'),
    'clé inconnue « zzz » (connues : badge, rule',
    '"zzz" (known',
  ],
  ['a key named __proto__', award('§__proto__: 1'), 'clé inconnue « __proto__ »', 'unknown key "__proto__"'],
  [
    'an unknown key of a competency',
    competencies('  adapter: { §nom: A }'),
    'vouliez-vous dire « name »',
    'did you mean "name"',
  ],
  [
    'an unknown key of a condition',
    rule('{ §al: [ { holds: communiquer-3 } ] }')
      .replace('communiquer-3', 'communiquer-2')
      .replace(/badge: R2.*/, 'badge: R2, rule: { at_least: 1, of: { level: 1 } } }'),
    'vouliez-vous dire « all »',
    'did you mean "all"',
  ],
  [
    'an unknown key of a selector',
    rule('{ at_least: 1, of: { §niveau: 1 } }'),
    'clé inconnue « niveau » (connues : competency, level, ability, issuers, badges)',
    'unknown key "niveau"',
  ],
  [
    'no top-level key',
    schemeWith().replace('scheme: Essai\n', '§'),
    'la clé « scheme » manque',
    'the key "scheme" is missing',
  ],
  [
    'an award without badge',
    more('  x: §{ rule: { holds: communiquer-1 } }'),
    '« badge » manque',
    '"badge" is missing',
  ],
  ['an award without rule', more('  x:\n    §badge: R9'), '« rule » manque', '"rule" is missing'],
  ['at_least without of', rule('§{ at_least: 1 }'), '« of » manque', '"of" is missing'],
];

const VALUES: readonly Row[] = [
  ['a name that is a list', schemeWith().replace('Essai', '§[a]'), 'attendu : un texte', 'expected a text'],
  ['an empty name', award('name: §""'), 'attendu : un texte', 'expected a text'],
  [
    'competencies that are a list',
    schemeWith().replace(/competencies:[^]*awards/, 'competencies: §[]\nawards'),
    ...MAP,
  ],
  ['awards that are nothing', schemeWith().replace(/awards:[^]*/, 'awards: §'), ...MAP],
  ['a competency id', competencies('  §s-intégrer: { name: I }'), ...ID],
  ['an ability id', competencies('  a: { name: A, abilities: { §a b: x } }'), ...ID],
  ['an award id', more('  §a:b: { badge: R9, rule: { holds: communiquer-1 } }'), ...ID],
  ['an award named __proto__', more('  §__proto__: { badge: R9, rule: { holds: communiquer-1 } }'), ...ID],
  ['a badge id', schemeWith().replace('R2', '§R/2'), ...ID],
  [
    'a badge that is nothing',
    schemeWith().replace('R1', '§'),
    'attendu : un nom ; trouvé : rien',
    'found nothing',
  ],
  [
    'active that is no boolean',
    award('active: §oui'),
    'true ou false ; trouvé : « oui »',
    'expected true or false, found "oui"',
  ],
  [
    'on_loss misspelt',
    award('on_loss: §revok'),
    'vouliez-vous dire « revoke » ? (connues : keep, flag, revoke)',
    'did you mean "revoke"?',
  ],
  ['level 0 of an award', schemeWith().replace('level: 1', 'level: §0'), ...WHOLE],
  ['a level that is text', schemeWith().replace('level: 1', 'level: §"1"'), ...WHOLE],
  ['a rule that is nothing', schemeWith().replace('{ holds: communiquer-1 }', '§~'), ...MAP],
  ['a condition that is a name', rule('{ all: [§communiquer-2] }'), ...MAP],
  ['at_least 0', rule('{ at_least: §0, of: { level: 1 } }'), ...WHOLE],
  ['at_least 0 of a list', rule('{ at_least: §0, of: [ { at_least: 1, of: { level: 1 } } ] }'), ...WHOLE],
  ['at_least negative', rule('{ at_least: §-1, of: { level: 1 } }'), ...WHOLE],
  ['at_least not whole', rule('{ at_least: §1.5, of: { level: 1 } }'), ...WHOLE],
  ['at_least beyond counting', rule('{ at_least: §99999999999999999999, of: { level: 1 } }'), ...WHOLE],
  ['at_least infinite', rule('{ at_least: §.inf, of: { level: 1 } }'), ...WHOLE],
  ['level 0 of a selector', rule('{ at_least: 1, of: { level: §0 } }'), ...WHOLE],
  [
    'of that is a name',
    rule('{ at_least: 1, of: §communiquer }'),
    'une liste de conditions ([...]) ou un sélecteur',
    'a list of conditions ([...]) or a selector',
  ],
  ['a day that is none', rule('{ at_least: 1, of: { level: 1 }, issued_from: §2024-02-30 }'), ...NO_DATE],
  [
    'a date with a time',
    rule('{ at_least: 1, of: { level: 1 }, issued_until: §2024-02-01T00:00 }'),
    ...NO_DATE,
  ],
  ['a date that is a year', rule('{ at_least: 1, of: { level: 1 }, issued_until: §2024 }'), ...NO_DATE],
];

const CONDITIONS: readonly Row[] = [
  ['an empty all', rule('{ all: §[] }'), ...EMPTY],
  ['an empty any', rule('{ any: §[] }'), ...EMPTY],
  ['an empty of', rule('{ at_least: 1, of: §[] }'), ...EMPTY],
  ['empty badges', rule('{ at_least: 1, of: { badges: §[] } }'), ...EMPTY],
  ['empty issuers', rule('{ at_least: 1, of: { issuers: §[] } }'), ...EMPTY],
  ['an empty selector', rule('{ at_least: 1, of: §{} }'), 'sélecteur vide', 'empty selector'],
  [
    'no form',
    rule('§{ of: [ { level: 1 } ] }'),
    'exactement une de ces clés : all, any, at_least, holds',
    'exactly one of these keys',
  ],
  ['an empty condition', rule('{ all: [ §{} ] }'), 'exactement une de ces clés', 'exactly one of these keys'],
  [
    'two forms',
    rule('{ all: [ { at_least: 1, of: { level: 1 } } ], §any: [ { at_least: 1, of: { level: 1 } } ] }'),
    '« all » et « any » dans une même condition',
    '"all" and "any" in one condition',
  ],
  [
    'issuers beside a list',
    rule('{ at_least: 1, of: [ { at_least: 1, of: { level: 1 } } ], §issuers: 1 }'),
    "la clé « issuers » ne va pas à côté d'une liste de conditions",
    'the key "issuers" does not go beside a list of conditions',
  ],
  [
    'of beside all',
    rule('{ all: [ { at_least: 1, of: { level: 1 } } ], §of: { level: 1 } }'),
    "la clé « of » ne va pas à côté de « all » : elle ne va qu'avec « at_least »",
    'the key "of" does not go beside "all"',
  ],
  [
    'a rule too deep',
    rule(`${'{ all: [ '.repeat(20)}§{ at_least: 1, of: { level: 1 } }${' ] }'.repeat(20)}`),
    'condition imbriquée sur plus de 20 niveaux',
    'condition nested more than 20 levels deep',
  ],
  [
    'an award that holds itself',
    more('  x: { badge: R9, rule: { any: [ { holds: communiquer-1 }, { holds: §x } ] } }'),
    'boucle : « x » demande « x »',
    'circle: "x" holds "x"',
  ],
  [
    'awards that hold each other',
    more(`  x: { badge: R9, rule: { holds: y } }
  y: { badge: R8, rule: { all: [ { holds: communiquer-2 }, { holds: z } ] } }
  z: { badge: R7, rule: { holds: §x } }`),
    'boucle : « x » demande « y » demande « z » demande « x »',
    'circle: "x" holds "y" holds "z" holds "x"',
  ],
  [
    'two awards with one badge',
    more('  x: { badge: §R1, rule: { holds: communiquer-1 } }'),
    'badge « R1 » en double : déjà en config/scheme.yaml:10',
    'badge "R1" is given twice: already at config/scheme.yaml:10',
  ],
];

const NAMES: readonly Row[] = [
  [
    'a competency of a selector',
    rule('{ at_least: 1, of: { competency: §comuniquer } }'),
    'compétence inconnue « comuniquer » : vouliez-vous dire « communiquer » ? (connues : communiquer, organiser)',
    'unknown competency "comuniquer": did you mean "communiquer"? (known: communiquer, organiser)',
  ],
  [
    'a competency of an award',
    award('competency: §Organiser'),
    'vouliez-vous dire « organiser »',
    'did you mean "organiser"',
  ],
  [
    'an award held',
    more('  x: { badge: R9, rule: { holds: §comuniquer-2 } }'),
    'badge Région inconnu « comuniquer-2 » : vouliez-vous dire « communiquer-2 » ?',
    'unknown award "comuniquer-2": did you mean "communiquer-2"?',
  ],
  [
    'a name that JavaScript knows',
    more('  x: { badge: R9, rule: { holds: §toString } }'),
    'badge Région inconnu « toString »',
    'unknown award "toString"',
  ],
  [
    'an ability of a selector',
    rule('{ at_least: 1, of: { competency: communiquer, ability: §interragir } }'),
    'capacité inconnue « interragir » : vouliez-vous dire « interagir » ? (connues : interagir, transmettre)',
    'unknown ability "interragir": did you mean "interagir"?',
  ],
  [
    'an ability of another competency',
    rule('{ at_least: 1, of: { competency: organiser, ability: §interagir } }'),
    "capacité inconnue « interagir » (aucune n'est déclarée)",
    'unknown ability "interagir" (none is declared)',
  ],
  [
    'an issuer',
    rule('{ at_least: 1, of: { issuers: [P1, §p2] } }'),
    'partenaire inconnu « p2 » : vouliez-vous dire « P2 » ?',
    'unknown partner "p2": did you mean "P2"?',
  ],
  [
    'a badge that nobody enrolled',
    rule('{ at_least: 1, of: { badges: [B1, §B99] } }'),
    "badge inconnu « B99 », que personne n'a inscrit",
    'unknown badge "B99", which nobody enrolled',
  ],
];

const REACH: readonly Row[] = [
  [
    'at_least above a list',
    rule('{ at_least: §2, of: [ { at_least: 1, of: { level: 1 } } ] }'),
    'la liste a 1 condition',
    'the list has 1 condition',
  ],
  [
    'at_least above listed badges, versions once',
    rule('{ at_least: §3, of: { badges: [B0, B1, B2] } }'),
    '« at_least: 3 » ne peut jamais être atteint : le sélecteur donne 2 badge(s) distinct(s)',
    '"at_least: 3" can never be reached: the selector gives 2 distinct badge(s)',
  ],
  [
    'at_least above what listed issuers have',
    rule('{ at_least: §2, of: { badges: [B1, B3], issuers: [P1] } }'),
    'donne 1 badge',
    'gives 1 distinct badge',
  ],
  [
    'at_least above per_issuer and listed badges',
    rule('{ at_least: §3, of: { badges: [B1, B2, B3] }, per_issuer: 1 }'),
    'donne 2 badge',
    'gives 2 distinct badge',
  ],
  [
    'at_least above per_issuer × issuers',
    rule('{ at_least: §5, of: { issuers: [P1, P2] }, per_issuer: 2 }'),
    'donne 4 badge',
    'gives 4 distinct badge',
  ],
  [
    'issuers above the listed',
    rule('{ at_least: 1, of: { issuers: [P1] }, issuers: §2 }'),
    'donne 1 partenaire',
    'gives 1 partner',
  ],
  [
    'issuers above those of listed badges',
    rule('{ at_least: 1, of: { badges: [B1, B2] }, issuers: §2 }'),
    'donne 1 partenaire',
    'gives 1 partner',
  ],
  [
    'abilities above the declared',
    rule('{ at_least: 1, of: { competency: communiquer }, abilities: §3 }'),
    'donne 2 capacité',
    'gives 2 distinct abilities',
  ],
  [
    'abilities of one ability',
    rule('{ at_least: 1, of: { ability: interagir }, abilities: §2 }'),
    'donne 1 capacité',
    'gives 1 distinct abilities',
  ],
  [
    'abilities of all competencies',
    rule('{ at_least: 1, of: { level: 1 }, abilities: §3 }'),
    'donne 2 capacité',
    'gives 2 distinct abilities',
  ],
];

const PARTNERS: readonly Row[] = [
  [
    'an unknown key at the top',
    `${partnersWith({})}§partner: []`,
    'vouliez-vous dire « partners »',
    'did you mean "partners"',
  ],
  ['no partners', '§{}', '« partners » manque', '"partners" is missing'],
  ['partners that are a map', 'partners: §{}', 'attendu : une liste', 'expected a list'],
  ['a partner that is a name', partnersWith({ partner: '§P3' }), ...MAP],
  [
    'an unknown key of a partner',
    partnersWith({ partner: '{ client_id: P3, §actif: true }' }),
    'vouliez-vous dire « active »',
    'did you mean "active"',
  ],
  [
    'a partner without id',
    partnersWith({ partner: '§{ name: X }' }),
    '« client_id » manque',
    '"client_id" is missing',
  ],
  ['a client id', partnersWith({ partner: '{ client_id: §P 3 }' }), ...ID],
  [
    'two partners with one client id',
    partnersWith({ partner: '{ client_id: §P1 }' }),
    'partenaire « P1 » en double : déjà en config/partners.yaml:2',
    'partner "P1" is given twice: already at config/partners.yaml:2',
  ],
  [
    'active that is no boolean',
    partnersWith({ partner: '{ client_id: P3, active: §1 }' }),
    'true ou false',
    'true or false',
  ],
  [
    'a variable name',
    partnersWith({ partner: '{ client_id: P3, secret_env: §OBF-KEY }' }),
    "le nom d'une variable d'environnement",
    'the name of an environment variable',
  ],
  [
    'badges that are nothing',
    partnersWith({ partner: '{ client_id: P3, badges: §~ }' }),
    'attendu : une liste ; trouvé : rien',
    'expected a list, found nothing',
  ],
  [
    'an unknown key of a badge',
    partnersWith({ badge: '{ id: B9, competency: organiser, level: 1, §enrolled_form: 2024-01-01 }' }),
    'vouliez-vous dire « enrolled_from »',
    'did you mean "enrolled_from"',
  ],
  [
    'a badge without id',
    partnersWith({ badge: '§{ competency: organiser, level: 1 }' }),
    '« id » manque',
    '"id" is missing',
  ],
  [
    'a badge without competency',
    partnersWith({ badge: '§{ id: B9, level: 1 }' }),
    '« competency » manque',
    '"competency" is missing',
  ],
  [
    'a badge without level',
    partnersWith({ badge: '§{ id: B9, competency: organiser }' }),
    '« level » manque',
    '"level" is missing',
  ],
  ['a badge id', partnersWith({ badge: '{ id: §"B:9", competency: organiser, level: 1 }' }), ...ID],
  ['a level', partnersWith({ badge: '{ id: B9, competency: organiser, level: §deux }' }), ...WHOLE],
  [
    'a competency',
    partnersWith({ badge: '{ id: B9, competency: §organizer, level: 1 }' }),
    'vouliez-vous dire « organiser »',
    'did you mean "organiser"',
  ],
  [
    'an ability',
    partnersWith({ badge: '{ id: B9, competency: communiquer, level: 1, ability: §transmetre }' }),
    'vouliez-vous dire « transmettre »',
    'did you mean "transmettre"',
  ],
  [
    'a date',
    partnersWith({ badge: '{ id: B9, competency: organiser, level: 1, enrolled_from: §2023-02-29 }' }),
    ...NO_DATE,
  ],
  [
    'dates that cross',
    partnersWith({
      badge:
        '{ id: B9, competency: organiser, level: 1, enrolled_from: 2024-01-02, enrolled_until: §2024-01-01 }',
    }),
    '« enrolled_until » (2024-01-01) vient avant « enrolled_from » (2024-01-02)',
    '"enrolled_until" (2024-01-01) comes before "enrolled_from" (2024-01-02)',
  ],
  [
    'a badge enrolled twice by one',
    partnersWith({ badge: '{ id: §B3, competency: organiser, level: 1 }' }),
    'badge « B3 » en double : déjà en config/partners.yaml:9',
    'badge "B3" is given twice: already at config/partners.yaml:9',
  ],
  [
    'a badge enrolled by two',
    partnersWith({ badge: '{ id: §B2, competency: organiser, level: 1 }' }),
    'déjà en config/partners.yaml:6',
    'already at config/partners.yaml:6',
  ],
  [
    'a badge that replaces itself',
    partnersWith({ badge: '{ id: B9, competency: organiser, level: 1, replaces: [§B9] }' }),
    'boucle : « B9 » remplace « B9 »',
    'circle: "B9" replaces "B9"',
  ],
  [
    'badges that replace each other',
    partnersWith({
      badge:
        '{ id: B8, competency: organiser, level: 1, replaces: [B9] }\n      - { id: B9, competency: organiser, level: 1, replaces: [§B8] }',
    }),
    'boucle : « B8 » remplace « B9 » remplace « B8 »',
    'circle: "B8" replaces "B9" replaces "B8"',
  ],
  [
    "a badge that replaces another partner's",
    partnersWith({ badge: '{ id: B9, competency: organiser, level: 1, replaces: [§B2] }' }),
    'le badge « B2 » est du partenaire « P1 »',
    'the badge "B2" is the partner "P1"\'s',
  ],
  [
    'replaces that is a name',
    partnersWith({ badge: '{ id: B9, competency: organiser, level: 1, replaces: §B4 }' }),
    'attendu : une liste',
    'expected a list',
  ],
];

describe('a fault of scheme.yaml is told once, at its place, with what is allowed', () => {
  const rows = [...SYNTAX, ...KEYS, ...VALUES, ...CONDITIONS, ...NAMES, ...REACH];
  test.each(rows)('%s', (_what, text, fr, en) => {
    const faults = faultsOf(parse(text));
    expect(faults.map(placeOf)).toEqual([markedPlace(text)]);
    expect(faults[0]?.fr).toContain(fr);
    expect(faults[0]?.en).toContain(en);
  });
});

describe('a fault of partners.yaml is told once, at its place, with what is allowed', () => {
  test.each(PARTNERS)('%s', (_what, text, fr, en) => {
    // A scheme of competencies alone: nothing else can be at fault.
    const scheme = schemeWith().replace(/awards:[^]*/, 'awards: {}');
    const faults = faultsOf(parse(scheme, text));
    expect(faults.map(placeOf)).toEqual([markedPlace('', text)]);
    expect(faults[0]?.fr).toContain(fr);
    expect(faults[0]?.en).toContain(en);
  });
});
