import { DateTime } from 'luxon';
import type { JournalEntry, JournalKind } from '../../earners/journal-entry.js';
import type { AwardId, EarnerKey, EventId } from '../../ids.js';
import { matchesQuery, type Journal, type JournalQuery } from '../../journal/journal.js';

/** A journal filter as typed; null: not typed. */
interface TypedFilter {
  /** Days or instants. */
  readonly from: string | null;
  readonly until: string | null;
  readonly kind: JournalKind | null;
  readonly award: AwardId | null;
  readonly event: EventId | null;
}

/**
 * Turns a typed filter into a query. `until` includes the whole of a day, and excludes an instant.
 * @param timeZone for dates without a zone
 */
export function journalQueryOf(typed: TypedFilter, timeZone: string): JournalQuery {
  const { from, until, kind, award, event } = typed;
  const days = until?.includes('T') === true ? 0 : 1;
  return {
    ...(from !== null && { fromS: dateOf(from, timeZone).toUnixInteger() }),
    ...(until !== null && { untilS: dateOf(until, timeZone).plus({ days }).toUnixInteger() }),
    ...(kind !== null && { kinds: [kind] }),
    ...(award !== null && { award }),
    ...(event !== null && { event }),
  };
}

const dateOf = (typed: string, zone: string): DateTime => DateTime.fromISO(typed.trim(), { zone });

/** Whether the text is a day (`2026-11-23`), or an instant (`2026-11-23T14:00`). */
export const isDate = (typed: string): boolean =>
  /^\d{4}-\d\d-\d\d(T|$)/.test(typed.trim()) && dateOf(typed, 'utc').isValid;

/** Reads matching entries by the cheapest index: person, event, or time. @param people null: everybody */
export async function* selectEntries(
  journal: Journal,
  filter: JournalQuery,
  people: readonly EarnerKey[] | null,
): AsyncGenerator<JournalEntry> {
  const earners = people ?? (filter.event === undefined ? null : await earnersOfEvent(journal, filter.event));
  if (earners === null) {
    yield* journal.read(filter);
    return;
  }
  for (const earner of earners)
    for (const entry of await journal.ofEarner(earner)) if (matchesQuery(entry, filter)) yield entry;
}

/** Returns who got an award by this event. Their journals also hold its other entries, such as a revocation. */
export const earnersOfEvent = async (journal: Journal, event: EventId): Promise<readonly EarnerKey[]> => [
  ...new Set((await journal.ofEvent(event)).flatMap(({ earner }) => earner ?? [])),
];
