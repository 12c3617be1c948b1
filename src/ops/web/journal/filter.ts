import { DateTime } from 'luxon';
import { JOURNAL_KINDS, type JournalEntry, type JournalKind } from '../../../earners/journal-entry.js';
import { isAskedFor, type JournalQuery } from '../../../journal/pages.js';
import { asAwardId, asEventId, type AwardId, type EarnerKey, type EventId } from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import { TO } from '../links.js';
import { keyIn } from '../person/read.js';

/** Which entries are asked for. Days are as they are typed, `2026-11-23`; null: all. */
export interface PageFilter {
  readonly from: string | null;
  readonly until: string | null;
  readonly kind: JournalKind | null;
  readonly award: AwardId | null;
  readonly earner: EarnerKey | null;
  readonly event: EventId | null;
}

/** The fields of the form, and of the page's address. */
const FIELDS = {
  du: 'from',
  au: 'until',
  sorte: 'kind',
  badge: 'award',
  personne: 'earner',
  evenement: 'event',
} as const satisfies Record<string, keyof PageFilter>;
export type FieldName = keyof typeof FIELDS;

/** A filter, and the fields whose values make no sense; those are left out of it. */
export interface FilterReading {
  readonly filter: PageFilter;
  readonly faults: ReadonlySet<FieldName>;
}

const ID = /^[\w.-]{1,128}$/;

/**
 * Pure. Reads a page's address, or a form.
 * @param earnerOf makes a person's key of what was typed. Only a form takes an address: no log tells it.
 */
export function readFilter(
  params: URLSearchParams,
  timeZone: string,
  earnerOf: (typed: string) => EarnerKey | null = keyIn,
): FilterReading {
  const faults = new Set<FieldName>();
  const read = <T>(field: FieldName, parse: (typed: string) => T | null): T | null => {
    const typed = withoutUnseenEnds(params.get(field) ?? '');
    const value = typed === '' ? null : parse(typed);
    if (typed !== '' && value === null) faults.add(field);
    return value;
  };
  const filter = {
    from: read('du', dayIn(timeZone)),
    until: read('au', dayIn(timeZone)),
    kind: read('sorte', (typed) => JOURNAL_KINDS.find((kind) => kind === typed) ?? null),
    award: read('badge', (typed) => (ID.test(typed) ? asAwardId(typed) : null)),
    earner: read('personne', earnerOf),
    event: read('evenement', (typed) => (ID.test(typed) ? asEventId(typed) : null)),
  };
  return { filter, faults };
}

const dayIn =
  (zone: string) =>
  (typed: string): string | null =>
    /^\d{4}-\d\d-\d\d$/.test(typed) && DateTime.fromISO(typed, { zone }).isValid ? typed : null;

/** As the journal is asked by time; both days are whole. */
export function queryOf({ from, until, kind, award }: PageFilter, zone: string): JournalQuery {
  const startOf = (day: string): DateTime => DateTime.fromISO(day, { zone });
  return {
    ...(from === null ? {} : { fromS: startOf(from).toUnixInteger() }),
    ...(until === null ? {} : { untilS: startOf(until).plus({ days: 1 }).toUnixInteger() }),
    ...(kind === null ? {} : { kinds: [kind] }),
    ...(award === null ? {} : { award }),
  };
}

/** Whether an entry passes the filter, but for the person. */
export function entryTest(filter: PageFilter, timeZone: string): (entry: JournalEntry) => boolean {
  const query = queryOf(filter, timeZone);
  return (entry) => isAskedFor(entry, query) && (filter.event === null || entry.event === filter.event);
}

/** The address of a page, or of an export, of these entries. @param more the place in them */
export function journalHref(
  filter: PageFilter,
  more: Readonly<Record<string, string>> = {},
  path: string = TO.journal,
): string {
  const params = new URLSearchParams(more);
  for (const [field, name] of Object.entries(FIELDS)) {
    const value = filter[name];
    if (value !== null) params.set(field, value);
  }
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}
