import type { EarnerKey, EventId } from '../ids.js';
import { dayOf, monthOf } from './calendar.js';
import { isAskedFor, isGiving } from './query.js';
import type { AuditStore } from './store.js';
import { entriesOf, mentionsIn, mentionsOfNotes, mentionsOfRows, notesOf, type Mention } from './telling.js';
import type { AuditEntry, AuditQuery } from './types.js';

/** So many rows are in memory at a time. */
const PAGE = 128;

/** The asked for, in the order in which they were written. */
export async function* readAll(store: AuditStore, query: AuditQuery): AsyncGenerator<AuditEntry> {
  for (let from = await firstRow(store, query.fromS); ; from += PAGE) {
    const rows = await store.log.range(from, from + PAGE);
    const mentions = await mentionsIn(store, from, rows);
    yield* await entriesOf(
      store,
      mentions.filter(({ entry }) => isAskedFor(entry, query)),
    );
    if (rows.length < PAGE) return;
  }
}

const DAY_S = 86_400;

/** The first that tells of the month of `fromS`, or of a later one. */
async function firstRow({ redis, layout, timeZone }: AuditStore, fromS: number | undefined): Promise<number> {
  if (fromS === undefined) return 0;
  const months = await redis.hgetall(layout.months);
  // A day earlier: the time zone may have been another one when they were written.
  const from = monthOf(dayOf(fromS - DAY_S, timeZone));
  const firsts = Object.keys(months).flatMap((month) => (month < from ? [] : Number(months[month])));
  return firsts.length === 0 ? Infinity : Math.min(...firsts);
}

/** All that is told of one earner key, oldest first. */
export async function readEarner(store: AuditStore, earner: EarnerKey): Promise<readonly AuditEntry[]> {
  const notes = await notesOf(store, earner);
  return oldestFirst(store, await mentionsOfNotes(store, earner, notes));
}

/** Everyone whom an event gave the award to, oldest first. */
export async function readEvent(store: AuditStore, event: EventId): Promise<readonly AuditEntry[]> {
  const mentions = await mentionsOfRows(store, await store.given.rowsOf(event));
  const given = mentions.filter(({ entry }) => entry.event === event && isGiving(entry));
  return oldestFirst(store, given);
}

/** By when it happened; at the same instant, by when it was written. */
async function oldestFirst(store: AuditStore, mentions: readonly Mention[]): Promise<readonly AuditEntry[]> {
  const inOrder = mentions.toSorted((a, b) => a.entry.atS - b.entry.atS || a.row - b.row || a.nth - b.nth);
  return entriesOf(store, inOrder);
}
