import { DateTime } from 'luxon';
import type { Lang, Words } from './words.js';

/** `15 janv. 2026, 10:00`: an instant as people of that zone write it. */
export const instantWords = (atS: number, timeZone: string): Words => ({
  fr: written(atS, timeZone, 'fr'),
  en: written(atS, timeZone, 'en'),
});

const written = (atS: number, timeZone: string, lang: Lang): string =>
  DateTime.fromSeconds(atS, { zone: timeZone, locale: lang }).toLocaleString(DateTime.DATETIME_MED);

/** `3 h 12 min`: the largest unit that says something, and the one below. */
export function durationWords(durationS: number): Words {
  const s = Math.max(0, Math.floor(durationS));
  const amounts = [
    { n: Math.floor(s / 86_400), fr: 'j', en: 'd' },
    { n: Math.floor((s % 86_400) / 3600), fr: 'h', en: 'h' },
    { n: Math.floor((s % 3600) / 60), fr: 'min', en: 'min' },
    { n: s % 60, fr: 's', en: 's' },
  ];
  const first = amounts.findIndex(({ n }) => n > 0);
  const told = first === -1 ? amounts.slice(-1) : amounts.slice(first, first + 2).filter(({ n }) => n > 0);
  const joined = (lang: Lang): string => told.map((unit) => `${unit.n} ${unit[lang]}`).join(' ');
  return { fr: joined('fr'), en: joined('en') };
}
