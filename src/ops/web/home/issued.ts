import { DateTime } from 'luxon';
import type { AwardId } from '../../../ids.js';
import type { IssuedByDay } from '../../../journal/issued-by-day.js';
import type { Award, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import type { Localized } from '../../shared/words.js';

/** How many awards of one competency and level Palier issued. */
export interface IssuedRow {
  readonly label: Localized;
  readonly today: number;
  /** Today's too. */
  readonly last30Days: number;
}

const DAYS = 30;

/** From the journal, by calendar day of the scheme's zone. */
export async function readIssued({
  journal,
  clock,
  scheme,
}: Pick<Pipeline, 'journal' | 'clock' | 'scheme'>): Promise<readonly IssuedRow[]> {
  const today = DateTime.fromMillis(clock(), { zone: scheme.timeZone }).startOf('day');
  const days = await journal.issuedByDay({ fromS: today.minus({ days: DAYS - 1 }).toSeconds() });
  return rowsOf(scheme, days, today.toFormat('yyyy-MM-dd'));
}

/** Pure. Active awards and those that were issued: the scheme's in its order, then the ones it no longer has. */
export function rowsOf(scheme: Scheme, days: IssuedByDay, today: string): readonly IssuedRow[] {
  const total = new Map<AwardId, number>();
  for (const byAward of days.values())
    for (const [award, count] of byAward) total.set(award, (total.get(award) ?? 0) + count);
  const rows = new Map<string, IssuedRow>();
  const add = (label: Localized, id: AwardId): void => {
    const { today: now, last30Days } = rows.get(label.fr) ?? { today: 0, last30Days: 0 };
    rows.set(label.fr, {
      label,
      today: now + (days.get(today)?.get(id) ?? 0),
      last30Days: last30Days + (total.get(id) ?? 0),
    });
  };
  for (const award of scheme.awards)
    if (award.active || total.has(award.id)) add(labelOf(scheme, award), award.id);
  const known = new Set(scheme.awards.map(({ id }) => id));
  for (const id of total.keys())
    if (!known.has(id)) add({ fr: `${id} (plus au barème)`, en: `${id} (no longer in the scheme)` }, id);
  return [...rows.values()];
}

/** An award without competency and level goes by its own name. */
function labelOf({ competencies }: Scheme, { name, competency, level }: Award): Localized {
  const known = competency === null ? undefined : competencies.get(competency);
  if (known === undefined || level === null) return { fr: name, en: name };
  return { fr: `${known.name}, niveau ${level}`, en: `${known.name}, level ${level}` };
}
