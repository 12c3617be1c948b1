import { DateTime } from 'luxon';

/** `2026-11-23`: days as texts are in the order of the calendar. */
export const dayOf = (atS: number, timeZone: string): string =>
  DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');

/** `2026-11`, of a day. */
export const monthOf = (day: string): string => day.slice(0, 'yyyy-MM'.length);
