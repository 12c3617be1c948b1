import { DateTime } from 'luxon';
import type { JournalEntry } from '../../earners/journal-entry.js';
import type { EarnerKey, EventId } from '../../ids.js';
import type { Journal } from '../../journal/journal.js';
import { isAskedFor, type JournalQuery } from '../../journal/pages.js';

/** Which journal entries are asked for, of one person or of everybody. */
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

/** Reads the entries asked for by the shortest way: by person, by event, or by time. */
export async function* selectEntries(
  journal: Journal,
  filter: JournalFilter,
  earner: EarnerKey | null,
): AsyncGenerator<JournalEntry> {
  for await (const entry of candidates(journal, filter, earner))
    if (isAskedFor(entry, filter) && (filter.event === undefined || entry.event === filter.event))
      yield entry;
}

async function* candidates(
  journal: Journal,
  filter: JournalFilter,
  earner: EarnerKey | null,
): AsyncGenerator<JournalEntry> {
  if (earner !== null) {
    yield* await journal.ofEarner(earner);
  } else if (filter.event === undefined) {
    yield* journal.read(filter);
  } else {
    // An event's other entries, as a later revocation, stand with the people it gave the award to.
    const earners = new Set((await journal.ofEvent(filter.event)).flatMap((entry) => entry.earner ?? []));
    for (const one of earners) yield* await journal.ofEarner(one);
  }
}
