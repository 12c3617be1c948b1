import { DateTime } from 'luxon';
import type { JournalEntry, JournalKind } from '../../earners/journal-entry.js';
import type { AwardId, EarnerKey, EventId } from '../../ids.js';
import { isAskedFor, type Journal, type JournalQuery } from '../../journal/journal.js';

/** A filter as it was typed; null: nothing was. */
interface TypedFilter {
  /** Dates, the first and the last that are asked for. */
  readonly from: string | null;
  readonly until: string | null;
  readonly kind: JournalKind | null;
  readonly award: AwardId | null;
  readonly event: EventId | null;
}

/**
 * Of a day all is asked for, from its beginning to its end; of two instants what lies between, without the second.
 * @param timeZone of dates that name none
 */
export function filterOf(typed: TypedFilter, timeZone: string): JournalQuery {
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

/** Whether it is a day (`2026-11-23`), or an instant (`2026-11-23T14:00`). */
export const isDate = (typed: string): boolean =>
  /^\d{4}-\d\d-\d\d(T|$)/.test(typed.trim()) && dateOf(typed, 'utc').isValid;

/** Reads the entries asked for by the shortest way: by person, by event, or by time. @param people null: everybody */
export async function* selectEntries(
  journal: Journal,
  filter: JournalQuery,
  people: readonly EarnerKey[] | null,
): AsyncGenerator<JournalEntry> {
  const named = people ?? (filter.event === undefined ? null : await peopleOf(journal, filter.event));
  if (named === null) {
    yield* journal.read(filter);
    return;
  }
  for (const one of named)
    for (const entry of await journal.ofEarner(one)) if (isAskedFor(entry, filter)) yield entry;
}

/** Those whom an event gave an award: its other entries, as a later revocation, stand with them. */
export const peopleOf = async (journal: Journal, event: EventId): Promise<readonly EarnerKey[]> => [
  ...new Set((await journal.ofEvent(event)).flatMap(({ earner }) => earner ?? [])),
];
