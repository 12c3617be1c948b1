import { DateTime } from 'luxon';
import { wrongUsage } from '../problem.js';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, j: 86_400_000 };

/**
 * An instant as an operator types it: `2h` or `3d` (before now), or an ISO date, with or without a time.
 * @param timeZone of a date that names none
 * @returns Unix milliseconds
 * @throws Problem when it is neither, or lies ahead
 */
export function readSince(typed: string, timeZone: string, nowMs: number): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdj])$/i.exec(typed.trim()) ?? [];
  const ms =
    amount === undefined
      ? DateTime.fromISO(typed.trim(), { zone: timeZone }).toMillis()
      : nowMs - Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (Number.isNaN(ms)) throw wrongUsage(NO_INSTANT);
  if (ms > nowMs) throw wrongUsage(AHEAD);
  return ms;
}

const NO_INSTANT = {
  fr: '--since attend une durée (30m, 2h, 3j) ou une date (2026-01-31, 2026-01-31T14:00).',
  en: '--since takes a duration (30m, 2h, 3d) or a date (2026-01-31, 2026-01-31T14:00).',
};
const AHEAD = {
  fr: "--since est dans l'avenir : rien ne peut avoir échoué depuis.",
  en: '--since lies ahead: nothing can have failed since.',
};
