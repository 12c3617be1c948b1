import { asEventId, type BadgeId, type ClientId, type EventId } from '../ids.js';
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
  const badges = new Set([...records, ...held].map(({ badgeId }) => badgeId));
  return new Map(
    [...badges].flatMap((badgeId) => {
      const theirs = records.filter((one) => one.badgeId === badgeId).map(({ record }) => record);
      const kept = keptOf(theirs, {
        isHeldBy: valid.get(badgeId) ?? null,
        isBlocked: blocked.includes(badgeId),
        nowS,
      });
      return kept === null ? [] : [[badgeId, kept] as const];
    }),
  );
}

interface Held {
  readonly isHeldBy: { readonly eventId: EventId | null; readonly issuedOnS: number } | null;
  readonly isBlocked: boolean;
  readonly nowS: number;
}

function keptOf(records: readonly AwardRecord[], { isHeldBy, isBlocked, nowS }: Held): AwardRecord | null {
  const ignoredRevocations = [...new Set(records.flatMap((record) => record.ignoredRevocations))];
  const atS = Math.max(...records.map((record) => record.atS), 0);
  const isRevoking = records.some(({ state }) => state === 'revoking');
  if (isHeldBy !== null && !isRevoking) {
    const { eventId, issuedOnS } = isHeldBy;
    return { state: 'issued', atS: issuedOnS, ignoredRevocations, event: eventId ?? UNKNOWN_EVENT };
  }
  if (isBlocked) return { state: 'blocked', atS: atS === 0 ? nowS : atS, ignoredRevocations };
  // Were the account read again in full, what Palier took back would look like a human's doing.
  return ignoredRevocations.length > 0 ? { state: 'withdrawn', atS, ignoredRevocations } : null;
}
