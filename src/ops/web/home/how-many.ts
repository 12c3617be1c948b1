import { counted, type Localized } from '../../shared/words.js';
import { numberWords } from '../parts/told.js';

/** A number as each language writes it. */
export const told = (n: number): Localized => ({ fr: numberWords(n, 'fr'), en: numberWords(n, 'en') });

/** `1 200 badges`, as each language writes the number and its noun. */
export function howMany(n: number, one: Localized, many: Localized): Localized {
  const words = counted(n, one, many);
  const number = told(n);
  return {
    fr: words.fr.replace(String(n), number.fr),
    en: words.en.replace(String(n), number.en),
  };
}
