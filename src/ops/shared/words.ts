import { DateTime } from 'luxon';

/** The languages of the command line; French unless asked otherwise. */
export const LANGS = ['fr', 'en'] as const;
export type Lang = (typeof LANGS)[number];

/** One text in both languages. */
export type Localized = Readonly<Record<Lang, string>>;

/** Writes the same text in each language. */
export const localized = (write: (lang: Lang) => string): Localized => ({ fr: write('fr'), en: write('en') });

/**
 * A text in both languages: French on the first line, English on the second. A value may be in both as well.
 * @throws TypeError when there is no second line
 */
export function say(
  texts: readonly string[],
  ...values: readonly (Localized | string | number)[]
): Localized {
  const parts = texts.flatMap((text, at) => [text, values[at] ?? '']);
  const end = texts.findIndex((text) => text.includes('\n')) * 2;
  const [fr, en, ...more] = texts[end / 2]?.split(/\n\s*/) ?? [];
  if (fr === undefined || en === undefined || more.length > 0) throw new TypeError('Two lines are expected');
  const written = (lang: Lang) => (part: Localized | string | number) =>
    typeof part === 'object' ? part[lang] : String(part);
  return {
    fr: [...parts.slice(0, end), fr].map(written('fr')).join(''),
    en: [en, ...parts.slice(end + 1)].map(written('en')).join(''),
  };
}

/** `2 erreurs`, `1 error`, from `erreur|erreurs` and `error|errors`. French counts 0 as one. */
export const plural = (n: number, fr: string, en: string): Localized => ({
  fr: `${n} ${fr.split('|')[n < 2 ? 0 : 1]}`,
  en: `${n} ${en.split('|')[n === 1 ? 0 : 1]}`,
});

/** `15 janv. 2026, 10:00`: an instant as people of that zone write it; or another of luxon's forms. */
export const instantWords = (atS: number, timeZone: string, form = DateTime.DATETIME_MED): Localized =>
  localized((locale) => DateTime.fromSeconds(atS, { zone: timeZone, locale }).toLocaleString(form));

/** `3 h 12 min`: the largest unit that says something, and the one below. */
export function durationWords(durationS: number): Localized {
  const s = Math.max(0, Math.floor(durationS));
  const amounts = [
    { n: Math.floor(s / 86_400), fr: 'j', en: 'd' },
    { n: Math.floor((s % 86_400) / 3600), fr: 'h', en: 'h' },
    { n: Math.floor((s % 3600) / 60), fr: 'min', en: 'min' },
    { n: s % 60, fr: 's', en: 's' },
  ];
  const first = amounts.findIndex(({ n }) => n > 0);
  const told = first === -1 ? amounts.slice(-1) : amounts.slice(first, first + 2).filter(({ n }) => n > 0);
  return localized((lang) => told.map((unit) => `${unit.n} ${unit[lang]}`).join(' '));
}

/** `name : value`, as each language writes it. */
export const labelled = (name: Localized | string, value: Localized | number | string): Localized =>
  say`${name} : ${value}
    ${name}: ${value}`;

/** `« name »`, `"name"`. */
export const quoted = (name: string): Localized => ({ fr: `« ${name} »`, en: `"${name}"` });

export const indented = (words: Localized): Localized => localized((lang) => `  ${words[lang]}`);

/** `a, b, c`; what is false is left out. */
export const listed = (parts: readonly (Localized | string | false)[]): Localized =>
  localized((lang) =>
    parts
      .filter((part) => part !== false)
      .map((part) => (typeof part === 'string' ? part : part[lang]))
      .join(', '),
  );
