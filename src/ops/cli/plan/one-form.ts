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
