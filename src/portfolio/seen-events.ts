import type { ClientId, EventId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { eventNumberOf } from './event-number.js';
import { ADD, FORGET, LIST, UNSEEN } from './seen-script.js';

/** Which events of a client's account are in the portfolios already, so that a list shows what is new. */
export interface SeenEvents {
  count(clientId: ClientId): Promise<number>;
  /** Of these, those that were not seen. */
  unseen(clientId: ClientId, events: readonly EventId[]): Promise<ReadonlySet<EventId>>;
  /** Everything that OBF lists was read: what it no longer lists is forgotten. */
  replace(clientId: ClientId, events: readonly EventId[]): Promise<void>;
  /** Said only once the event's assertions are stored. */
  add(clientId: ClientId, event: EventId): Promise<void>;
  /** The same of many. */
  addAll(clientId: ClientId, events: readonly EventId[]): Promise<void>;
}

/** How many a script is asked about at a time: Redis does nothing else meanwhile, for about a millisecond. */
const CHUNK = 1000;

/** Where the events of a client stand: this hash, and sets behind it (see seen-script.ts). */
export const seenKey = (prefix: string, clientId: ClientId): string => `${prefix}:events:{${clientId}}`;

/** @param prefix of the keys, without a hash tag */
export function createSeenEvents(redis: RedisConnection, prefix: string): SeenEvents {
  const key = (clientId: ClientId): string => seenKey(prefix, clientId);
  const addNumbers = async (clientId: ClientId, numbers: readonly string[]): Promise<void> => {
    for (let at = 0; at < numbers.length; at += CHUNK)
      await ADD(redis, [key(clientId)], numbers.slice(at, at + CHUNK));
  };
  return {
    count: async (clientId) => Number((await redis.hget(key(clientId), 'n')) ?? 0),
    async unseen(clientId, events) {
      const found = new Set<EventId>();
      for (let at = 0; at < events.length; at += CHUNK) {
        const some = events.slice(at, at + CHUNK);
        const places = await UNSEEN(redis, [key(clientId)], some.map(eventNumberOf));
        for (const place of Array.isArray(places) ? places : []) {
          const event = some[Number(place) - 1];
          if (event !== undefined) found.add(event);
        }
      }
      return found;
    },
    async replace(clientId, events) {
      const listed = new Set(events.map(eventNumberOf));
      for await (const some of numbersOf(redis, key(clientId))) {
        const gone = some.filter((number) => !listed.has(number));
        if (gone.length > 0) await FORGET(redis, [key(clientId)], gone);
      }
      await addNumbers(clientId, [...listed]);
    },
    add: (clientId, event) => addNumbers(clientId, [eventNumberOf(event)]),
    addAll: (clientId, events) => addNumbers(clientId, events.map(eventNumberOf)),
  };
}

/** What stands there, a set at a time; one that is divided meanwhile may be told twice. */
async function* numbersOf(redis: RedisConnection, key: string): AsyncGenerator<readonly string[]> {
  for (let at = 0; ; at += 1) {
    const told = await LIST(redis, [key], [at]);
    if (!Array.isArray(told)) return;
    yield told.map(String);
  }
}
