import type { BadgeId, ClientId } from '../../ids.js';
import { type Failure, shownReason } from '../../queue/failures.js';
import type { Scheme } from '../../rules/types.js';
import { groupBy } from './group-by.js';

export interface Names {
  readonly organisation: (client: string) => string;
  readonly award: (badgeId: BadgeId) => string;
}

/** Names for ids; an id that the scheme does not know stays. */
export const namesIn = (scheme: Scheme, region: ClientId): Names => ({
  organisation: (client) =>
    client === region
      ? 'Région'
      : (scheme.partners.find(({ clientId }) => clientId === client)?.name ?? client),
  award: (badgeId) => scheme.awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId,
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
