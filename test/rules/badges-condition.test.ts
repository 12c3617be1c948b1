import {
  CONDITION_KEYS,
  type ConditionKey,
  FILTERS,
  JSON_NUMBERS,
} from '../../src/rules/badges-condition.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { buildExplanation } from '../../src/rules/explain/explanation.js';
import { ruleWords } from '../../src/rules/explain/formatter.js';
import { explainJson } from '../../src/rules/explain/json.js';
import { explainText } from '../../src/rules/explain/text.js';
import type { Scheme } from '../../src/rules/types.js';
import { emptyPortfolio } from '../support/assertion.js';
import { type Given, KEY_CASES, ruleOfKey } from './key-cases.js';
import { faultsOf, markedPlace, parse, placeOf, schemeOf, schemeWith } from './parse-text.js';
import { assertion } from './scheme-builder.js';

const NOW_S = Date.parse('2026-03-31T10:00:00+02:00') / 1000;
const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

const schemeOfKey = (key: ConditionKey, value?: number | string): Scheme => {
  const partners = Object.entries(KEY_CASES[key].badges).map(([id, lines]) => ({
    client_id: id,
    name: id,
    badges: lines.map((line) => ({ competency: 'com', level: 1, ...line })),
  }));
  const scheme = {
    scheme: 'Essai',
    competencies: { com: { name: 'Communiquer', abilities: { x: 'X', y: 'Y' } } },
    awards: { a: { name: 'A', badge: 'R_A', rule: ruleOfKey(key, 'com', value) } },
  };
  return schemeOf(parse(JSON.stringify(scheme), JSON.stringify({ partners })));
};

const evaluated = (scheme: Scheme, given: readonly Given[], nowS: number) => {
  const assertions = given.map(({ badge, issuedOn }, at) =>
    assertion(
      badge,
      [...scheme.enrolments.values()].find(({ badgeId }) => badgeId === badge)?.clientId ?? '',
      {
        id: `${at}`,
        issuedOnS: issuedOn === undefined ? nowS : secondsOf(issuedOn),
      },
    ),
  );
  return evaluate(scheme, { ...emptyPortfolio, assertions }, nowS);
};

describe.each(CONDITION_KEYS)('$key', ({ key, field }) => {
  const one = KEY_CASES[key];
  const scheme = schemeOfKey(key);
  const [rule] = scheme.awards.map((award) => award.rule);
  if (rule?.kind !== 'badges') throw new Error('a badges condition is expected');

  test('it is not met before, and met after', () => {
    const nowS = secondsOf(new Date().toISOString());
    const verdicts = [one.before, [...one.before, one.last]].map(
      (given) => evaluated(scheme, given, nowS).awards[0],
    );
    expect(verdicts.map((verdict) => verdict?.status)).toEqual(['not_met', 'due']);
  });

  test('a wrong value is a fault at its place, another value another version', () => {
    const wrong = schemeWith({ rule: `{ at_least: 1, of: { level: 1 }, ${key}: §${one.fault} }` });
    expect(faultsOf(parse(wrong)).map(placeOf)).toEqual([markedPlace(wrong)]);
    expect(schemeOfKey(key, one.other).version).not.toBe(scheme.version);
  });

  test('the rule in words, and in JSON', () => {
    expect([ruleWords(scheme, rule, 'fr').text, ruleWords(scheme, rule, 'en').text]).toEqual([
      one.fr,
      one.en,
    ]);
    const json = explainJson(buildExplanation(scheme, evaluated(scheme, [], NOW_S)));
    for (const number of JSON_NUMBERS)
      if (number.key === key) expect(JSON.stringify(json)).toContain(`"${number.json}":${rule[field]}`);
  });

  const { excludes, instants } = one;
  if (excludes !== undefined)
    test('beside a key that excludes it, it is a fault', () => {
      const text = schemeWith({
        rule: `{ at_least: 1, of: { level: 1 }, ${excludes}, ${key}: §${one.value} }`,
      });
      const [fault, ...more] = faultsOf(parse(text));
      expect(more).toEqual([]);
      expect(fault && placeOf(fault)).toBe(markedPlace(text));
      expect(fault?.fr).toBe(
        `« ${excludes} » et « ${key}: ${one.value} » s'excluent : aucun badge ne peut répondre aux deux`,
      );
    });

  if (instants !== undefined)
    test('the first or last instant that counts; why the next one does not', () => {
      const on = (issuedOn: string) => evaluated(scheme, [{ badge: 'a', issuedOn }], NOW_S);
      expect(on(instants.counts).awards[0]?.status).toBe('due');
      const evaluation = on(instants.not);
      expect(evaluation.awards[0]?.tree).toMatchObject({
        met: false,
        excluded: [{ reason: { why: 'outside_condition_dates' } }],
      });
      const filter = FILTERS.find((known) => known.key === key);
      expect(filter?.earner?.(Number(one.value)) ?? null).toBe(instants.earner);
      const lines = explainText(buildExplanation(scheme, evaluation), 'fr');
      expect(
        lines.filter((line) => line.endsWith(` : délivré hors des dates demandées (${instants.why})`)),
      ).toHaveLength(1);
    });
});
