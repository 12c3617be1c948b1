import type { JournalEntry } from '../../../earners/journal-entry.js';
import { readPerson } from '../../../earners/person.js';
import type { ClientId, EarnerKey } from '../../../ids.js';
import type { Journal } from '../../../journal/journal.js';
import type { PageAsked, JournalQuery } from '../../../journal/pages.js';
import { cursorOf, placeIn, type Place } from '../../../journal/time-index.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { numberedPage } from '../parts/table.js';
import { goTo, type PageContext, type Redirect } from '../route.js';
import { entryTest, journalHref, queryOf, readFilter, type FieldName, type PageFilter } from './filter.js';

/** One page of the journal. */
export interface JournalModel {
  readonly scheme: Scheme;
  readonly region: ClientId;
  readonly filter: PageFilter;
  /** What was typed and makes no sense. */
  readonly faults: ReadonlySet<FieldName>;
  /** Newest first. */
  readonly entries: readonly JournalEntry[];
  /** The pages beside this one; null: there is none. */
  readonly newer: string | null;
  readonly older: string | null;
  /** Both ends; null: this is it. */
  readonly newest: string | null;
  readonly oldest: string | null;
  /** Why the page may not have all that it should. */
  readonly note: 'partial' | 'cut' | null;
}

type PageRead = Omit<JournalModel, 'scheme' | 'region' | 'filter' | 'faults'>;

const PAGE_SIZE = 50;

/** Its address holds nothing but keys and ids, or leads to one that does. */
export async function readJournal({ pipeline, query }: PageContext): Promise<JournalModel | Redirect> {
  const { filter, faults } = readFilter(query, pipeline.scheme.timeZone);
  if (faults.size > 0) return goTo(journalHref(filter));
  const { scheme } = await pipeline.schemes.now();
  const isAbout = filter.earner !== null || filter.event !== null;
  const page = await (isAbout ? readAbout : readByTime)(pipeline, filter, query);
  return { scheme, region: pipeline.region, filter, faults, ...page };
}

/** Of so many people of one event all is read; the export has the others. */
const MAX_PEOPLE = 500;
const CHUNK = 100;

/** The entries about a person or an event: so few that they are read whole. */
async function readAbout(pipeline: Pipeline, filter: PageFilter, where: URLSearchParams): Promise<PageRead> {
  const people = await peopleOf(pipeline, filter);
  const found: JournalEntry[] = [];
  for (let at = 0; at < Math.min(people.length, MAX_PEOPLE); at += CHUNK) {
    const chunk = people.slice(at, at + CHUNK);
    found.push(...(await Promise.all(chunk.map((one) => pipeline.journal.ofEarner(one)))).flat());
  }
  const isWanted = entryTest(filter, pipeline.scheme.timeZone);
  const entries = found.filter(isWanted).toSorted((a, b) => b.atS - a.atS);
  const { page, pages: last, from, to: after } = numberedPage(where, entries.length, PAGE_SIZE);
  const to = (at: number): string | null =>
    at < 1 || at > last ? null : journalHref(filter, { page: String(at) });
  return {
    entries: entries.slice(from, after),
    newer: to(page - 1),
    older: to(page + 1),
    newest: page === 1 ? null : to(1),
    oldest: page === last ? null : to(last),
    note: people.length > MAX_PEOPLE ? 'cut' : null,
  };
}

/** Every address of a person, or of those whom an event gave an award: no other entry names it. */
export async function peopleOf(
  pipeline: Pipeline,
  { earner, event }: PageFilter,
): Promise<readonly EarnerKey[]> {
  if (earner !== null) {
    const { keys } = await readPerson(pipeline, earner);
    return keys.includes(earner) ? keys : [earner, ...keys];
  }
  const given = event === null ? [] : await pipeline.journal.ofEvent(event);
  return [...new Set(given.flatMap((entry) => entry.earner ?? []))];
}

async function readByTime(
  { journal, scheme: { timeZone } }: Pipeline,
  filter: PageFilter,
  where: URLSearchParams,
): Promise<PageRead> {
  const page = await wholePage(journal, queryOf(filter, timeZone), whereIn(where));
  const to = (name: string, place: Place | null): string | null =>
    place === null ? null : journalHref(filter, { [name]: cursorOf(place) });
  return {
    entries: page.entries,
    older: to('avant', page.older),
    newer: to('apres', page.newer),
    newest: page.newer === null ? null : journalHref(filter),
    oldest: page.older === null ? null : journalHref(filter, { fin: '' }),
    note: page.isPartial ? 'partial' : null,
  };
}

/** Back at the newest, the page is a whole one, not the few entries before the last page. */
async function wholePage(journal: Pick<Journal, 'page'>, query: JournalQuery, asked: PageAsked) {
  const page = await journal.page(query, asked);
  const isCut = asked.way === 'newer' && asked.beyond !== null && page.newer === null;
  return isCut ? journal.page(query, { ...asked, way: 'older', beyond: null }) : page;
}

function whereIn(where: URLSearchParams): PageAsked {
  const size = PAGE_SIZE;
  if (where.has('fin')) return { size, way: 'newer', beyond: null };
  const [before, after] = [placeIn(where.get('avant') ?? ''), placeIn(where.get('apres') ?? '')];
  return after === null ? { size, way: 'older', beyond: before } : { size, way: 'newer', beyond: after };
}
