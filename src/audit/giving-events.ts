import type { EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Layout } from './layout.js';
import { NOTE_SPAN } from './scripts.js';

/** From when to when entries of an event were written, Unix milliseconds, both inclusive. */
export interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Which events gave an award, and where in the account to look for whom they gave it to. */
export interface GivingEvents {
  /** Said once the event's entries are written. May be repeated, with more. @param writtenMs of each of them */
  note(event: EventId, writtenMs: readonly number[]): Promise<void>;
  /** Empty for an event that is not known. They may overlap. */
  spansOf(event: EventId): Promise<readonly Span[]>;
  knows(event: EventId): Promise<boolean>;
}

export const createGivingEvents = (redis: RedisConnection, layout: Layout): GivingEvents => ({
  async note(event, writtenMs) {
    for (const { firstMs, lastMs } of spansIn(writtenMs))
      await redis.eval(NOTE_SPAN, 1, layout.events(event), event, firstMs, lastMs);
  },
  async spansOf(event) {
    const noted = (await redis.hget(layout.events(event), event)) ?? '';
    return [...noted.matchAll(/(\d+)-(\d+)/g)].map(([, first, last]) => ({
      firstMs: Number(first),
      lastMs: Number(last),
    }));
  },
  knows: async (event) => (await redis.hexists(layout.events(event), event)) === 1,
});

/** Entries that were written at one time; what came later is a span of its own, or looking would take long. */
const GAP_MS = 1000;

function spansIn(writtenMs: readonly number[]): readonly Span[] {
  const spans: Span[] = [];
  for (const ms of writtenMs.toSorted((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last === undefined || ms - last.lastMs > GAP_MS) spans.push({ firstMs: ms, lastMs: ms });
    else spans[spans.length - 1] = { ...last, lastMs: ms };
  }
  return spans;
}
