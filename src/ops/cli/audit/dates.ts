import { DateTime } from 'luxon';
import { wrongUsage } from '../problem.js';

/**
 * The first second asked for.
 * @param typed a day (`2026-11-23`), from its beginning, or an instant (`2026-11-23T14:00`)
 * @param timeZone of what names none
 * @returns Unix seconds
 * @throws Problem when it is neither
 */
export const readFrom = (typed: string, timeZone: string): number =>
  read('--from', typed, timeZone).toUnixInteger();

/** The first second no longer asked for: a day is asked for to its end, an instant is where it stops. */
export function readUntil(typed: string, timeZone: string): number {
  const date = read('--until', typed, timeZone);
  return (typed.includes('T') ? date : date.plus({ days: 1 })).toUnixInteger();
}

function read(option: string, typed: string, timeZone: string): DateTime {
  const date = DateTime.fromISO(typed.trim(), { zone: timeZone });
  if (/^\d{4}-\d\d-\d\d(T|$)/.test(typed.trim()) && date.isValid) return date;
  throw wrongUsage({
    fr: `${option} attend une date (2026-01-31, 2026-01-31T14:00).`,
    en: `${option} takes a date (2026-01-31, 2026-01-31T14:00).`,
  });
}
