import { DateTime } from 'luxon';
import type { IssuedByDay } from '../../../journal/issued-by-day.js';
import type { Journal } from '../../../journal/journal.js';
import type { AwardId } from '../../../ids.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Lang, Words } from '../words.js';
import { line, type Section } from './section.js';

export interface IssuedNeeds extends Pick<Pipeline, 'scheme' | 'clock'> {
  readonly journal: Pick<Journal, 'issuedByDay'>;
}

export interface IssuedFigure {
  readonly award: AwardId;
  /** The award's id where the scheme no longer has it. */
  readonly name: string;
  readonly total: number;
  /** By calendar month (`2026-11`) of the scheme's zone, in order; none without any. */
  readonly months: ReadonlyMap<string, number>;
}

/** This month, and those before it. */
const MONTHS = 12;

/** What Palier gave, by the account: every award of the scheme, and what else was given. */
export async function readIssued(needs: IssuedNeeds): Promise<readonly IssuedFigure[]> {
  const { scheme, journal } = needs;
  const counts = perMonth(await journal.issuedByDay({ fromS: firstMonthS(needs) }));
  const ids = new Set([...scheme.awards.map(({ id }) => id), ...counts.keys()]);
  const names = new Map(scheme.awards.map(({ id, name }) => [id, name]));
  return [...ids].map((award) => {
    const months = counts.get(award) ?? new Map<string, number>();
    const total = [...months.values()].reduce((sum, count) => sum + count, 0);
    return { award, name: names.get(award) ?? award, total, months };
  });
}

const firstMonthS = ({ scheme, clock }: IssuedNeeds): number =>
  DateTime.fromMillis(clock(), { zone: scheme.timeZone })
    .startOf('month')
    .minus({ months: MONTHS - 1 })
    .toSeconds();

function perMonth(days: IssuedByDay): ReadonlyMap<AwardId, ReadonlyMap<string, number>> {
  const found = new Map<AwardId, Map<string, number>>();
  for (const [day, counts] of [...days].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const [award, count] of counts) {
      const month = day.slice(0, 'yyyy-MM'.length);
      const months = found.get(award) ?? new Map<string, number>();
      found.set(award, months.set(month, (months.get(month) ?? 0) + count));
    }
  return found;
}

export const issuedSection: Section<IssuedNeeds> = {
  id: 'issued',
  title: {
    fr: `Badges Région délivrés, par mois (${MONTHS} derniers mois)`,
    en: `Awards issued, by month (last ${MONTHS} months)`,
  },
  async tell(needs) {
    const figures = await readIssued(needs);
    return {
      lines: figures.map((figure) => wordsOf(figure)),
      json: figures.map(({ award, total, months }) => ({
        award,
        total,
        months: Object.fromEntries(months),
      })),
    };
  },
};

function wordsOf({ name, total, months }: IssuedFigure): Words {
  const list = (lang: Lang): string => {
    const told = [...months].map(([month, count]) => line(monthWords(month), count)[lang]);
    return told.length === 0 ? String(total) : `${total} (${told.join(', ')})`;
  };
  return line({ fr: `« ${name} »`, en: `"${name}"` }, { fr: list('fr'), en: list('en') });
}

/** `nov. 2026`. */
function monthWords(month: string): Words {
  const written = (locale: Lang): string =>
    DateTime.fromISO(month, { zone: 'utc', locale }).toLocaleString({ month: 'short', year: 'numeric' });
  return { fr: written('fr'), en: written('en') };
}
