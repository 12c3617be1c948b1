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
 * The badges of which the latest assertion was revoked, and not by us: somebody at the Région meant it.
 */
function revokedByHand(held: readonly Assertion[], records: ReadonlyMap<BadgeId, AwardRecord>): BadgeId[] {
  const latest = new Map<BadgeId, Assertion>();
  for (const assertion of held.toSorted((a, b) => a.issuedOnS - b.issuedOnS))
    latest.set(assertion.badgeId, assertion);
  const forgiven = (badgeId: BadgeId, { eventId }: Assertion): boolean => {
    const record = records.get(badgeId);
    if (eventId === null || record === undefined) return false;
    // What Palier is taking back at this moment is no human's doing.
    return record.forgiven.includes(eventId) || (record.state === 'revoking' && record.event === eventId);
  };
  return [...latest].filter(([id, last]) => last.revoked && !forgiven(id, last)).map(([id]) => id);
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
