import type { RedisConnection } from '../platform/redis.js';
import { EARNER_NAME, NAMES_THAT_STAY } from './codec.js';
import { createGivingEvents } from './giving-events.js';
import { issuedByDay } from './issued-count.js';
import { fieldStartOf, layoutOf, partOf } from './layout.js';
import { readAll, readEarner, readEvent } from './reading.js';
import { FORGET } from './scripts.js';
import type { Audit } from './types.js';
import { writeEntries } from './writing.js';

/**
 * The account, in Redis.
 * @param prefix of the keys, without a hash tag
 * @param timeZone whose days are counted
 */
export function createAudit(redis: RedisConnection, prefix: string, timeZone: string): Audit {
  const layout = layoutOf(prefix);
  const events = createGivingEvents(redis, layout);
  const store = { redis, layout, events, timeZone };
  return {
    write: (entries) => writeEntries(store, entries),
    ofEarner: (earner) => readEarner(store, earner),
    ofEvent: (event) => readEvent(store, event),
    knowsEvent: (event) => events.knows(event),
    read: (query) => readAll(store, query),
    issuedByDay: (query) => issuedByDay(store, query),
    async forget(earner) {
      const keys = [layout.people(earner), layout.entries(partOf(earner))];
      const whose = [earner, fieldStartOf(earner), EARNER_NAME];
      return Number(await redis.eval(FORGET, keys.length, ...keys, ...whose, ...NAMES_THAT_STAY));
    },
  };
}
