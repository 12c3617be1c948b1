import { stringify } from 'csv-stringify/sync';
import type { Plan } from '../../../rules/plan.js';
import type { Call } from '../context.js';
import { wrongUsage } from '../problem.js';

/** @throws Problem when the answer is asked for in two forms */
export function requireOneForm({ flags, json }: Pick<Call, 'flags' | 'json'>): void {
  if (flags['csv'] !== true || !json) return;
  throw wrongUsage({
    fr: 'Choisissez --csv ou --json : une réponse a une seule forme.',
    en: 'Choose --csv or --json: an answer has one form.',
  });
}

/**
 * One line a person and award: `gains`, or `loses_rule` for who keeps it without qualifying. Programs read
 * it: a key that begins with `-` stays a key, so formulas are not escaped; ids and keys hold none.
 */
export const planCsv = ({ awards }: Pick<Plan, 'awards'>): string =>
  stringify(
    [
      ['award', 'earner', 'change'],
      ...awards.flatMap(({ award, gains, losesRule }) => [
        ...Array.from(gains, (earner) => [award.id, earner, 'gains']),
        ...Array.from(losesRule, (earner) => [award.id, earner, 'loses_rule']),
      ]),
    ],
    { eof: false },
  );
