import { DateTime } from 'luxon';

/** The calendar day of `2024-01-31`, or null: not of that form, or no such day. */
export function calendarDay(text: string): DateTime | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const day = DateTime.fromISO(text, { zone: 'utc' });
  return day.isValid ? day : null;
}

/**
 * The first instant of that day in the zone, Unix seconds: not always midnight, since clocks change,
 * in some zones at midnight itself (it then strikes twice, and the first counts, or never).
 */
export function startOfDayS(day: DateTime, timeZone: string): number {
  const local = day.setZone(timeZone, { keepLocalTime: true });
  return Math.min(...local.getPossibleOffsets().map((possible) => possible.toSeconds()));
}
