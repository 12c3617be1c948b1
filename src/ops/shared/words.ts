import { DateTime } from 'luxon';

/** The languages of the command line; French unless asked otherwise. */
export const LANGS = ['fr', 'en'] as const;
export type Lang = (typeof LANGS)[number];

/** One text in both languages. */
export type Localized = Readonly<Record<Lang, string>>;

/** Writes the same text in each language. */
export const localized = (write: (lang: Lang) => string): Localized => ({ fr: write('fr'), en: write('en') });

/** `2 erreurs`, `1 error`. French counts 0 as one. */
export function counted(n: number, one: Localized, many: Localized): Localized {
  return { fr: `${n} ${n < 2 ? one.fr : many.fr}`, en: `${n} ${n === 1 ? one.en : many.en}` };
}

/** `15 janv. 2026, 10:00`: an instant as people of that zone write it. */
export const instantWords = (atS: number, timeZone: string): Localized =>
  localized((locale) =>
    DateTime.fromSeconds(atS, { zone: timeZone, locale }).toLocaleString(DateTime.DATETIME_MED),
  );

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
export function labelled(name: Localized, value: Localized | number | string): Localized {
  const written = typeof value === 'object' ? value : localized(() => String(value));
  return { fr: `${name.fr} : ${written.fr}`, en: `${name.en}: ${written.en}` };
}

/** `« name »`, `"name"`. */
export const quoted = (name: string): Localized => ({ fr: `« ${name} »`, en: `"${name}"` });

export const indented = (words: Localized): Localized => localized((lang) => `  ${words[lang]}`);
