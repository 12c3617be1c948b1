import type { JournalEntry, JournalKind } from '../earners/journal-entry.js';
import type { AwardId } from '../ids.js';

export interface JournalQuery {
  /** Inclusive, Unix seconds. */
  readonly fromS?: number;
  /** Exclusive, Unix seconds. */
  readonly untilS?: number;
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
