import { asClientId, type BadgeId, type ClientId } from '../../ids.js';
import { type Failure, shownReason, shownText } from '../../queue/failures.js';
import { partnerName } from '../../rules/explain/formatter.js';
import type { Scheme } from '../../rules/types.js';
import { groupBy } from './stats.js';

export type Names = ReturnType<typeof namesIn>;

/** Names for ids; an id that the scheme does not know stays. */
export const namesIn = (scheme: Scheme, region: ClientId) => ({
  organisation: (client: string): string =>
    client === region ? 'Région' : partnerName(scheme, asClientId(client)),
  award: (badgeId: BadgeId): string =>
    scheme.awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId,
});

/** So many failed jobs of each queue are looked at, the newest. */
export const NEWEST = 2000;

/** Failed jobs with one reason in common. */
export interface FailedGroup {
  readonly reason: string;
  readonly count: number;
}

const MAX_REASON_CHARS = 300;

/** Pure. By reason, the most frequent first. */
export const failedByReason = (failures: readonly Pick<Failure, 'reason'>[]): readonly FailedGroup[] =>
  [...groupBy(failures, ({ reason }) => shownReason(reason, MAX_REASON_CHARS))]
    .map(([reason, { length: count }]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count);

/** What of a job's data may be read by people: ids, and how it came about. Never the sealed address. */
const SHOWN: ReadonlySet<string> = new Set(
  `kind type clientId eventId badgeId batchId earner url recipientCount createdS months by askedS version only upto
   suppressEmail overQuota source request cause`.split(/\s+/),
);

export const HIDDEN = '[masqué]';
const MAX_FIELDS = 30;

/** A job's data as it may be shown. */
export function maskedData(data: unknown): Readonly<Record<string, string>> {
  if (typeof data !== 'object' || data === null) return {};
  const fields = Object.entries(data).slice(0, MAX_FIELDS);
  return Object.fromEntries(fields.map(([name, value]) => [shownText(name), maskedValue(name, value)]));
}

function maskedValue(name: string, value: unknown): string {
  const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return SHOWN.has(name) && plain ? shownText(String(value)) : HIDDEN;
}
