import * as fc from 'fast-check';
import { evaluate } from '../../src/rules/evaluate.js';
import { explainText } from '../../src/rules/explain.js';
import { explainJson } from '../../src/rules/explain-json.js';
import { explainSchema } from '../../src/rules/explain-schema.js';
import { world } from './generators.js';

test('whatever comes, it can be told in both languages, every assertion of it', () => {
  fc.assert(
    fc.property(world, fc.constantFrom('fr' as const, 'en' as const), ({ scheme, portfolio, nowS }, lang) => {
      const evaluation = evaluate(scheme, portfolio, nowS);
      const lines = explainText(scheme, evaluation, lang);
      expect(lines.join('\n')).not.toMatch(/undefined|null|NaN|Invalid|\[object/);
      for (const { award } of evaluation.awards) expect(lines.join('\n')).toContain(`(${award.id})`);
      const told = lines.filter((line) => /^ +(non compté|not counted)/.test(line)).length;
      const json = explainJson(evaluation);
      expect(told).toBe(JSON.stringify(json).split('"why"').length - 1);
    }),
    { numRuns: 200 },
  );
});

test('the plain form holds to its schema, and survives JSON', () => {
  fc.assert(
    fc.property(world, ({ scheme, portfolio, nowS }) => {
      const json = explainJson(evaluate(scheme, portfolio, nowS));
      expect(explainSchema.parse(JSON.parse(JSON.stringify(json)))).toEqual(json);
    }),
    { numRuns: 200 },
  );
});
