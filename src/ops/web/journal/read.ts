import { readPerson } from '../../../earners/person.js';
import type { EarnerKey } from '../../../ids.js';
import type { PageAsked } from '../../../journal/pages.js';
import { cursorOf, placeIn, type Place } from '../../../journal/time-index.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { keyOfAddress } from '../../shared/browser.js';
import { isWanted, peopleOf } from '../../shared/journal-selection.js';
import { keyIn } from '../person/read.js';
import { numberedPage } from '../parts/table.js';
import { goTo, show, type Answer, type PageContext, type Redirect } from '../route.js';
import { journalHref, queryOf, readFilter, type PageFilter } from './filter.js';
import { JournalView, type JournalModel, type PageRead } from './view.js';

const PAGE_SIZE = 50;

/** Its address holds nothing but keys and ids, or leads to one that does. */
export async function readJournal({ pipeline, query }: PageContext): Promise<JournalModel | Redirect> {
  const { filter, faults } = readFilter(query);
  if (faults.size > 0) return goTo(journalHref(filter));
  const { scheme } = await pipeline.schemes.now();
  const people = await readPeople(pipeline, filter);
  const page = await (people === null
    ? readByTime(pipeline, filter, query)
    : readAbout(pipeline, filter, query, people));
  return { scheme, region: pipeline.region, filter, faults, ...page };
}

/** `POST /ops/journal`: an address that was typed is a key from here on. */
export async function searchJournal({ pipeline, form }: PageContext): Promise<Answer> {
  const { region, schemes, vault } = pipeline;
  const { filter, faults } = readFilter(form, (typed) => keyOfAddress(typed, vault) ?? keyIn(typed));
  if (faults.size === 0) return goTo(journalHref(filter));
  const { scheme } = await schemes.now();
  const nothing = { entries: [], newer: null, older: null, note: null };
  return show('Journal', JournalView, { scheme, region, filter, faults, ...nothing }, 422);
}

/** Every address of the person asked for, or of those whom the event gave an award; null: neither was named. */
async function readPeople(
  pipeline: Pipeline,
  { personne, evenement }: PageFilter,
): Promise<readonly EarnerKey[] | null> {
  if (personne !== null) return addressesOf(pipeline, personne);
  return evenement === null ? null : peopleOf(pipeline.journal, evenement);
}

export async function addressesOf(pipeline: Pipeline, earner: EarnerKey): Promise<readonly EarnerKey[]> {
  const { keys } = await readPerson(pipeline, earner);
  return keys.includes(earner) ? keys : [earner, ...keys];
}

/** Of so many people of one event all is read; the export has the others. */
const MAX_PEOPLE = 500;

/** The entries about a person or an event: so few that they are read whole. */
async function readAbout(
  { journal, scheme }: Pipeline,
  filter: PageFilter,
  where: URLSearchParams,
  people: readonly EarnerKey[],
): Promise<PageRead> {
  const query = queryOf(filter, scheme.timeZone);
  const found = await Promise.all(people.slice(0, MAX_PEOPLE).map((one) => journal.ofEarner(one)));
  const entries = found
    .flat()
    .filter((entry) => isWanted(entry, query))
    .toSorted((a, b) => b.atS - a.atS);
  const { from, to, pager } = numberedPage(where, entries.length, PAGE_SIZE, (page) =>
    journalHref(filter, { page: String(page) }),
  );
  return {
    entries: entries.slice(from, to),
    newer: pager.previous,
    older: pager.next,
    note: people.length > MAX_PEOPLE ? 'cut' : null,
  };
}

async function readByTime(
  { journal, scheme }: Pipeline,
  filter: PageFilter,
  where: URLSearchParams,
): Promise<PageRead> {
  const query = queryOf(filter, scheme.timeZone);
  const asked = askedIn(where);
  let page = await journal.page(query, asked);
  // Back at the newest, the page is a whole one, not the few entries before the last page.
  if (asked.way === 'newer' && asked.beyond !== null && page.newer === null)
    page = await journal.page(query, { ...asked, way: 'older', beyond: null });
  const hrefOf = (name: string, place: Place | null): string | null =>
    place === null ? null : journalHref(filter, { [name]: cursorOf(place) });
  return {
    entries: page.entries,
    older: hrefOf('avant', page.older),
    newer: hrefOf('apres', page.newer),
    newest: page.newer === null ? null : journalHref(filter),
    oldest: page.older === null ? null : journalHref(filter, { fin: '' }),
    note: page.isPartial ? 'partial' : null,
  };
}

function askedIn(where: URLSearchParams): PageAsked {
  const size = PAGE_SIZE;
  if (where.has('fin')) return { size, way: 'newer', beyond: null };
  const [before, after] = [placeIn(where.get('avant') ?? ''), placeIn(where.get('apres') ?? '')];
  return after === null ? { size, way: 'older', beyond: before } : { size, way: 'newer', beyond: after };
}
