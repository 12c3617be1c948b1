import { DateTime } from 'luxon';
import type { JournalEntry } from '../../earners/journal-entry.js';
import type { EarnerKey, EventId } from '../../ids.js';
import { isAskedFor, type Journal, type JournalQuery } from '../../journal/journal.js';

/** Which journal entries are asked for, of some people or of everybody. */
export interface JournalFilter extends JournalQuery {
  readonly event?: EventId;
}

/**
 * The first second asked for, in Unix seconds.
 * @param typed a day (`2026-11-23`), from its beginning, or an instant (`2026-11-23T14:00`)
 * @param timeZone of what names none
 * @throws RangeError when it is neither
 */
export const readFrom = (typed: string, timeZone: string): number =>
  readDate(typed, timeZone).toUnixInteger();

/** The first second no longer asked for: a day is included to its end, an instant is excluded. */
export function readUntil(typed: string, timeZone: string): number {
  const date = readDate(typed, timeZone);
  return (typed.includes('T') ? date : date.plus({ days: 1 })).toUnixInteger();
}

function readDate(typed: string, timeZone: string): DateTime {
  const date = DateTime.fromISO(typed.trim(), { zone: timeZone });
  if (/^\d{4}-\d\d-\d\d(T|$)/.test(typed.trim()) && date.isValid) return date;
  throw new RangeError('Not a date');
}

/** Whether an entry is one of those asked for, but for the person. */
export const isWanted = (entry: JournalEntry, filter: JournalFilter): boolean =>
  isAskedFor(entry, filter) && (filter.event === undefined || entry.event === filter.event);

/** Reads the entries asked for by the shortest way: by person, by event, or by time. @param people null: everybody */
export async function* selectEntries(
  journal: Journal,
  filter: JournalFilter,
  people: readonly EarnerKey[] | null,
): AsyncGenerator<JournalEntry> {
  const named = people ?? (filter.event === undefined ? null : await peopleOf(journal, filter.event));
  if (named === null) {
    yield* journal.read(filter);
    return;
  }
  for (const one of named)
    for (const entry of await journal.ofEarner(one)) if (isWanted(entry, filter)) yield entry;
}

/** Those whom an event gave an award: its other entries, as a later revocation, stand with them. */
export const peopleOf = async (journal: Journal, event: EventId): Promise<readonly EarnerKey[]> => [
  ...new Set((await journal.ofEvent(event)).flatMap(({ earner }) => earner ?? [])),
];
