import type { Lang, Localized } from '../shared/words.js';
import ENGLISH from './en.json' with { type: 'json' };

/** A text of the pages in French, as `en.json` has it in English. `{0}` is its first part. */
export type French = keyof typeof ENGLISH;

/** Says a text in the page's language. Numbers among its parts are written as that language does. */
export interface Translate {
  (text: French | Localized, ...parts: readonly (string | number)[]): string;
  readonly lang: Lang;
  /** `100 000`. */
  readonly number: (n: number, options?: Intl.NumberFormatOptions) => string;
  /** One of two texts, by a number: French counts 0 as one. */
  readonly plural: (n: number, one: French, many: French, ...parts: readonly (string | number)[]) => string;
  /** `1 200 badges`. */
  readonly count: (n: number, one: French, many: French) => string;
}

function translator(lang: Lang): Translate {
  const number: Translate['number'] = (n, options) => new Intl.NumberFormat(lang, options).format(n);
  const say = (text: French | Localized, ...parts: readonly (string | number)[]): string => {
    const said = typeof text === 'object' ? text[lang] : lang === 'fr' ? text : ENGLISH[text];
    // What others wrote has no parts, whatever is in it.
    if (parts.length === 0) return said;
    return said.replaceAll(/\{(\d)\}/g, (_, at: string) => {
      const part = parts[Number(at)] ?? '';
      return typeof part === 'number' ? number(part) : part;
    });
  };
  const plural: Translate['plural'] = (n, one, many, ...parts) =>
    say((lang === 'fr' ? n < 2 : n === 1) ? one : many, ...parts);
  const count: Translate['count'] = (n, one, many) => `${number(n)} ${plural(n, one, many)}`;
  return Object.assign(say, { lang, number, plural, count });
}

export const TRANSLATORS: Readonly<Record<Lang, Translate>> = { fr: translator('fr'), en: translator('en') };
