import type { EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Layout } from './layout.js';
import { NOTE_GIVEN } from './scripts.js';

/** Which events gave an award, and which rows tell whom they gave it to. */
export interface GivenBy {
  /** Said once the event's entries are written. May be repeated, with more. */
  note(event: EventId, rows: readonly number[]): Promise<void>;
  /** None for an event that is not known. */
  rowsOf(event: EventId): Promise<readonly number[]>;
  knows(event: EventId): Promise<boolean>;
}

export const givenBy = (redis: RedisConnection, layout: Layout): GivenBy => ({
  async note(event, rows) {
    const inOrder = [...new Set(rows)].toSorted((a, b) => a - b);
    await NOTE_GIVEN(redis, [layout.given(event)], [event, ...inOrder]);
  },
  async rowsOf(event) {
    const noted = (await redis.hget(layout.given(event), event)) ?? '';
    return noted === '' ? [] : noted.split(',').map(Number);
  },
  knows: async (event) => (await redis.hexists(layout.given(event), event)) === 1,
});
