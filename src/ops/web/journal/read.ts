import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Journal } from '../../../journal/journal.js';
import type { PageAsked } from '../../../journal/pages.js';
import type { JournalQuery } from '../../../journal/query.js';
import { cursorOf, placeIn, type Place } from '../../../journal/time-index.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { journalHref, queryOf, type FieldName, type JournalAsked } from './asked.js';
import { entriesAbout } from './entries.js';

/** One page of the journal. */
export interface JournalModel {
  readonly scheme: Scheme;
  readonly region: ClientId;
  readonly asked: JournalAsked;
  /** What was typed and makes no sense. */
  readonly faults: ReadonlySet<FieldName>;
  /** Newest first. */
  readonly entries: readonly JournalEntry[];
  /** Pages of what was written later, and earlier; null: there is none. */
  readonly newer: string | null;
  readonly older: string | null;
  /** Both ends; null: this is it. */
  readonly newest: string | null;
  readonly oldest: string | null;
  /** Why the page may not have all that it should. */
  readonly note: 'partial' | 'cut' | null;
}

export const ENTRIES_A_PAGE = 50;

/** @param where in what is asked for: `avant`, `apres`, `fin`, `page` */
export async function readJournal(
  pipeline: Pipeline,
  asked: JournalAsked,
  where: URLSearchParams,
): Promise<JournalModel> {
  const { scheme } = await pipeline.schemes.now();
  const isAbout = asked.earner !== null || asked.event !== null;
  const page = isAbout ? readAbout(pipeline, asked, where) : readPages(pipeline, asked, where);
  return { scheme, region: pipeline.region, asked, faults: new Set(), ...(await page) };
}

type PageRead = Omit<JournalModel, 'scheme' | 'region' | 'asked' | 'faults'>;

/** Of one person or event there is little: it is read wholly. */
async function readAbout(pipeline: Pipeline, asked: JournalAsked, where: URLSearchParams): Promise<PageRead> {
  const { entries, isCut } = await entriesAbout(pipeline, asked);
  const last = Math.max(1, Math.ceil(entries.length / ENTRIES_A_PAGE));
  const page = Math.min(last, /^[1-9]\d{0,5}$/.test(where.get('page') ?? '') ? Number(where.get('page')) : 1);
  const to = (at: number): string | null =>
    at < 1 || at > last ? null : journalHref(asked, { page: String(at) });
  return {
    entries: entries.slice((page - 1) * ENTRIES_A_PAGE, page * ENTRIES_A_PAGE),
    newer: to(page - 1),
    older: to(page + 1),
    newest: page === 1 ? null : to(1),
    oldest: page === last ? null : to(last),
    note: isCut ? 'cut' : null,
  };
}

async function readPages(
  { journal, scheme: { timeZone } }: Pipeline,
  asked: JournalAsked,
  where: URLSearchParams,
): Promise<PageRead> {
  const { entries, older, newer, isPartial } = await wholePage(
    journal,
    queryOf(asked, timeZone),
    whereIn(where),
  );
  const to = (name: string, place: Place | null): string | null =>
    place === null ? null : journalHref(asked, { [name]: cursorOf(place) });
  return {
    entries,
    older: to('avant', older),
    newer: to('apres', newer),
    newest: newer === null ? null : journalHref(asked),
    oldest: older === null ? null : journalHref(asked, { fin: '' }),
    note: isPartial ? 'partial' : null,
  };
}

/** Whoever goes back to the newest comes to a whole page of them, not to the few before the last page. */
async function wholePage(journal: Pick<Journal, 'page'>, query: JournalQuery, asked: PageAsked) {
  const page = await journal.page(query, asked);
  const isCut = asked.way === 'newer' && asked.beyond !== null && page.newer === null;
  return isCut ? journal.page(query, { ...asked, way: 'older', beyond: null }) : page;
}

function whereIn(where: URLSearchParams): PageAsked {
  const size = ENTRIES_A_PAGE;
  if (where.has('fin')) return { size, way: 'newer', beyond: null };
  const [before, after] = [placeIn(where.get('avant') ?? ''), placeIn(where.get('apres') ?? '')];
  return after === null ? { size, way: 'older', beyond: before } : { size, way: 'newer', beyond: after };
}
