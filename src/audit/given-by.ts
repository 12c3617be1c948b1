import { z } from 'zod';
import type { EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Layout } from './layout.js';
import type { LogReader } from './log.js';
import { decodeRow } from './row.js';
import { NOTE_GIVEN, TAKE_OUT_GIVEN } from './scripts.js';

/** Which events gave an award, and which rows tell whom they gave it to. */
export interface GivenBy {
  /**
   * Said once the event's entries are written. May be repeated, with more. Of the rows that were noted before, those
   * that a fail-over lost are taken out.
   */
  note(event: EventId, rows: readonly number[]): Promise<void>;
  /** None for an event that is not known. */
  rowsOf(event: EventId): Promise<readonly number[]>;
  /** Noted rows, all of which are still to be found; or noted of nobody. */
  knows(event: EventId): Promise<boolean>;
}

export const givenBy = (redis: RedisConnection, layout: Layout, log: Pick<LogReader, 'rows'>): GivenBy => {
  const notedOf = (event: EventId): Promise<string | null> => redis.hget(layout.given(event), event);
  const lostOf = async (event: EventId, numbers: readonly number[]): Promise<readonly number[]> => {
    const rows = await log.rows(numbers);
    return numbers.filter((_, at) => !mayTellOf(rows[at] ?? null, event));
  };
  return {
    async note(event, rows) {
      const key = layout.given(event);
      const inOrder = [...new Set(rows)].toSorted((a, b) => a - b);
      const before = rowsIn(noted.parse(await NOTE_GIVEN(redis, [key], [event, ...inOrder])));
      const lost = await lostOf(event, before);
      // After what tells of it again: until then the event is not known.
      if (lost.length > 0) await TAKE_OUT_GIVEN(redis, [key], [event, ...lost]);
    },
    rowsOf: async (event) => rowsIn(await notedOf(event)),
    async knows(event) {
      const rows = await notedOf(event);
      return rows !== null && (await lostOf(event, rowsIn(rows))).length === 0;
    },
  };
};

const noted = z.string().nullable();

const rowsIn = (text: string | null): readonly number[] =>
  text === null || text === '' ? [] : text.split(',').map(Number);

/** Not where a fail-over lost the row, and another one has its number now. One of nobody any more tells of no event. */
function mayTellOf(bytes: Buffer | null, event: EventId): boolean {
  if (bytes === null) return false;
  const row = decodeRow(bytes);
  if (row === null || row.event === event) return true;
  return row.told === null && row.earners.length === 0;
}
