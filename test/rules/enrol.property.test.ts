import fc from 'fast-check';
import { asBadgeId, asClientId } from '../../src/ids.js';
import { enrol, type Enrolling } from '../../src/rules/enrol.js';
import type { Enrolment, Scheme } from '../../src/rules/types.js';
import { parse, schemeOf, schemeWith } from './parse-text.js';
import { runs } from '../support/runs.js';

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
  const text = items.length === 0 ? 'partners: []\n' : `# Début.\npartners:\n${items.join(how.gap)}# Fin.\n`;
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
  // `§` marks a place in the texts of parse-support.ts.
  .filter((text) => text !== '' && !text.includes('§'));

const enrolling = (partners: number): fc.Arbitrary<Enrolling> =>
  fc.record({
    clientId: fc.nat({ max: partners }).map((at) => asClientId(`P${at}`)),
    partner: fc.record({ name: fc.option(name), secretEnv: fc.constantFrom(null, 'OBF_SECRET') }),
    badge: fc.record({
      badgeId: fc.constantFrom('NEW', '1E5', '007', 'null', 'true', '-', '_x').map(asBadgeId),
      name: fc.option(name),
      competency: fc.constant('communiquer'),
      level: fc.constantFrom(1, 2),
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
  level: badge.level,
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
