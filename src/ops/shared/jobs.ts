import { asClientId, type BadgeId, type ClientId } from '../../ids.js';
import { type Failure, shownReason, shownText } from '../../queue/failures.js';
import { partnerName } from '../../rules/explain/formatter.js';
import type { Scheme } from '../../rules/types.js';
import { groupBy } from './stats.js';

export type JobNames = ReturnType<typeof jobNamesOf>;

/** Returns look-ups from ids to names; an unknown id is its own name. */
export const jobNamesOf = (scheme: Scheme, region: ClientId) => ({
  organisation: (client: string): string =>
    client === region ? 'Région' : partnerName(scheme, asClientId(client)),
  award: (badgeId: BadgeId): string =>
    scheme.awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId,
});

/** How many failed jobs of each queue are read, newest first. */
export const MAX_FAILURES_READ = 2000;

/** Failed jobs that share a reason. */
export interface FailedGroup {
  readonly reason: string;
  readonly count: number;
}

const MAX_REASON_CHARS = 300;

/** Pure. Groups failures by reason, the most frequent first. */
export const failedByReason = (failures: readonly Pick<Failure, 'reason'>[]): readonly FailedGroup[] =>
  [...groupBy(failures, ({ reason }) => shownReason(reason, MAX_REASON_CHARS))]
    .map(([reason, { length: count }]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count);

/** Fields of job data that pages may show: ids, options and origin. Never the sealed address. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set(
  `kind type clientId eventId badgeId batchId earner url recipientCount createdS months by askedS version only upto
   suppressEmail overQuota source request cause`.split(/\s+/),
);

export const HIDDEN = '[masqué]';
const MAX_FIELDS = 30;

/** Returns a job's data for display; fields that may not be shown are masked. */
export function maskedData(data: unknown): Readonly<Record<string, string>> {
  if (typeof data !== 'object' || data === null) return {};
  const fields = Object.entries(data).slice(0, MAX_FIELDS);
  return Object.fromEntries(fields.map(([name, value]) => [shownText(name), maskedValue(name, value)]));
}

function maskedValue(name: string, value: unknown): string {
  const isPrimitive = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return SHOWN_FIELDS.has(name) && isPrimitive ? shownText(String(value)) : HIDDEN;
}
