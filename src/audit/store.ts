import type { RedisConnection } from '../platform/redis.js';
import { givenBy, type GivenBy } from './given-by.js';
import { layoutOf, type Layout } from './layout.js';
import { createLog, type Log } from './log.js';
import { createWords, type Words } from './words.js';

/** What the account is read from and written to. */
export interface AuditStore {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly layout: Layout;
  readonly log: Log;
  readonly words: Words;
  readonly given: GivenBy;
  /** Whose days are counted. */
  readonly timeZone: string;
}

/** @param prefix of the keys, without a hash tag */
export function auditStore(redis: RedisConnection, prefix: string, timeZone: string): AuditStore {
  const layout = layoutOf(prefix);
  const [log, words] = [createLog(redis, layout), createWords(redis, layout.words)];
  return { redis, prefix, layout, log, words, given: givenBy(redis, layout, log), timeZone };
}
