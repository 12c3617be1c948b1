import { DateTime } from 'luxon';
import type { Enrolment, Scheme } from '../../rules/types.js';
import type { Lang, Localized } from '../../rules/localized.js';
import { listed } from './words.js';

/** Days like `2024-01-31`, inclusive, as partners.yaml has them; null: none is given. */
export interface Period {
  readonly from: string | null;
  readonly until: string | null;
}

export const periodOf = ({ fromS, beforeS }: Enrolment, timeZone: string): Period => ({
  from: fromS === null ? null : dayOf(fromS, timeZone),
  until: beforeS === null ? null : dayOf(beforeS - 1, timeZone),
});

const dayOf = (atS: number, timeZone: string): string =>
  DateTime.fromSeconds(atS, { zone: timeZone }).toFormat('yyyy-MM-dd');

/** `à partir du 1 janv. 2024`, `jusqu'au 31 déc. 2026`; nothing where nothing is given. */
export const periodWords = ({ from, until }: Period): readonly Localized[] =>
  [
    from !== null && { fr: `à partir du ${dayWords(from, 'fr')}`, en: `from ${dayWords(from, 'en')}` },
    until !== null && { fr: `jusqu'au ${dayWords(until, 'fr')}`, en: `until ${dayWords(until, 'en')}` },
  ].filter((words) => words !== false);

/** `communiquer, niveau 1, capacité interagir, à partir du 1 janv. 2024`. */
export const enrolmentWords = ({ timeZone }: Scheme, enrolment: Enrolment): Localized => {
  const { competency, level, ability } = enrolment;
  return listed([
    { fr: `${competency}, niveau ${level}`, en: `${competency}, level ${level}` },
    ability !== null && { fr: `capacité ${ability}`, en: `ability ${ability}` },
    ...periodWords(periodOf(enrolment, timeZone)),
  ]);
};

const dayWords = (day: string, locale: Lang): string =>
  DateTime.fromISO(day, { zone: 'utc', locale }).toLocaleString(DateTime.DATE_MED);
