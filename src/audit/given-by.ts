import type { EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Layout } from './layout.js';
import type { LogReader } from './log.js';
import { decodeRow } from './row.js';
import { NOTE_GIVEN } from './scripts.js';

/** Which events gave an award, and which rows tell whom they gave it to. */
export interface GivenBy {
  /** Said once the event's entries are written. May be repeated, with more. */
  note(event: EventId, rows: readonly number[]): Promise<void>;
  /** None for an event that is not known. */
  rowsOf(event: EventId): Promise<readonly number[]>;
  /** Noted rows, one of which is still to be found; or noted of nobody. */
  knows(event: EventId): Promise<boolean>;
}

export const givenBy = (redis: RedisConnection, layout: Layout, log: Pick<LogReader, 'rows'>): GivenBy => {
  const notedOf = (event: EventId): Promise<string | null> => redis.hget(layout.given(event), event);
  return {
    async note(event, rows) {
      const inOrder = [...new Set(rows)].toSorted((a, b) => a - b);
      await NOTE_GIVEN(redis, [layout.given(event)], [event, ...inOrder]);
    },
    rowsOf: async (event) => rowsIn(await notedOf(event)),
    async knows(event) {
      const noted = await notedOf(event);
      if (noted === null || noted === '') return noted !== null;
      return (await log.rows(rowsIn(noted))).some((row) => row !== null && mayTellOf(row, event));
    },
  };
};

const rowsIn = (noted: string | null): readonly number[] =>
  noted === null || noted === '' ? [] : noted.split(',').map(Number);

/** Not where a fail-over lost the row, and another one has its number now. One of nobody any more tells of no event. */
function mayTellOf(bytes: Buffer, event: EventId): boolean {
  const row = decodeRow(bytes);
  if (row === null || row.event === event) return true;
  return row.told === null && row.earners.length === 0;
}
