import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import type { AuditEntry } from '../../src/audit/types.js';
import type { RedisConnection } from '../../src/platform/redis.js';

export const ZONE = 'Europe/Paris';
/** 23 November 2026, noon in Normandie. */
export const NOON_S = Date.UTC(2026, 10, 23, 11) / 1000;

/** An award that was issued at noon, as the worker tells it. */
export const entryOf = (part: Partial<AuditEntry> = {}): AuditEntry => ({
  kind: 'issued',
  atS: NOON_S,
  earner: asEarnerKey('k1'),
  award: asAwardId('communiquer-1'),
  badgeId: asBadgeId('R1'),
  assertions: [asAssertionId('a1'), asAssertionId('a2')],
  cause: 'webhook.event.P1.E1',
  version: asSchemeVersion('0123456789abcdef'),
  event: asEventId('G1'),
  detail: null,
  ...part,
});

/** One event that gave the award to so many. */
export const classOf = (count: number, part: Partial<AuditEntry> = {}): readonly AuditEntry[] =>
  Array.from({ length: count }, (_, at) => entryOf({ earner: asEarnerKey(`k${at}`), ...part }));

export async function allOf(entries: AsyncIterable<AuditEntry>): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

export async function keysBelow(redis: RedisConnection, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000);
    found.push(...keys);
    cursor = next;
  } while (cursor !== '0');
  return [...new Set(found)];
}
