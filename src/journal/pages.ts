import type { JournalEntry, JournalKind } from '../earners/journal-entry.js';
import type { AwardId } from '../ids.js';
import type { Place, Span, Walk, Way } from './time-index.js';

/** Which entries are asked for. */
export interface JournalQuery extends Span {
  readonly award?: AwardId;
  readonly kinds?: readonly JournalKind[];
}

/** Whether an entry is one of those asked for. */
export const isAskedFor = (
  { kind, atS, award }: JournalEntry,
  { fromS, untilS, award: asked, kinds }: JournalQuery,
): boolean =>
  (fromS === undefined || atS >= fromS) &&
  (untilS === undefined || atS < untilS) &&
  (asked === undefined || award === asked) &&
  (kinds === undefined || kinds.includes(kind));

/** Which page of the journal. */
export interface PageAsked {
  /** How many entries at most. */
  readonly size: number;
  /** `older`: what happened before `beyond`, or the newest of all; `newer`: after it, or the oldest of all. */
  readonly way: Way;
  readonly beyond: Place | null;
}

export interface JournalPage {
  /** What happened last comes first. */
  readonly entries: readonly JournalEntry[];
  /** From where the page before, or after, is read; null: there is none. */
  readonly older: Place | null;
  readonly newer: Place | null;
  /** So many entries were looked at that the rest is left to the next page. */
  readonly isPartial: boolean;
}

/** How many entries are looked at for one page: some tenths of a second. */
const MAX_LOOKED_AT = 5000;
/** How many entries are read at a time. */
const READ_TOGETHER = 100;

/** An entry, and its place. */
export interface Found {
  readonly place: Place;
  readonly entry: JournalEntry;
}

/** @param read the entries at these places, in their order */
export async function readPage(
  walk: (walk: Walk) => AsyncIterable<readonly Place[]>,
  read: (places: readonly Place[]) => Promise<readonly Found[]>,
  query: JournalQuery,
  { size, way, beyond }: PageAsked,
): Promise<JournalPage> {
  const found: Found[] = [];
  let lookedAt = 0;
  let stoppedAt: Place | null = null;
  walking: for await (const places of walk({ ...query, way, beyond }))
    for (let at = 0; at < places.length; at += READ_TOGETHER) {
      const some = places.slice(at, at + READ_TOGETHER);
      found.push(...(await read(some)).filter(({ entry }) => isAskedFor(entry, query)));
      if (found.length > size) break walking;
      lookedAt += some.length;
      if (lookedAt < MAX_LOOKED_AT) continue;
      stoppedAt = some.at(-1) ?? null;
      break walking;
    }
  const shown = found.slice(0, size);
  const far = found.length > size ? (shown.at(-1)?.place ?? null) : stoppedAt;
  const near = beyond === null ? null : (shown[0]?.place ?? null);
  return {
    entries: (way === 'older' ? shown : shown.toReversed()).map(({ entry }) => entry),
    older: way === 'older' ? far : near,
    newer: way === 'older' ? near : far,
    isPartial: stoppedAt !== null,
  };
}
