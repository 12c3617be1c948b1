import { DateTime } from 'luxon';
import { localized, type Localized } from '../../rules/localized.js';

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

export const indented = (words: Localized): Localized => localized((lang) => `  ${words[lang]}`);

/** `a, b, c`; what is false is left out. */
export const listed = (parts: readonly (Localized | string | false)[]): Localized =>
  localized((lang) =>
    parts
      .filter((part) => part !== false)
      .map((part) => (typeof part === 'string' ? part : part[lang]))
      .join(', '),
  );
