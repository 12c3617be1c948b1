import { JOURNAL_KINDS, type JournalKind } from '../../../earners/journal-entry.js';
import { asAwardId, asEventId, type AwardId, type EarnerKey, type EventId } from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import { readFrom, readUntil, type JournalFilter } from '../../shared/journal-selection.js';
import { TO } from '../links.js';
import { keyIn } from '../person/read.js';

/** Which entries are asked for, by the fields of the form and of the page's address. Null: all. */
export interface PageFilter {
  /** Days as they are typed, `2026-11-23`. */
  readonly du: string | null;
  readonly au: string | null;
  readonly sorte: JournalKind | null;
  readonly badge: AwardId | null;
  readonly personne: EarnerKey | null;
  readonly evenement: EventId | null;
}

const ID = /^[\w.-]{1,128}$/;

/**
 * Pure. Reads a page's address, or a form: the filter, and the fields whose values make no sense and are left out.
 * @param earnerOf makes a person's key of what was typed. Only a form takes an address: no log tells it.
 */
export function readFilter(params: URLSearchParams, earnerOf: (typed: string) => EarnerKey | null = keyIn) {
  const faults = new Set<keyof PageFilter>();
  const read = <T>(field: keyof PageFilter, parse: (typed: string) => T | null): T | null => {
    const typed = withoutUnseenEnds(params.get(field) ?? '');
    const value = typed === '' ? null : parse(typed);
    if (typed !== '' && value === null) faults.add(field);
    return value;
  };
  const filter: PageFilter = {
    du: read('du', dayIn),
    au: read('au', dayIn),
    sorte: read('sorte', (typed) => JOURNAL_KINDS.find((kind) => kind === typed) ?? null),
    badge: read('badge', (typed) => (ID.test(typed) ? asAwardId(typed) : null)),
    personne: read('personne', earnerOf),
    evenement: read('evenement', (typed) => (ID.test(typed) ? asEventId(typed) : null)),
  };
  return { filter, faults };
}

function dayIn(typed: string): string | null {
  try {
    readFrom(typed, 'utc');
    return typed.includes('T') ? null : typed;
  } catch {
    return null;
  }
}

/** As the journal is asked, but for the person; both days are whole. */
export const queryOf = ({ du, au, sorte, badge, evenement }: PageFilter, zone: string): JournalFilter => ({
  ...(du === null ? {} : { fromS: readFrom(du, zone) }),
  ...(au === null ? {} : { untilS: readUntil(au, zone) }),
  ...(sorte === null ? {} : { kinds: [sorte] }),
  ...(badge === null ? {} : { award: badge }),
  ...(evenement === null ? {} : { event: evenement }),
});

/** The address of a page, or of an export, of these entries. @param more the place in them */
export function journalHref(
  filter: PageFilter,
  more: Readonly<Record<string, string>> = {},
  path: string = TO.journal,
): string {
  const params = new URLSearchParams(more);
  for (const [field, value] of Object.entries(filter)) if (value !== null) params.set(field, String(value));
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}
