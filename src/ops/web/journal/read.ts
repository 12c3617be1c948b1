import { JOURNAL_KINDS } from '../../../earners/journal-entry.js';
import { readPerson } from '../../../earners/person.js';
import { asAwardId, asEventId, type EarnerKey } from '../../../ids.js';
import { isAskedFor, type JournalQuery, type PageAsked } from '../../../journal/journal.js';
import { cursorOf, placeIn, type IndexPlace } from '../../../journal/time-index.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { keyIn } from '../../shared/browser.js';
import { filterOf, isDate, peopleOf } from '../../shared/journal-selection.js';
import type { OpsRequest } from '../http/request.js';
import { numberedPage } from '../parts/table.js';
import { goTo, type Redirect, TO } from '../route.js';

type Field = 'du' | 'au' | 'sorte' | 'badge' | 'personne' | 'evenement';

/** Which entries are asked for, by the fields of the form and of the page's address. Null: all. */
export type PageFilter = ReturnType<typeof readFilter>['filter'];

const ID = /^[\w.-]{1,128}$/;

/**
 * Pure. Reads a page's address, or a form: the filter, and the fields whose values make no sense and are left out.
 * @param earnerOf makes a person's key of what was typed. Only a form takes an address: no log tells it.
 */
export function readFilter(params: URLSearchParams, earnerOf: (typed: string) => EarnerKey | null = keyIn) {
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

/** As the journal is asked, but for the person; both days are whole. */
export const queryOf = ({ du, au, sorte, badge, evenement }: PageFilter, zone: string): JournalQuery =>
  filterOf({ from: du, until: au, kind: sorte, award: badge, event: evenement }, zone);

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

const PAGE_SIZE = 50;

export type JournalModel = Exclude<Awaited<ReturnType<typeof readJournal>>, Redirect>;

/** Its address holds nothing but keys and ids, or leads to one that does. */
export async function readJournal({ pipeline, query }: OpsRequest) {
  const { filter, faults } = readFilter(query);
  if (faults.size > 0) return goTo(journalHref(filter));
  const { scheme } = await pipeline.schemes.now();
  const people = await readPeople(pipeline, filter);
  const page = await (people === null
    ? readByTime(pipeline, filter, query)
    : readAbout(pipeline, filter, query, people));
  return { scheme, region: pipeline.region, filter, faults, ...page };
}

/** Every address of the person asked for, or of those whom the event gave an award; null: neither was named. */
export async function readPeople(
  pipeline: Pipeline,
  { personne, evenement }: PageFilter,
): Promise<readonly EarnerKey[] | null> {
  if (personne !== null) return [...new Set([...(await readPerson(pipeline, personne)).keys, personne])];
  return evenement === null ? null : peopleOf(pipeline.journal, evenement);
}

/** Of so many people of one event all is read; the export has the others. */
const MAX_PEOPLE = 500;

/** The entries about a person or an event: so few that they are read whole. */
async function readAbout(
  { journal, scheme }: Pipeline,
  filter: PageFilter,
  where: URLSearchParams,
  people: readonly EarnerKey[],
) {
  const query = queryOf(filter, scheme.timeZone);
  const found = await Promise.all(people.slice(0, MAX_PEOPLE).map((one) => journal.ofEarner(one)));
  const entries = found
    .flat()
    .filter((entry) => isAskedFor(entry, query))
    .toSorted((a, b) => b.atS - a.atS);
  const { rows, pager } = numberedPage(where, entries, PAGE_SIZE);
  return {
    entries: rows,
    pager: { previous: pager.previous, next: pager.next },
    note: people.length > MAX_PEOPLE ? ('cut' as const) : null,
  };
}

async function readByTime({ journal, scheme }: Pipeline, filter: PageFilter, where: URLSearchParams) {
  const query = queryOf(filter, scheme.timeZone);
  const asked = askedIn(where);
  let page = await journal.page(query, asked);
  // Back at the newest, the page is a whole one, not the few entries before the last page.
  if (asked.way === 'newer' && asked.beyond !== null && page.newer === null)
    page = await journal.page(query, { ...asked, way: 'older', beyond: null });
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

function askedIn(where: URLSearchParams): PageAsked {
  const size = PAGE_SIZE;
  if (where.has('fin')) return { size, way: 'newer', beyond: null };
  const [before, after] = [placeIn(where.get('avant') ?? ''), placeIn(where.get('apres') ?? '')];
  return after === null ? { size, way: 'older', beyond: before } : { size, way: 'newer', beyond: after };
}
