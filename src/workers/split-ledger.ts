import type { Address } from '../earners/person.js';
import type { AwardRecord } from '../earners/record.js';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';

/** A record that is to stand otherwise; null: none. */
export interface Amendment {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly from: AwardRecord | null;
  readonly to: AwardRecord | null;
}

/**
 * Pure. The ledgers of one person who turns out to be two: what OBF did under an address goes to that address,
 * from either record; what OBF does not know stays where it is. Amendments that add something come first:
 * stopped in between, an award is known twice rather than not at all.
 */
export function splitLedger(leaving: readonly Address[], staying: readonly Address[]): readonly Amendment[] {
  const moves = [...movesFrom(leaving, staying), ...movesFrom(staying, leaving)];
  const amendments = new Map<string, Amendment>();
  const amend = (
    key: EarnerKey,
    badgeId: BadgeId,
    how: (record: AwardRecord | null) => AwardRecord | null,
  ) => {
    const address = [...leaving, ...staying].find((one) => one.key === key);
    const before = address?.record.awards.get(badgeId) ?? null;
    const known = amendments.get(`${key} ${badgeId}`) ?? { key, badgeId, from: before, to: before };
    amendments.set(`${key} ${badgeId}`, { ...known, to: how(known.to) });
  };
  for (const { from, badgeId, takes } of moves) if (takes) amend(from, badgeId, leftOf);
  for (const { to, badgeId, record } of moves) amend(to, badgeId, (known) => joined(known, record));
  return [...amendments.values()].toSorted((a, b) => Number(a.to === null) - Number(b.to === null));
}

interface Move {
  readonly from: EarnerKey;
  readonly to: EarnerKey;
  readonly badgeId: BadgeId;
  /** As it is to be known at `to`. */
  readonly record: AwardRecord;
  /** Whether it is no longer to be known at `from`. */
  readonly takes: boolean;
}

function movesFrom(own: readonly Address[], others: readonly Address[]): readonly Move[] {
  return own.flatMap(({ key: from, record: { awards } }) =>
    [...awards].flatMap(([badgeId, record]) => {
      const ignoredRevocations = record.ignoredRevocations.flatMap((event): readonly Move[] =>
        others.filter(hasEvent(badgeId, event)).map(({ key: to }) => {
          const known: AwardRecord = { state: 'withdrawn', atS: record.atS, ignoredRevocations: [event] };
          return { from, to, badgeId, record: known, takes: false };
        }),
      );
      const shows = shownBy(record, badgeId);
      const to = shows === null || own.some(shows) ? undefined : others.find(shows)?.key;
      if (to === undefined) return ignoredRevocations;
      return [
        ...ignoredRevocations,
        { from, to, badgeId, record: { ...record, ignoredRevocations: [] }, takes: true },
      ];
    }),
  );
}

const hasEvent =
  (badgeId: BadgeId, event: EventId) =>
  ({ record: { assertions } }: Address): boolean =>
    assertions.some((one) => one.badgeId === badgeId && one.eventId === event);

/** By which address one sees whose a record is; null: it stays where it stands. */
function shownBy(record: AwardRecord, badgeId: BadgeId): ((address: Address) => boolean) | null {
  if ('event' in record) return hasEvent(badgeId, record.event);
  if (record.state !== 'blocked') return null;
  const { ignoredRevocations } = record;
  return ({ record: { assertions } }) =>
    assertions.some(
      ({ badgeId: of, revoked, eventId }) =>
        of === badgeId && revoked && (eventId === null || !ignoredRevocations.includes(eventId)),
    );
}

/** What stays of a record whose award is another person's. */
const leftOf = (record: AwardRecord | null): AwardRecord | null =>
  record === null || record.ignoredRevocations.length === 0
    ? null
    : { state: 'withdrawn', atS: record.atS, ignoredRevocations: record.ignoredRevocations };

/** States that say nothing of what OBF has: what is learned of it takes their place. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['due', 'withdrawn', 'refused', 'revoked']);

function joined(known: AwardRecord | null, learned: AwardRecord): AwardRecord {
  const ignoredRevocations = [
    ...new Set([...(known?.ignoredRevocations ?? []), ...learned.ignoredRevocations]),
  ];
  const stays = known !== null && (learned.state === 'withdrawn' || !SAYS_NOTHING.has(known.state));
  return { ...(stays ? known : learned), ignoredRevocations };
}
