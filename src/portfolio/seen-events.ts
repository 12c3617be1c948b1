import type { ClientId, EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** Which events of a client's account are in the portfolios already, so that a list shows what is new. */
export interface SeenEvents {
  count(clientId: ClientId): Promise<number>;
  /** Of these, those that were not seen. */
  unseen(clientId: ClientId, events: readonly EventId[]): Promise<ReadonlySet<EventId>>;
  /** Said only once the event's assertions are stored. */
  add(clientId: ClientId, event: EventId): Promise<void>;
}

/** @param prefix of the keys, without a hash tag */
export function createSeenEvents(redis: RedisConnection, prefix: string): SeenEvents {
  const key = (clientId: ClientId): string => `${prefix}:seen:{${clientId}}`;
  return {
    count: (clientId) => redis.scard(key(clientId)),
    async unseen(clientId, events) {
      if (events.length === 0) return new Set();
      const seen = await redis.smismember(key(clientId), ...events);
      return new Set(events.filter((_, at) => seen[at] !== 1));
    },
    async add(clientId, event) {
      await redis.sadd(key(clientId), event);
    },
  };
}
