import { readAddresses, type Address } from '../earners/person.js';
import type { AwardRecord, AwardState } from '../earners/record.js';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import { enqueueRevocation } from './issue/revocation.js';
import type { Stores } from './stores.js';

/**
 * The ledgers of one person who turns out to be two: what OBF did under an address goes to that address, from either
 * side; what OBF does not know stays where it is. It is added before it is taken away: stopped in between, an award is
 * known twice rather than not at all.
 * @returns how many awards turned out to be the other one's
 */
export async function splitLedger(
  stores: Stores,
  leaving: readonly EarnerKey[],
  staying: readonly EarnerKey[],
): Promise<number> {
  const [left, stayed] = [await readAddresses(stores, leaving), await readAddresses(stores, staying)];
  const moves = [...movesFrom(left, stayed), ...movesFrom(stayed, left)];
  for (const move of moves) await add(stores, move);
  const gone = moves.filter(({ isGone }) => isGone);
  for (const move of gone) await takeAway(stores, move);
  return gone.filter(({ award }) => award.state === 'issued' || award.state === 'blocked').length;
}

/** What is to be known of an award at another address. */
interface Move {
  readonly from: EarnerKey;
  readonly to: EarnerKey;
  readonly badgeId: BadgeId;
  /** As it is known at `from`. */
  readonly award: AwardRecord;
  /** Whether it is no longer to be known at `from`. */
  readonly isGone: boolean;
  /** Revocations at `to` that block nothing. */
  readonly ignored: readonly EventId[];
}

const movesFrom = (own: readonly Address[], others: readonly Address[]): readonly Move[] =>
  own.flatMap(({ key: from, record: { awards } }) =>
    [...awards].flatMap(([badgeId, award]) => {
      const isOwn = own.some((address) => isShownAt(address, badgeId, award));
      return others.flatMap((address): readonly Move[] => {
        const ignored = award.ignoredRevocations.filter((event) => hasEvent(address, badgeId, event));
        const isGone = !isOwn && isShownAt(address, badgeId, award);
        return isGone || ignored.length > 0
          ? [{ from, to: address.key, badgeId, award, isGone, ignored }]
          : [];
      });
    }),
  );

const hasEvent = ({ record: { assertions } }: Address, badgeId: BadgeId, event: EventId): boolean =>
  assertions.some((one) => one.badgeId === badgeId && one.eventId === event);

/** Whether OBF shows, at this address, what the ledger says of the award. */
function isShownAt(address: Address, badgeId: BadgeId, award: AwardRecord): boolean {
  if ('event' in award) return hasEvent(address, badgeId, award.event);
  if (award.state !== 'blocked') return false;
  return address.record.assertions.some(
    ({ badgeId: of, revoked, eventId }) =>
      of === badgeId && revoked && (eventId === null || !award.ignoredRevocations.includes(eventId)),
  );
}

/** States that say nothing of what OBF has: what is learned of it takes their place. */
const SAYS_NOTHING: readonly AwardState[] = ['due', 'withdrawn', 'refused', 'revoked'];

async function add({ ledger, queues }: Stores, { to, badgeId, award, isGone, ignored }: Move): Promise<void> {
  const now = await ledger.amend(to, badgeId, (known) => {
    const isLearned = isGone && (known === null || SAYS_NOTHING.includes(known.state));
    const ignoredRevocations = [...new Set([...(known?.ignoredRevocations ?? []), ...ignored])];
    if (isLearned) return { ...award, ignoredRevocations };
    return { ...(known ?? { state: 'withdrawn', atS: award.atS }), ignoredRevocations };
  });
  // It goes on under the address that the badge is revoked at.
  if (now?.state !== 'revoking') return;
  await enqueueRevocation({ queues }, { badgeId, earner: to });
}

/** Unless an evaluation was quicker: it knows no less. */
async function takeAway({ ledger }: Stores, { from, badgeId, award }: Move): Promise<void> {
  await ledger.amend(from, badgeId, (now) => {
    if (now === null || stateIn(now) !== stateIn(award)) return now;
    const { atS, ignoredRevocations } = now;
    return ignoredRevocations.length === 0 ? null : { state: 'withdrawn', atS, ignoredRevocations };
  });
}

/** What is compared. */
const stateIn = (award: AwardRecord): string => JSON.stringify({ ...award, ignoredRevocations: [] });
