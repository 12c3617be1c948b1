import type { RedisConnection } from '../platform/redis.js';
import { forget, forgetUnnamed } from './forgetting.js';
import { issuedByDay } from './issued-count.js';
import { readAll, readEarner, readEvent } from './reading.js';
import { auditStore } from './store.js';
import { notesOf } from './telling.js';
import type { Audit } from './types.js';
import { writeEntries } from './writing.js';

/**
 * The account, in Redis.
 * @param prefix of the keys, without a hash tag
 * @param timeZone whose days are counted
 */
export function createAudit(redis: RedisConnection, prefix: string, timeZone: string): Audit {
  const store = auditStore(redis, prefix, timeZone);
  return {
    write: (entries) => writeEntries(store, entries),
    ofEarner: (earner) => readEarner(store, earner),
    isNoted: async (earner) => (await notesOf(store, earner)).length > 0,
    ofEvent: (event) => readEvent(store, event),
    knowsEvent: (event) => store.given.knows(event),
    read: (query) => readAll(store, query),
    issuedByDay: (query) => issuedByDay(store, query),
    forget: (earner) => forget(store, earner),
    forgetUnnamed: () => forgetUnnamed(store),
  };
}
