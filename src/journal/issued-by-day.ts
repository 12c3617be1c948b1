import { asAwardId, type AwardId } from '../ids.js';
import { dayOf, monthOf } from './calendar.js';
import type { JournalQuery } from './query.js';
import type { TimeIndex } from './time-index.js';

/** How many of each award were issued, by calendar day (`2026-11-23`, in the scheme's zone). */
export type IssuedByDay = ReadonlyMap<string, ReadonlyMap<AwardId, number>>;

/** On whole days: that of `fromS`, that of the last second before `untilS`, and those between. */
export async function issuedByDay(
  index: Pick<TimeIndex, 'months' | 'counts'>,
  timeZone: string,
  { fromS, untilS }: Pick<JournalQuery, 'fromS' | 'untilS'>,
): Promise<IssuedByDay> {
  const from = fromS === undefined ? '' : dayOf(fromS, timeZone);
  const until = untilS === undefined ? '9999-12-31' : dayOf(untilS - 1, timeZone);
  const months = (await index.months()).filter((month) => month >= monthOf(from) && month <= monthOf(until));
  const counts = (await Promise.all(months.map((month) => index.counts(month)))).flatMap((fields) =>
    Object.entries(fields),
  );
  const days = new Map<string, Map<AwardId, number>>();
  for (const [field, count] of counts.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [day = '', award = ''] = field.split(' ');
    if (day < from || day > until) continue;
    const ofDay = days.get(day) ?? new Map<AwardId, number>();
    days.set(day, ofDay.set(asAwardId(award), Number(count)));
  }
  return days;
}
