import { JOURNAL_KINDS, type JournalKind } from '../../../earners/journal-entry.js';
import type { JournalQuery } from '../../../journal/query.js';
import {
  asAwardId,
  asEarnerKey,
  asEventId,
  type AwardId,
  type EarnerKey,
  type EventId,
} from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import { readFrom, readUntil } from '../../shared/journal-selection.js';

/** Which entries are asked for. Days are as they are typed, `2026-11-23`; null: all. */
export interface JournalAsked {
  readonly from: string | null;
  readonly until: string | null;
  readonly kind: JournalKind | null;
  readonly award: AwardId | null;
  readonly earner: EarnerKey | null;
  readonly event: EventId | null;
}

/** The fields of the form, and of the page's address. */
export const FIELDS = ['du', 'au', 'sorte', 'badge', 'personne', 'evenement'] as const;
export type FieldName = (typeof FIELDS)[number];

export interface Reading {
  readonly asked: JournalAsked;
  /** Whose values make no sense; they are left out of `asked`. */
  readonly faults: ReadonlySet<FieldName>;
}

const ID = /^[\w.-]{1,128}$/;
/** As `earnerKeyOf` makes them. */
const KEY = /^[\w-]{22}$/;

/**
 * Pure. What is asked for by a page's address, or by a form.
 * @param earnerOf makes a person's key of what was typed; null: it is none. An address makes one in a form
 * alone, which no log tells and no browser remembers.
 */
export function readAsked(
  params: URLSearchParams,
  timeZone: string,
  earnerOf: (typed: string) => EarnerKey | null = keyIn,
): Reading {
  const faults = new Set<FieldName>();
  const read = <T>(field: FieldName, parse: (typed: string) => T | null): T | null => {
    const typed = withoutUnseenEnds(params.get(field) ?? '');
    const value = typed === '' ? null : parse(typed);
    if (typed !== '' && value === null) faults.add(field);
    return value;
  };
  const asked = {
    from: read('du', dayIn(timeZone)),
    until: read('au', dayIn(timeZone)),
    kind: read('sorte', (typed) => JOURNAL_KINDS.find((kind) => kind === typed) ?? null),
    award: read('badge', (typed) => (ID.test(typed) ? asAwardId(typed) : null)),
    earner: read('personne', earnerOf),
    event: read('evenement', (typed) => (ID.test(typed) ? asEventId(typed) : null)),
  };
  return { asked, faults };
}

export const keyIn = (typed: string): EarnerKey | null => (KEY.test(typed) ? asEarnerKey(typed) : null);

const dayIn =
  (timeZone: string) =>
  (typed: string): string | null => {
    if (!/^\d{4}-\d\d-\d\d$/.test(typed)) return null;
    try {
      readFrom(typed, timeZone);
      return typed;
    } catch {
      return null;
    }
  };

/** As the account is asked; the person and the event are looked for elsewhere. */
export const queryOf = ({ from, until, kind, award }: JournalAsked, timeZone: string): JournalQuery => ({
  ...(from === null ? {} : { fromS: readFrom(from, timeZone) }),
  ...(until === null ? {} : { untilS: readUntil(until, timeZone) }),
  ...(kind === null ? {} : { kinds: [kind] }),
  ...(award === null ? {} : { award }),
});

/** The address of a page, or of an export, of what is asked for. @param more where in it */
export function journalHref(
  asked: JournalAsked,
  more: Readonly<Record<string, string>> = {},
  path = '/ops/journal',
): string {
  const values: Readonly<Record<FieldName, string | null>> = {
    du: asked.from,
    au: asked.until,
    sorte: asked.kind,
    badge: asked.award,
    personne: asked.earner,
    evenement: asked.event,
  };
  const params = new URLSearchParams(more);
  for (const field of FIELDS) {
    const value = values[field];
    if (value !== null) params.set(field, value);
  }
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}
