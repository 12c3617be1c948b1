import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from '../../src/rules/evaluate.js';
import type { Lang } from '../../src/rules/explain/explanation.js';
import { explainText } from '../../src/rules/explain/text.js';
import { explainJson, explainSchema } from '../../src/rules/explain/json.js';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';
import type { Scheme } from '../../src/rules/types.js';
import { type Case, CASES, CURRENT_RULES, NOW_S } from '../golden/explain/cases.js';

const DIR = 'test/golden/explain';
const textOf = (file: string): string => readFileSync(join(DIR, file), 'utf8');

const schemeOf = (name: Case['scheme']): Scheme =>
  schemeOrThrow(
    {
      scheme: { name: `${name}.yaml`, text: `${textOf('competences.yaml')}\n${textOf(`${name}.yaml`)}` },
      partners: { name: 'partners.yaml', text: textOf('partners.yaml') },
    },
    'Europe/Paris',
  );

function partsOf({ scheme: name, portfolio, background }: Case) {
  const scheme = schemeOf(name);
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
  return explainText(scheme, evaluation, lang, background, one.portfolio.assertions);
}

/** A version is a hash of the rules: a change of the rules alone is no change of the words. */
const withoutVersion = (lines: readonly string[], { scheme }: Case): string =>
  `${lines.join('\n')}\n`.replaceAll(schemeOf(scheme).version, '<empreinte>');

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
  const names = namesIn(schemeOf(one.scheme)).toSorted((a, b) => b.length - a.length);
  const ours = names.reduce((text, name) => text.replaceAll(name, ''), english).replaceAll('Région', '');
  expect(ours).not.toMatch(/[À-ÖØ-öø-ÿœŒ«»’]/);
});

test.each(CASES)('$name, as plain data', (one) => {
  const { scheme, evaluation, background } = partsOf(one);
  const json = explainJson(scheme, evaluation, background, one.portfolio.assertions);
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
