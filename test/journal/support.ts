import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
} from '../../src/ids.js';
import type { JournalEntry } from '../../src/earners/journal-entry.js';

export const ZONE = 'Europe/Paris';
/** 23 November 2026, noon in Normandie. */
export const NOON_S = Date.UTC(2026, 10, 23, 11) / 1000;

/** An award that was issued at noon, as the worker tells it. */
export const entryOf = (part: Partial<JournalEntry> = {}): JournalEntry => ({
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
export const classOf = (count: number, part: Partial<JournalEntry> = {}): readonly JournalEntry[] =>
  Array.from({ length: count }, (_, at) => entryOf({ earner: asEarnerKey(`k${at}`), ...part }));

export async function allOf(entries: AsyncIterable<JournalEntry>): Promise<readonly JournalEntry[]> {
  const found: JournalEntry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}
