import { DateTime } from 'luxon';
import type { BadgesCondition } from './badges-condition.js';
import type { Scheme, Window } from './types.js';

/** Whether an instant lies in the window. An instant that is not a number lies in none that has a bound. */
export const within = ({ fromS, beforeS }: Window, atS: number): boolean =>
  (fromS === null || atS >= fromS) && (beforeS === null || atS < beforeS);

/** The condition's own dates at `nowS`: `issued_from`, `issued_until` and `within_months` together. */
export function windowOf(scheme: Scheme, condition: BadgesCondition, nowS: number): Window {
  const { issuedFromS, issuedBeforeS: beforeS = null, withinMonths } = condition;
  if (withinMonths === undefined) return { fromS: issuedFromS ?? null, beforeS };
  return { fromS: Math.max(issuedFromS ?? -Infinity, monthsAgoS(scheme, nowS, withinMonths)), beforeS };
}

/** Calendar arithmetic costs more than a whole evaluation, and a plan asks the same for every earner. */
const monthStarts = new WeakMap<Scheme, { readonly nowS: number; readonly byMonths: Map<number, number> }>();

/**
 * The first instant of "the last W months": midnight, in the scheme's zone, of the same day W calendar months
 * ago (or of that month's last day). Whole days: a badge may not stop counting in the middle of its last day.
 */
function monthsAgoS(scheme: Scheme, nowS: number, months: number): number {
  let known = monthStarts.get(scheme);
  if (known?.nowS !== nowS) monthStarts.set(scheme, (known = { nowS, byMonths: new Map() }));
  const start =
    known.byMonths.get(months) ??
    DateTime.fromSeconds(nowS, { zone: scheme.timeZone }).minus({ months }).startOf('day').toSeconds();
  known.byMonths.set(months, start);
  return start;
}
