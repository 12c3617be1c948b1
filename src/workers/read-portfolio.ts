import { asAssertionId, type BadgeId, type ClientId, type EarnerKey } from '../ids.js';
import type { AwardRecord } from '../issuing/award-record.js';
import type { Ledger } from '../issuing/ledger.js';
import type { Assertion } from '../portfolio/assertion.js';
import type { Portfolio } from '../portfolio/portfolio.js';
import type { PortfolioStore } from '../portfolio/store.js';

export interface PortfolioSources {
  readonly region: ClientId;
  readonly portfolios: PortfolioStore;
  readonly ledger: Ledger;
}

/** All that deciding needs to know of one earner: what OBF told us, and what we did ourselves. */
export async function readPortfolio(sources: PortfolioSources, earner: EarnerKey): Promise<Portfolio> {
  const [assertions, records] = await Promise.all([
    sources.portfolios.assertionsOf(earner),
    sources.ledger.readAll(earner),
  ]);
  return compose(sources.region, assertions, records);
}

/**
 * Pure. An award that we issued counts as held before its assertion has been read back from OBF; once
 * it has, the assertion alone says whether it still is.
 */
export function compose(
  region: ClientId,
  assertions: readonly Assertion[],
  records: ReadonlyMap<BadgeId, AwardRecord>,
): Portfolio {
  const held = assertions.filter(({ clientId }) => clientId === region);
  const readBack = new Set(held.map(({ eventId }) => eventId));
  const ours = [...records].flatMap(([badgeId, record]) =>
    hasEvent(record) && !readBack.has(record.event) ? [asIssued(region, badgeId, record)] : [],
  );
  return {
    assertions: assertions.filter(({ clientId }) => clientId !== region),
    held: [...held, ...ours],
    blocked: [...new Set([...blockedIn(records), ...revokedByHand(held, records)])],
  };
}

const blockedIn = (records: ReadonlyMap<BadgeId, AwardRecord>): BadgeId[] =>
  [...records].filter(([, record]) => record.state === 'blocked').map(([badgeId]) => badgeId);

/**
 * The badges that somebody at the Région revoked, and meant it: the revocation is not ours, and nothing
 * was given since. An award given by hand is dated at midnight, so of one day's awards no order is known:
 * one that never ends has the last word, one that has an end only if it was issued later.
 */
function revokedByHand(
  held: readonly Assertion[],
  records: ReadonlyMap<BadgeId, AwardRecord>,
): readonly BadgeId[] {
  const forgiven = ({ badgeId, eventId }: Assertion): boolean => {
    const record = records.get(badgeId);
    if (eventId === null || record === undefined) return false;
    // What Palier is taking back at this moment is no human's doing.
    return record.forgiven.includes(eventId) || (record.state === 'revoking' && record.event === eventId);
  };
  const givenSince = (revoked: Assertion): boolean =>
    held.some(
      (other) =>
        other.badgeId === revoked.badgeId &&
        !other.revoked &&
        (other.expiresOnS === null || other.issuedOnS > revoked.issuedOnS),
    );
  const meant = held.filter((one) => one.revoked && !forgiven(one) && !givenSince(one));
  return [...new Set(meant.map(({ badgeId }) => badgeId))];
}

type Issued = Extract<AwardRecord, { state: 'issued' | 'revoking' }>;

const hasEvent = (record: AwardRecord): record is Issued =>
  record.state === 'issued' || record.state === 'revoking';

const asIssued = (region: ClientId, badgeId: BadgeId, { event, atS }: Issued): Assertion => ({
  id: asAssertionId(`event.${event}`),
  clientId: region,
  badgeId,
  eventId: event,
  issuedOnS: atS,
  expiresOnS: null,
  revoked: false,
});
