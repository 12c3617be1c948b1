import type { EarnerStore } from '../earners/store.js';
import type { BatchId, EarnerKey } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import { ObfRefused } from '../obf/errors.js';
import type { ObfAccount } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { SeenEvents } from '../portfolio/seen-events.js';
import type { NewAssertion } from '../portfolio/store.js';
import { accountForEvent } from './account.js';
import { createLostBatches } from './lost-batches.js';
import { storeEvent, type EventStoring } from './store-event.js';
import { unseenEvents } from './unseen-events.js';

/**
 * What the Région's own OBF account holds, kept in the portfolios beside the partners' badges: whoever
 * issued a badge there, by hand or not, it is known here before another is given.
 */
export interface Mirror {
  /**
   * Reads what is new, and has those whom it touches evaluated.
   * @param thorough looks through all events (see `unseenEvents`): before something is sent again
   * @throws RegionUnreadable when OBF cannot be read, or an ObfError that says to wait
   */
  refresh(signal: AbortSignal, thorough?: boolean): Promise<void>;
  /**
   * Reads all of it for somebody whom batches had claimed that are gone; one reading serves all of a batch.
   * @throws as `refresh`
   */
  readAfterLoss(missed: readonly BatchId[], signal: AbortSignal): Promise<void>;
  /** As `refresh`, unless any process did it less than `maxAgeMs` ago. */
  refreshIfOlder(maxAgeMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * OBF refuses to let us read the Région's own account. That is for ops to mend; what waits for it is
 * tried again until they have.
 */
export class RegionUnreadable extends Error {
  readonly code = 'region_unreadable';
}

async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof ObfRefused)) throw cause;
    throw new RegionUnreadable(`The Région's account cannot be read. ${cause.message}`, { cause });
  }
}

export interface MirrorParts extends EventStoring {
  readonly seen: SeenEvents;
  readonly account: ObfAccount;
  readonly journal: Pick<Journal, 'write'>;
  readonly earners: Pick<EarnerStore, 'read'>;
  readonly redis: RedisConnection;
  /** Of the key that says when it was refreshed. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly evaluate: (earners: readonly EarnerKey[]) => Promise<void>;
}

export function createMirror(parts: MirrorParts): Mirror {
  const { account, redis, clock, evaluate } = parts;
  const freshKey = `${parts.prefix}:mirror:fresh-at`;
  const refresh = async (signal: AbortSignal, thorough = false): Promise<void> => {
    const startedMs = clock();
    const look = thorough ? 'all' : 'both ends';
    const events = await readable(unseenEvents({ account, seen: parts.seen, look }, signal));
    for (const event of events) {
      const enter = (found: readonly NewAssertion[]): Promise<void> =>
        accountForEvent(parts, event, found, signal);
      await readable(storeEvent(parts, account, event, { evaluate, account: enter }, 'list', signal));
    }
    await redis.set(freshKey, startedMs);
  };
  const lost = createLostBatches((signal) => refresh(signal, true), clock);
  let underWay: Promise<void> | null = null;
  let notBeforeMs = 0;
  return {
    refresh,
    readAfterLoss: (missed, signal) => lost.readAfter(missed, signal),
    async refreshIfOlder(maxAgeMs, signal) {
      // A refresh that failed is not asked for by every earner in turn.
      if (clock() < notBeforeMs || clock() - Number((await redis.get(freshKey)) ?? 0) < maxAgeMs) return;
      // Many earners are evaluated at a time: one of them reads for all.
      underWay ??= refresh(signal).finally(() => {
        underWay = null;
        notBeforeMs = clock() + maxAgeMs;
      });
      await underWay;
    },
  };
}
