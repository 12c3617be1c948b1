import type { EarnerKey, EventId } from '../ids.js';
import { dayOf, monthOf } from './calendar.js';
import { decodeEntry } from './codec.js';
import { byPlace, merged, pagesOf, placeOf, type Placed } from './entries.js';
import type { Span } from './giving-events.js';
import { fieldStartOf, PARTS, partOf } from './layout.js';
import { isAskedFor, isGiving } from './query.js';
import type { AuditStore } from './store.js';
import type { AuditEntry, AuditQuery } from './types.js';

/** The asked for of all parts, in the order in which they were written. */
export async function* readAll(store: AuditStore, query: AuditQuery): AsyncGenerator<AuditEntry> {
  for await (const page of merged(PARTS.map((part) => pagesOfPart(store, part, query.fromS))))
    for (const { fields } of page) {
      const entry = decodeEntry(fields);
      if (entry !== null && isAskedFor(entry, query)) yield entry;
    }
}

const DAY_S = 86_400;

/** A part's entries from the first on that tells of the month of `fromS`, or of a later one. */
async function* pagesOfPart(
  { redis, layout, timeZone }: AuditStore,
  part: number,
  fromS: number | undefined,
): AsyncGenerator<readonly Placed[]> {
  const months = await redis.hgetall(layout.months(part));
  // A day earlier: the time zone may have been another one when they were written.
  const from = fromS === undefined ? '' : monthOf(dayOf(fromS - DAY_S, timeZone));
  const firsts = Object.keys(months).flatMap((month) =>
    month < from ? [] : placeOf(months[month] ?? '').ms,
  );
  if (firsts.length > 0) yield* pagesOf(redis, layout.entries(part), { fromMs: Math.min(...firsts) });
}

/** All that is told of one earner key, oldest first. */
export async function readEarner(
  { redis, layout }: AuditStore,
  earner: EarnerKey,
): Promise<readonly AuditEntry[]> {
  const people = Object.entries(await redis.hgetall(layout.people(earner)));
  const ids = people.filter(([field]) => field.startsWith(fieldStartOf(earner))).map(([, id]) => id);
  const stream = layout.entries(partOf(earner));
  const found = await Promise.all(ids.map((id) => redis.xrange(stream, id, id)));
  const entries = oldestFirst(found.flat().map(([id, fields]) => ({ ...placeOf(id), fields })));
  return entries.filter((entry) => entry.earner === earner);
}

/** Everyone whom an event gave the award to, oldest first: looked for where entries of it were written. */
export async function readEvent(store: AuditStore, event: EventId): Promise<readonly AuditEntry[]> {
  const spans = await store.events.spansOf(event);
  const found = await Promise.all(PARTS.map((part) => givenIn(store, part, event, spans)));
  return oldestFirst(found.flat());
}

async function givenIn(
  { redis, layout }: AuditStore,
  part: number,
  event: EventId,
  spans: readonly Span[],
): Promise<readonly Placed[]> {
  // By their place: the spans may overlap.
  const given = new Map<string, Placed>();
  for (const { firstMs, lastMs } of spans)
    for await (const page of pagesOf(redis, layout.entries(part), { fromMs: firstMs, toMs: lastMs }))
      for (const placed of page) {
        const entry = decodeEntry(placed.fields);
        if (entry?.event === event && isGiving(entry)) given.set(`${placed.ms}-${placed.nth}`, placed);
      }
  return [...given.values()];
}

/** By when it happened; at the same instant, by when it was written. */
const oldestFirst = (placed: readonly Placed[]): readonly AuditEntry[] =>
  placed
    .toSorted(byPlace)
    .flatMap(({ fields }) => decodeEntry(fields) ?? [])
    .toSorted((a, b) => a.atS - b.atS);
