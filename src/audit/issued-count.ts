import { asAwardId, type AwardId } from '../ids.js';
import { dayOf, monthOf } from './calendar.js';
import type { AuditStore } from './store.js';
import type { AuditEntry, AuditQuery, IssuedByDay } from './types.js';

/** The field under which an entry is counted; null: it is not. */
export const countedAs = ({ kind, award, atS }: AuditEntry, timeZone: string): string | null =>
  kind === 'issued' && award !== null ? `${dayOf(atS, timeZone)} ${award}` : null;

/**
 * On whole days: that of `fromS`, that of the last second before `untilS`, and those between.
 */
export async function issuedByDay(
  { redis, layout, timeZone }: AuditStore,
  { fromS, untilS }: Pick<AuditQuery, 'fromS' | 'untilS'>,
): Promise<IssuedByDay> {
  const from = fromS === undefined ? '' : dayOf(fromS, timeZone);
  const until = untilS === undefined ? '9999-12-31' : dayOf(untilS - 1, timeZone);
  const months = await redis.hkeys(layout.months);
  const asked = months.filter((month) => month >= monthOf(from) && month <= monthOf(until));
  const ofMonths = await Promise.all(asked.map((month) => redis.hgetall(layout.issued(month))));
  const counts = ofMonths.flatMap((fields) => Object.entries(fields).map(countOf));
  return summed(counts.filter(({ day, issued }) => issued > 0 && day >= from && day <= until));
}

interface Count {
  readonly day: string;
  readonly award: AwardId;
  readonly issued: number;
}

function countOf([field, issued]: readonly [string, string]): Count {
  const end = field.indexOf(' ');
  return { day: field.slice(0, end), award: asAwardId(field.slice(end + 1)), issued: Number(issued) };
}

function summed(counts: readonly Count[]): IssuedByDay {
  const days = new Map<string, Map<AwardId, number>>();
  for (const { day, award, issued } of counts.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
    const ofDay = days.get(day) ?? new Map<AwardId, number>();
    days.set(day, ofDay.set(award, (ofDay.get(award) ?? 0) + issued));
  }
  return days;
}
