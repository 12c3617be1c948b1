import type { Values } from './fields.js';
import { startOfDayS } from './dates.js';
import { readDate, type Reading } from './read.js';

/** From the start of the first day until before the start of the day after the last, Unix seconds. */
export interface Span {
  readonly fromS: number | undefined;
  readonly beforeS: number | undefined;
}

/** Two dates, both inclusive and both optional, that may not cross. */
export function readSpan<K extends string>(reading: Reading, fields: Values<K>, from: K, until: K): Span {
  const first = readDate(reading, fields.get(from));
  const last = readDate(reading, fields.get(until));
  if (first !== undefined && last !== undefined && first.value > last.value)
    reading.report.fault(last.at, {
      fr: `« ${until} » (${last.value.toISODate()}) vient avant « ${from} » (${first.value.toISODate()})`,
      en: `"${until}" (${last.value.toISODate()}) comes before "${from}" (${first.value.toISODate()})`,
    });
  return {
    fromS: first && startOfDayS(first.value, reading.timeZone),
    beforeS: last && startOfDayS(last.value.plus({ days: 1 }), reading.timeZone),
  };
}
