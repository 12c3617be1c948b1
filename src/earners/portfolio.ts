import { asAssertionId, type BadgeId, type ClientId, type EarnerKey } from '../ids.js';
import type { Assertion, AwardRecord } from './record.js';

/** All that deciding needs to know of one earner. */
export interface Portfolio {
  /** What partners (and strangers, if any) issued to this person. */
  readonly assertions: readonly Assertion[];
  /** The Région's own badges, those issued by hand, revoked or expired included. */
  readonly held: readonly Assertion[];
  /** Région badges that a human revoked: not given again until ops lifts it. */
  readonly blocked: readonly BadgeId[];
}

export const emptyPortfolio: Portfolio = { assertions: [], held: [], blocked: [] };

/** A ledger record, and the address' key that it stands under. */
export interface OwnRecord {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly record: AwardRecord;
}

/**
 * Pure. An award that we issued counts as held before its assertion has been read back from OBF; once
 * it has, the assertion alone says whether it still is.
 */
export function compose(
  region: ClientId,
  assertions: readonly Assertion[],
  records: readonly OwnRecord[],
): Portfolio {
  const held = assertions.filter(({ clientId }) => clientId === region);
  const readBack = new Set(held.map(({ eventId }) => eventId));
  const ours = records.flatMap(({ badgeId, record }): readonly Assertion[] => {
    if (!('event' in record) || readBack.has(record.event)) return [];
    const { event: eventId, atS: issuedOnS } = record;
    const id = asAssertionId(`event.${eventId}`);
    return [{ id, clientId: region, badgeId, eventId, issuedOnS, expiresOnS: null, revoked: false }];
  });
  const blocked = records.flatMap(({ badgeId, record }) => (record.state === 'blocked' ? badgeId : []));
  return {
    assertions: assertions.filter(({ clientId }) => clientId !== region),
    held: [...held, ...ours],
    blocked: [...new Set([...blocked, ...revokedByHand(held, records)])],
  };
}

/**
 * The badges that somebody at the Région revoked, and meant it: the revocation is not ours, and nothing
 * was given since. An award given by hand is dated at midnight, so of one day's awards no order is known:
 * one that never ends has the last word, one that has an end only if it was issued later.
 */
function revokedByHand(held: readonly Assertion[], records: readonly OwnRecord[]): readonly BadgeId[] {
  const isIgnored = ({ badgeId, eventId }: Assertion): boolean =>
    eventId !== null &&
    records.some(
      ({ badgeId: of, record }) =>
        of === badgeId &&
        // What Palier is taking back at this moment is no human's doing.
        (record.ignoredRevocations.includes(eventId) ||
          (record.state === 'revoking' && record.event === eventId)),
    );
  const givenSince = (revoked: Assertion): boolean =>
    held.some(
      (other) =>
        other.badgeId === revoked.badgeId &&
        !other.revoked &&
        (other.expiresOnS === null || other.issuedOnS > revoked.issuedOnS),
    );
  return held
    .filter((one) => one.revoked && !isIgnored(one) && !givenSince(one))
    .map(({ badgeId }) => badgeId);
}
