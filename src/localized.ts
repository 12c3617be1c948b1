/** The languages of all texts; French is the default. */
export const LANGS = ['fr', 'en'] as const;
export type Lang = (typeof LANGS)[number];

/** One text in both languages. */
export type Localized = Readonly<Record<Lang, string>>;

/** French writes the first of a month as an ordinal: `1er juin`. @param day as luxon writes it */
export const withOrdinalFirst = (day: string): string => day.replace(/^1 (?=\p{L})/u, '1er ');

/** Makes a text by writing it in each language. */
export const localized = (write: (lang: Lang) => string): Localized => ({ fr: write('fr'), en: write('en') });

/**
 * Makes a text in both languages: French on the first line, English on the second, perhaps after a line break. Values
 * may be localized, too.
 * @throws TypeError when there is no second line
 */
export function say(
  [first = '', ...rest]: readonly string[],
  ...values: readonly (Localized | string | number)[]
): Localized {
  const texts = [first.replace(/^\n\s*/, ''), ...rest];
  const parts = texts.flatMap((text, at) => [text, values[at] ?? '']);
  const breakAt = texts.findIndex((text) => text.includes('\n')) * 2;
  const [fr, en, ...more] = texts[breakAt / 2]?.split(/\n\s*/) ?? [];
  if (fr === undefined || en === undefined || more.length > 0) throw new TypeError('Two lines are expected');
  const written = (lang: Lang) => (part: Localized | string | number) =>
    typeof part === 'object' ? part[lang] : String(part);
  return {
    fr: [...parts.slice(0, breakAt), fr].map(written('fr')).join(''),
    en: [en, ...parts.slice(breakAt + 1)].map(written('en')).join(''),
  };
}

/** `2 erreurs`, `1 error`, from `erreur|erreurs` and `error|errors`. French counts 0 as one. */
export const plural = (n: number, fr: string, en: string): Localized => ({
  fr: `${n} ${fr.split('|')[n < 2 ? 0 : 1]}`,
  en: `${n} ${en.split('|')[n === 1 ? 0 : 1]}`,
});

/** `« name »`, `"name"`. */
export const quoted = (name: string): Localized => ({ fr: `« ${name} »`, en: `"${name}"` });

/** `name : value`, as each language writes it. */
export const labelled = (name: Localized | string, value: Localized | number | string): Localized =>
  say`${name} : ${value}
    ${name}: ${value}`;

/** Joins phrases, with the same separator in each language. */
export const together = (phrases: readonly Localized[], separator: string): Localized =>
  localized((lang) => phrases.map((phrase) => phrase[lang]).join(separator));

export const semicolons = (phrases: readonly Localized[]): Localized => ({
  fr: phrases.map(({ fr }) => fr).join(' ; '),
  en: phrases.map(({ en }) => en).join('; '),
});

/** `a, b and c`; `a, so far, and b` when a phrase itself holds a comma. */
const joined = (phrases: readonly Localized[], last: Localized): Localized =>
  localized((lang) => {
    const words = phrases.map((phrase) => phrase[lang]);
    const before = words.slice(0, -1);
    const end = words.at(-1) ?? '';
    if (before.length === 0) return end;
    return before.some((phrase) => phrase.includes(', '))
      ? words.join(`, ${last[lang]} `)
      : `${before.join(', ')} ${last[lang]} ${end}`;
  });
export const and = (phrases: readonly Localized[]): Localized => joined(phrases, { fr: 'et', en: 'and' });
export const or = (phrases: readonly Localized[]): Localized => joined(phrases, { fr: 'ou', en: 'or' });
