import type { EarnerKey } from '../ids.js';
import type { ObfAccount } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { storeEvent, type EventStoring } from './store-event.js';
import { unseenEvents } from './unseen-events.js';

/**
 * What the Région's own OBF account holds, kept in the portfolios beside the partners' badges: whoever
 * issued a badge there, by hand or not, it is known here before another is given.
 */
export interface Mirror {
  /** Reads what is new, and has those whom it touches evaluated. Throws when OBF cannot be read. */
  refresh(signal: AbortSignal): Promise<void>;
  /** The same, unless any process did it less than `maxAgeMs` ago. */
  refreshIfOlder(maxAgeMs: number, signal: AbortSignal): Promise<void>;
}

export interface MirrorParts extends EventStoring {
  readonly account: ObfAccount;
  readonly redis: RedisConnection;
  /** Of the key that says when it was refreshed. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly evaluate: (earners: readonly EarnerKey[]) => Promise<void>;
}

export function createMirror(parts: MirrorParts): Mirror {
  const { account, redis, clock, evaluate } = parts;
  const freshKey = `${parts.prefix}:mirror:fresh-at`;
  const refresh = async (signal: AbortSignal): Promise<void> => {
    const startedMs = clock();
    for (const event of await unseenEvents(account, parts.seen, signal))
      await storeEvent(parts, account, event, { evaluate }, signal);
    await redis.set(freshKey, startedMs);
  };
  let underWay: Promise<void> | null = null;
  return {
    refresh,
    async refreshIfOlder(maxAgeMs, signal) {
      if (clock() - Number((await redis.get(freshKey)) ?? 0) < maxAgeMs) return;
      // Many earners are evaluated at a time: one of them reads for all.
      underWay ??= refresh(signal).finally(() => {
        underWay = null;
      });
      await underWay;
    },
  };
}
