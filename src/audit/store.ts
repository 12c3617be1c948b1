import type { RedisConnection } from '../platform/redis.js';
import type { GivingEvents } from './giving-events.js';
import type { Layout } from './layout.js';

/** What the account is read from and written to. */
export interface AuditStore {
  readonly redis: RedisConnection;
  readonly layout: Layout;
  readonly events: GivingEvents;
  /** Whose days are counted. */
  readonly timeZone: string;
}
