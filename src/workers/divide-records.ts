import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import type { AwardRecord } from '../issuing/award-record.js';
import type { Address } from '../earners/person.js';

/** A record that is to stand otherwise; null: none. */
export interface Amendment {
  readonly key: EarnerKey;
  readonly badgeId: BadgeId;
  readonly from: AwardRecord | null;
  readonly to: AwardRecord | null;
}

/**
 * Pure. The records of one person who turn out to be two: what OBF did under an address of the one goes to
 * that address, whoever's record it stood in; what OBF knows nothing of stays where it is. Those that add
 * something come first: stopped in between, an award is known twice rather than not at all.
 */
export function divideRecords(
  leaving: readonly Address[],
  staying: readonly Address[],
): readonly Amendment[] {
  const moves = [...movesFrom(leaving, staying), ...movesFrom(staying, leaving)];
  const desk = new Desk([...leaving, ...staying]);
  for (const { from, badgeId } of moves.filter(({ takes }) => takes))
    desk.put(from, badgeId, leftOf(desk.at(from, badgeId)));
  for (const { to, badgeId, record } of moves) desk.put(to, badgeId, joined(desk.at(to, badgeId), record));
  return desk.amendments().toSorted((a, b) => Number(a.to === null) - Number(b.to === null));
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
  return own.flatMap(({ key, record: { awards } }) =>
    [...awards].flatMap(([badgeId, record]) =>
      movesOf(record, badgeId, own, others).map((move) => ({ ...move, from: key, badgeId })),
    ),
  );
}

type MoveOf = Pick<Move, 'to' | 'record' | 'takes'>;

function movesOf(
  record: AwardRecord,
  badgeId: BadgeId,
  own: readonly Address[],
  others: readonly Address[],
): readonly MoveOf[] {
  const has =
    (event: EventId) =>
    (one: Address): boolean =>
      one.record.assertions.some((assertion) => assertion.badgeId === badgeId && assertion.eventId === event);
  const forgiven = record.forgiven.flatMap((event): MoveOf[] =>
    others.filter(has(event)).map(({ key }) => {
      return { to: key, record: { state: 'withdrawn', atS: record.atS, forgiven: [event] }, takes: false };
    }),
  );
  const shows = shownBy(record, badgeId);
  const to = shows === null || own.some(shows) ? undefined : others.find(shows);
  return to === undefined
    ? forgiven
    : [...forgiven, { to: to.key, record: { ...record, forgiven: [] }, takes: true }];
}

/** By which address one sees whose a record is; null: it is nobody's but whom it stands under. */
function shownBy(record: AwardRecord, badgeId: BadgeId): ((address: Address) => boolean) | null {
  if (record.state === 'issued')
    return ({ record: { assertions } }) =>
      assertions.some((one) => one.badgeId === badgeId && one.eventId === record.event);
  if (record.state !== 'blocked') return null;
  const { forgiven } = record;
  return ({ record: { assertions } }) =>
    assertions.some(
      ({ badgeId: of, revoked, eventId }) =>
        of === badgeId && revoked && (eventId === null || !forgiven.includes(eventId)),
    );
}

/** What stays of a record whose award is another person's. */
const leftOf = (record: AwardRecord | null): AwardRecord | null =>
  record === null || record.forgiven.length === 0
    ? null
    : { state: 'withdrawn', atS: record.atS, forgiven: record.forgiven };

/** States that say nothing of what OBF has: what is learned of it takes their place. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['due', 'withdrawn', 'refused', 'revoked']);

function joined(known: AwardRecord | null, learned: AwardRecord): AwardRecord {
  const forgiven = [...new Set([...(known?.forgiven ?? []), ...learned.forgiven])];
  const stays = known !== null && (learned.state === 'withdrawn' || !SAYS_NOTHING.has(known.state));
  return { ...(stays ? known : learned), forgiven };
}

/** The records as they were, and as they are to be. */
class Desk {
  readonly #after = new Map<string, Amendment>();

  constructor(private readonly addresses: readonly Address[]) {}

  at(key: EarnerKey, badgeId: BadgeId): AwardRecord | null {
    const changed = this.#after.get(`${key} ${badgeId}`);
    return changed === undefined ? this.#before(key, badgeId) : changed.to;
  }

  put(key: EarnerKey, badgeId: BadgeId, to: AwardRecord | null): void {
    this.#after.set(`${key} ${badgeId}`, { key, badgeId, from: this.#before(key, badgeId), to });
  }

  amendments(): readonly Amendment[] {
    return [...this.#after.values()];
  }

  #before(key: EarnerKey, badgeId: BadgeId): AwardRecord | null {
    return this.addresses.find((one) => one.key === key)?.record.awards.get(badgeId) ?? null;
  }
}
