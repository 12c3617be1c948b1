import { asEventId, type BadgeId, type ClientId } from '../ids.js';
import type { AwardRecord } from '../earners/record.js';
import { heldBadges } from '../rules/countable.js';
import { compose } from '../earners/portfolio.js';
import { awardsOf, type Address } from '../earners/person.js';

/** For the one award in a million of which no event is known: nothing is ever asked by it. */
const UNKNOWN_EVENT = asEventId('unknown');

/**
 * Pure. What outlives a person's erasure, so that they are not given a second time what the Région's account holds for
 * one of their addresses, by hand or not, nor what a human took back: a badge, its state, and the Région's own events.
 * Nothing of what earned it, or of reasons. What is being taken back is not among these: it stays as it is.
 * @param addresses all of the person's
 */
export function recordsKeptAfterErasure(
  region: ClientId,
  addresses: readonly Address[],
  nowS: number,
): ReadonlyMap<BadgeId, AwardRecord> {
  const records = addresses.flatMap(awardsOf);
  const assertions = addresses.flatMap(({ record }) => record.assertions);
  const { held, blocked } = compose(region, assertions, records);
  const valid = heldBadges(held, nowS);
  const kept = new Map<BadgeId, AwardRecord>();
  for (const badgeId of new Set([...records, ...held].map((one) => one.badgeId))) {
    const theirs = records.filter((one) => one.badgeId === badgeId).map(({ record }) => record);
    const ignoredRevocations = [...new Set(theirs.flatMap((record) => record.ignoredRevocations))];
    const atS = Math.max(...theirs.map((record) => record.atS), 0);
    const holding = theirs.some(({ state }) => state === 'revoking') ? undefined : valid.get(badgeId);
    if (holding !== undefined) {
      const { eventId, issuedOnS } = holding;
      const event = eventId ?? UNKNOWN_EVENT;
      kept.set(badgeId, { state: 'issued', atS: issuedOnS, ignoredRevocations, event });
    } else if (blocked.includes(badgeId))
      kept.set(badgeId, { state: 'blocked', atS: atS === 0 ? nowS : atS, ignoredRevocations });
    // Were the account read again in full, what Palier took back would look like a human's doing.
    else if (ignoredRevocations.length > 0)
      kept.set(badgeId, { state: 'withdrawn', atS, ignoredRevocations });
  }
  return kept;
}
