import type { ClientId, EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';

/** Which events of a client's account are in the portfolios already, so that a list shows what is new. */
export interface SeenEvents {
  count(clientId: ClientId): Promise<number>;
  /** Of these, those that were not seen. */
  unseen(clientId: ClientId, events: readonly EventId[]): Promise<ReadonlySet<EventId>>;
  /** Everything that OBF lists was read: what it no longer lists is forgotten. */
  replace(clientId: ClientId, events: readonly EventId[]): Promise<void>;
  /** Said only once the event's assertions are stored. */
  add(clientId: ClientId, event: EventId): Promise<void>;
}

const CHUNK = 1000;

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
    async replace(clientId, events) {
      const next = `${key(clientId)}:next`;
      await redis.del(next);
      for (let at = 0; at < events.length; at += CHUNK)
        await redis.sadd(next, ...events.slice(at, at + CHUNK));
      await (events.length === 0 ? redis.del(key(clientId)) : redis.rename(next, key(clientId)));
    },
    async add(clientId, event) {
      await redis.sadd(key(clientId), event);
    },
  };
}
