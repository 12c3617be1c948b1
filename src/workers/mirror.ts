import type { EarnerKey } from '../ids.js';
import type { ObfAccount } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import { storeEvent, type EventStoring } from './store-event.js';
import { unseenEvents } from './unseen-events.js';

/**
 * What the Région's own OBF account holds, kept in the portfolios beside the partners' badges: whoever
 * issued a badge there, by hand or not, it is known here before another is given.
 */
export interface Mirror {
  /** Reads what is new; resolves with whom it touched. Throws when OBF cannot be read. */
  refresh(signal: AbortSignal): Promise<readonly EarnerKey[]>;
  /** The same, unless it was done less than `maxAgeMs` ago by this process. */
  refreshIfOlder(maxAgeMs: number, signal: AbortSignal): Promise<readonly EarnerKey[]>;
}

export function createMirror(account: ObfAccount, storing: EventStoring, clock: Clock): Mirror {
  let freshAtMs = Number.NEGATIVE_INFINITY;
  const refresh = async (signal: AbortSignal): Promise<readonly EarnerKey[]> => {
    const startedMs = clock();
    const touched: EarnerKey[] = [];
    for (const event of await unseenEvents(account, storing.seen, signal)) {
      touched.push(...(await storeEvent(storing, account, event, signal)));
    }
    freshAtMs = startedMs;
    return touched;
  };
  let underWay: Promise<readonly EarnerKey[]> | null = null;
  return {
    refresh,
    async refreshIfOlder(maxAgeMs, signal) {
      if (clock() - freshAtMs < maxAgeMs) return [];
      // Many earners are evaluated at a time: one of them reads for all.
      underWay ??= refresh(signal).finally(() => {
        underWay = null;
      });
      return underWay;
    },
  };
}
