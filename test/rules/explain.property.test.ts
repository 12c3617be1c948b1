import * as fc from 'fast-check';
import { asAssertionId, asSchemeVersion } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { Background } from '../../src/rules/explain/explanation.js';
import { evaluate } from '../../src/rules/evaluate.js';
import { explainText } from '../../src/rules/explain/text.js';
import { explainJson, explainSchema } from '../../src/rules/explain/json.js';
import { world, type World } from './model.js';
import { runs } from '../support/runs.js';

/** Whatever the account may say of these awards. */
const backgroundOf = ({ scheme, portfolio, nowS }: World): fc.Arbitrary<Background> => {
  const awards = scheme.awards.map(({ id }) => id);
  const badges = scheme.awards.map(({ badgeId }) => badgeId);
  const ids = [...portfolio.assertions.map(({ id }) => id), asAssertionId('gone')];
  const history = fc.record({
    sinceS: fc.constantFrom(0, nowS),
    version: fc.constantFrom(null, scheme.version, asSchemeVersion('v0')),
    by: fc.constantFrom('palier' as const, 'hand' as const),
    earnedBy: fc.subarray(ids, { maxLength: Math.min(ids.length, 3) }),
    event: fc.constant(null),
  });
  return fc.record({
    history: fc
      .array(fc.tuple(fc.constantFrom(...badges), history), { maxLength: 3 })
      .map((all) => new Map(all)),
    waiting: fc.subarray(awards, { maxLength: 1 }).map((all) => new Set(all)),
    flagged: fc
      .subarray(badges, { maxLength: 1 })
      .map((all) => new Map(all.map((badge) => [badge, nowS - 86_400]))),
  });
};

const told = world.chain((one) => backgroundOf(one).map((background) => ({ ...one, background })));
const lang = fc.constantFrom('fr' as const, 'en' as const);

test('whatever comes, it can be told in both languages, every assertion of it', () => {
  fc.assert(
    fc.property(told, lang, ({ scheme, portfolio, nowS, background }, tongue) => {
      const evaluation = evaluate(scheme, portfolio, nowS);
      const lines = explainText(scheme, evaluation, tongue, background, portfolio.assertions);
      expect(lines.join('\n')).not.toMatch(/undefined|null|NaN|Invalid|\[object/);
      for (const { award } of evaluation.awards) expect(lines.join('\n')).toContain(`(${award.id})`);
      const excluded = lines.filter((line) => /^ +(non compté|not counted)/.test(line)).length;
      const json = explainJson(scheme, evaluation, background, portfolio.assertions);
      expect(excluded).toBe(JSON.stringify(json).split('"why"').length - 1);
      const rules = JSON.stringify([json.awards.map(({ rule }) => rule), json.left_out]);
      for (const { id } of portfolio.assertions) expect(rules).toContain(`"assertion":"${id}"`);
    }),
    { numRuns: runs(200) },
  );
});

test('the plain form holds to its schema, and survives JSON', () => {
  fc.assert(
    fc.property(told, ({ scheme, portfolio, nowS, background }) => {
      const evaluation = evaluate(scheme, portfolio, nowS);
      const json = explainJson(scheme, evaluation, background, portfolio.assertions);
      expect(explainSchema.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
    }),
    { numRuns: runs(200) },
  );
});

test('in whichever order the assertions came, and however often, the words are the same', () => {
  const shuffled = told.chain((one) => {
    const { assertions } = one.portfolio;
    return fc
      .shuffledSubarray([...assertions], { minLength: assertions.length })
      .map((again) => ({ ...one, again: [...again, ...again.slice(0, 2)] }));
  });
  fc.assert(
    fc.property(shuffled, lang, ({ scheme, portfolio, nowS, background, again }, tongue) => {
      const words = (assertions: readonly Assertion[]): readonly string[] => {
        const evaluation = evaluate(scheme, { ...portfolio, assertions }, nowS);
        return explainText(scheme, evaluation, tongue, background, assertions);
      };
      expect(words(again)).toEqual(words(portfolio.assertions));
    }),
    { numRuns: runs(200) },
  );
});
