import { JOURNAL_KINDS } from '../../../earners/journal-entry.js';
import { readPerson } from '../../../earners/person.js';
import { asAwardId, asEventId, type EarnerKey } from '../../../ids.js';
import { matchesQuery, type JournalQuery, type JournalPageRequest } from '../../../journal/journal.js';
import { cursorOf, placeIn, type IndexPlace } from '../../../journal/time-index.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { parseEarnerKey } from '../../shared/browser.js';
import { journalQueryOf, isDate, earnersOfEvent } from '../../shared/journal-selection.js';
import type { OpsRequest } from '../http/request.js';
import { numberedPage } from '../parts/table.js';
import { goTo, type Redirect, PATHS } from '../route.js';

type Field = 'du' | 'au' | 'sorte' | 'badge' | 'personne' | 'evenement';

/** The filter on entries; its fields are named as in the form and the URL. Null: all. */
export type PageFilter = ReturnType<typeof readFilter>['filter'];

const ID = /^[\w.-]{1,128}$/;

/**
 * Pure. Reads the filter in a query or a form. Fields with invalid values are left out, and are in `faults`.
 * @param earnerOf returns the key of a typed person. Only forms accept an address: a URL may be logged.
 */
export function readFilter(
  params: URLSearchParams,
  earnerOf: (typed: string) => EarnerKey | null = parseEarnerKey,
) {
  const faults = new Set<Field>();
  const read = <T>(field: Field, parse: (typed: string) => T | null): T | null => {
    const typed = withoutUnseenEnds(params.get(field) ?? '');
    const value = typed === '' ? null : parse(typed);
    if (typed !== '' && value === null) faults.add(field);
    return value;
  };
  const filter = {
    // Days as they are typed, `2026-11-23`.
    du: read('du', dayIn),
    au: read('au', dayIn),
    sorte: read('sorte', (typed) => JOURNAL_KINDS.find((kind) => kind === typed) ?? null),
    badge: read('badge', (typed) => (ID.test(typed) ? asAwardId(typed) : null)),
    personne: read('personne', earnerOf),
    evenement: read('evenement', (typed) => (ID.test(typed) ? asEventId(typed) : null)),
  };
  return { filter, faults };
}

const dayIn = (typed: string): string | null => (isDate(typed) && !typed.includes('T') ? typed : null);

/** Returns the journal's query for a filter, without the person. Both days are whole. */
export const queryOf = ({ du, au, sorte, badge, evenement }: PageFilter, zone: string): JournalQuery =>
  journalQueryOf({ from: du, until: au, kind: sorte, award: badge, event: evenement }, zone);

/** Returns the URL of the filtered page or export. @param position parameters of the place in the list */
export function journalHref(
  filter: PageFilter,
  position: Readonly<Record<string, string>> = {},
  path: string = PATHS.journal,
): string {
  const params = new URLSearchParams(position);
  for (const [field, value] of Object.entries(filter)) if (value !== null) params.set(field, String(value));
  return params.size === 0 ? path : `${path}?${params.toString()}`;
}

const PAGE_SIZE = 50;

export type JournalModel = Exclude<Awaited<ReturnType<typeof readJournal>>, Redirect>;

/** Reads the journal page. A query with invalid fields redirects to one without: URLs hold keys and ids alone. */
export async function readJournal({ pipeline, query }: OpsRequest) {
  const { filter, faults } = readFilter(query);
  if (faults.size > 0) return goTo(journalHref(filter));
  const { scheme } = await pipeline.schemes.now();
  const people = await readPeople(pipeline, filter);
  const page = await (people === null
    ? readByTime(pipeline, filter, query)
    : readByPeople(pipeline, filter, query, people));
  return { scheme, region: pipeline.region, filter, faults, ...page };
}

/** Returns the earner keys of the filter's person, or of its event's recipients; null: it has neither. */
export async function readPeople(
  pipeline: Pipeline,
  { personne, evenement }: PageFilter,
): Promise<readonly EarnerKey[] | null> {
  if (personne !== null) return [...new Set([...(await readPerson(pipeline, personne)).keys, personne])];
  return evenement === null ? null : earnersOfEvent(pipeline.journal, evenement);
}

/** The most people of one event on the page; the export has all. */
const MAX_PEOPLE = 500;

/** Reads the entries of a person or an event: so few that all are read before filtering. */
async function readByPeople(
  { journal, scheme }: Pipeline,
  filter: PageFilter,
  params: URLSearchParams,
  people: readonly EarnerKey[],
) {
  const query = queryOf(filter, scheme.timeZone);
  const journals = await Promise.all(people.slice(0, MAX_PEOPLE).map((one) => journal.ofEarner(one)));
  const entries = journals
    .flat()
    .filter((entry) => matchesQuery(entry, query))
    .toSorted((a, b) => b.atS - a.atS);
  const { rows, pager } = numberedPage(params, entries, PAGE_SIZE);
  return {
    entries: rows,
    pager: { previous: pager.previous, next: pager.next },
    note: people.length > MAX_PEOPLE ? ('cut' as const) : null,
  };
}

async function readByTime({ journal, scheme }: Pipeline, filter: PageFilter, params: URLSearchParams) {
  const query = queryOf(filter, scheme.timeZone);
  const request = pageRequestIn(params);
  let page = await journal.page(query, request);
  // The newest page is a full one, not just the few entries before the previous page.
  if (request.direction === 'newer' && request.after !== null && page.newer === null)
    page = await journal.page(query, { ...request, direction: 'older', after: null });
  const hrefOf = (name: string, place: IndexPlace | null): string | null =>
    place === null ? null : journalHref(filter, { [name]: cursorOf(place) });
  return {
    entries: page.entries,
    pager: {
      previous: hrefOf('apres', page.newer),
      next: hrefOf('avant', page.older),
      first: page.newer === null ? null : journalHref(filter),
      last: page.older === null ? null : journalHref(filter, { fin: '' }),
    },
    note: page.isPartial ? ('partial' as const) : null,
  };
}

function pageRequestIn(params: URLSearchParams): JournalPageRequest {
  const size = PAGE_SIZE;
  if (params.has('fin')) return { size, direction: 'newer', after: null };
  const [before, after] = [placeIn(params.get('avant') ?? ''), placeIn(params.get('apres') ?? '')];
  return after === null ? { size, direction: 'older', after: before } : { size, direction: 'newer', after };
}
