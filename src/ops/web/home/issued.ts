import { DateTime } from 'luxon';
import type { IssuedByDay } from '../../../journal/issued-by-day.js';
import type { AwardId } from '../../../ids.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Localized } from '../../shared/words.js';

/** What Palier gave of one competency and level. */
export interface IssuedRow {
  readonly label: Localized;
  readonly today: number;
  /** Today's too. */
  readonly last30Days: number;
}

const DAYS = 30;

/** By the account, by calendar day of the scheme's zone. Every active award, and what else was given. */
export async function readIssued({
  journal,
  clock,
  scheme,
}: Pick<Pipeline, 'journal' | 'clock' | 'scheme'>): Promise<readonly IssuedRow[]> {
  const today = DateTime.fromMillis(clock(), { zone: scheme.timeZone }).startOf('day');
  const days = await journal.issuedByDay({ fromS: today.minus({ days: DAYS - 1 }).toSeconds() });
  return rowsOf(scheme, days, today.toFormat('yyyy-MM-dd'));
}

/** Pure. The scheme's own in its order, competency by competency and level by level. */
export function rowsOf(scheme: Scheme, days: IssuedByDay, today: string): readonly IssuedRow[] {
  const total = new Map<AwardId, number>();
  for (const counts of days.values())
    for (const [award, count] of counts) total.set(award, (total.get(award) ?? 0) + count);
  const known = new Set(scheme.awards.map(({ id }) => id));
  const groups = new Map<string, Award[]>();
  for (const award of scheme.awards.filter(({ active, id }) => active || total.has(id))) {
    const label = labelOf(scheme, award);
    groups.set(label.fr, [...(groups.get(label.fr) ?? []), award]);
  }
  const row = (label: Localized, ids: readonly AwardId[]): IssuedRow => ({
    label,
    today: sum(ids, (id) => days.get(today)?.get(id) ?? 0),
    last30Days: sum(ids, (id) => total.get(id) ?? 0),
  });
  return [
    ...[...groups.values()].flatMap(([first, ...more]) =>
      first === undefined
        ? []
        : [
            row(
              labelOf(scheme, first),
              [first, ...more].map(({ id }) => id),
            ),
          ],
    ),
    ...[...total.keys()].filter((id) => !known.has(id)).map((id) => row(formerly(id), [id])),
  ];
}

const sum = (ids: readonly AwardId[], countOf: (id: AwardId) => number): number =>
  ids.reduce((all, id) => all + countOf(id), 0);

/** An award that names no competency and level goes by its own name. */
function labelOf({ competencies }: Scheme, { name, competency, level }: Award): Localized {
  const known = competency === null ? undefined : competencies.get(competency);
  if (known === undefined || level === null) return { fr: name, en: name };
  return { fr: `${known.name}, niveau ${level}`, en: `${known.name}, level ${level}` };
}

const formerly = (id: AwardId): Localized => ({
  fr: `${id} (plus au barème)`,
  en: `${id} (no longer in the scheme)`,
});
