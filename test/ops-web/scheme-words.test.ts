import * as fc from 'fast-check';
import { onLossWords, ruleWords, type RuleLine } from '../../src/rules/explain/formatter.js';
import { isEmptyDiff, schemeDiff } from '../../src/rules/scheme-diff.js';
import type { Scheme } from '../../src/rules/types.js';
import { issuesWords } from '../../src/ops/web/scheme/read.js';
import { TRANSLATORS } from '../../src/ops/web/words.js';
import { parse } from '../support/house.js';

const SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer, abilities: { interagir: Interagir avec autrui } }
awards:
  un: { name: Un, badge: R1, rule: { at_least: 3, of: { competency: communiquer }, issuers: 2 } }
  deux:
    name: Deux
    badge: R2
    rule: { at_least: 2, of: [ { holds: un }, { at_least: 1, of: { level: 2, ability: interagir } }, { all: [ { holds: un } ] } ] }
`;
const PARTNERS = `
partners:
  - client_id: P1
    name: Organisme un
    badges:
      - { id: A, name: Badge A, competency: communiquer, level: 1, replaces: [B] }
      - { id: B, competency: communiquer, level: 1 }
      - { id: C, competency: communiquer, level: 2, ability: interagir }
  - { client_id: P2, name: Organisme deux, badges: [ { id: D, competency: communiquer, level: 1 } ] }
`;
const ruleOf = (scheme: Scheme, id: string): RuleLine => {
  const award = scheme.awards.find((one) => one.id === id);
  if (award === undefined) throw new Error(`no award ${id}`);
  return ruleWords(scheme, award.rule, 'fr');
};
const base = parse(SCHEME, PARTNERS);

test('rules are told in words, a group of one as that one', () => {
  expect(ruleOf(base, 'un')).toEqual({
    text: "3 badges « Communiquer », d'au moins 2 organismes",
    under: [],
  });
  expect(ruleOf(base, 'deux')).toEqual({
    text: 'au moins 2 de ces 3 conditions :',
    under: [
      { text: 'avoir le badge Région « Un »', under: [] },
      { text: '1 badge de niveau 2, pour la capacité « Interagir avec autrui »', under: [] },
      { text: 'avoir le badge Région « Un »', under: [] },
    ],
  });
  expect(onLossWords('keep', 'fr')).toContain('est conservé');
});

test('numbers agree with their nouns', () => {
  const { fr, en } = TRANSLATORS;
  expect(issuesWords(0, 0, fr)).toBe('Aucun badge ne sera délivré');
  expect(issuesWords(1, 1, fr)).toBe('1 badge sera délivré à 1 personne');
  expect(issuesWords(124, 118, fr)).toBe('124 badges seront délivrés à 118 personnes');
  expect(issuesWords(1240, 1180, en)).toBe('1,240 awards will be issued to 1,180 people');
});

/** Each change of the texts, and what is told of it. */
const CHANGES: readonly [what: string, scheme: string, partners: string, told: object][] = [
  ['nothing', SCHEME, PARTNERS, {}],
  [
    'a threshold',
    SCHEME.replace('at_least: 3', 'at_least: 2'),
    PARTNERS,
    { awards: { changed: [{ after: { id: 'un' }, changes: ['rule'] }] } },
  ],
  [
    'an award switched off, and what follows a loss',
    SCHEME.replace('badge: R1,', 'badge: R1, active: false, on_loss: keep,'),
    PARTNERS,
    { awards: { changed: [{ changes: ['active', 'onLoss'] }] } },
  ],
  [
    'an award added',
    `${SCHEME}  trois: { badge: R3, rule: { holds: deux } }\n`,
    PARTNERS,
    { awards: { added: [{ id: 'trois' }] } },
  ],
  [
    'a badge enrolled, another withdrawn',
    SCHEME,
    PARTNERS.replace('id: D', 'id: E'),
    { enrolments: { added: [{ badgeId: 'E' }], removed: [{ badgeId: 'D' }] } },
  ],
  [
    'a badge of another level, with an end',
    SCHEME,
    PARTNERS.replace(
      'id: D, competency: communiquer, level: 1',
      'id: D, competency: communiquer, level: 2, enrolled_until: 2026-12-31',
    ),
    { enrolments: { changed: [{ changes: ['sort', 'dates'] }] } },
  ],
  [
    'an organisation that takes no part any more',
    SCHEME,
    PARTNERS.replace('client_id: P2,', 'client_id: P2, active: false,'),
    { partners: { changed: [{ after: { clientId: 'P2', active: false } }] } },
  ],
];

test.each(CHANGES)('what differs is told: %s', (what, scheme, partners, told) => {
  const diff = schemeDiff(base, parse(scheme, partners));
  expect(diff).toMatchObject(told);
  expect(isEmptyDiff(diff)).toBe(what === 'nothing');
  // The other way round, what was added is removed.
  const back = schemeDiff(parse(scheme, partners), base);
  expect(back.awards.removed).toEqual(diff.awards.added);
  expect(back.enrolments.removed).toEqual(diff.enrolments.added);
});

test('another version is never told as no difference', () => {
  const edits: readonly ((texts: readonly [string, string]) => readonly [string, string])[] = [
    ([s, p]) => [s.replace('at_least: 3', 'at_least: 1'), p],
    ([s, p]) => [s.replace('issuers: 2', 'issuers: 1'), p],
    ([s, p]) => [s.replace('badge: R2', 'badge: R2, active: false'.replace(', active', '\n    active')), p],
    ([s, p]) => [s, p.replace(', replaces: [B]', '')],
    ([s, p]) => [s, p.replace('level: 2', 'level: 1')],
    ([s, p]) => [s, p.replace('client_id: P2,', 'client_id: P2, active: false,')],
    // Of these, nothing follows.
    ([s, p]) => [`# a comment\n${s}`, p],
    ([s, p]) => [s, p.replace('id: A, name: Badge A,', 'name: Badge A, id: A,')],
  ];
  const texts = fc
    .subarray([...edits])
    .map((chosen) =>
      chosen.reduce((now, edit) => edit(now), [SCHEME, PARTNERS] as readonly [string, string]),
    );
  fc.assert(
    fc.property(texts, texts, ([s1, p1], [s2, p2]) => {
      const [before, after] = [parse(s1, p1), parse(s2, p2)];
      expect(isEmptyDiff(schemeDiff(before, after))).toBe(before.version === after.version);
    }),
  );
});
