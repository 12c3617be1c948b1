import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import { amendRecord } from '../record/amend.js';
import { recordKey } from '../record/key.js';
import { splitRecord } from '../record/record.js';
import { IllegalTransition, transition, type AwardEvent, type AwardRecord } from './award-record.js';
import { decodeLedger, encodeLedger, LedgerError, type Records } from './ledger-codec.js';

/** One record per earner and award, for ever. */
export interface Ledger {
  read(earner: EarnerKey, badgeId: BadgeId): Promise<AwardRecord | null>;
  /** Every award of one earner. */
  readAll(earner: EarnerKey): Promise<ReadonlyMap<BadgeId, AwardRecord>>;
  /**
   * Makes one named transition, and only if nobody else made one meanwhile.
   * @throws IllegalTransition when it cannot happen from the state found
   */
  apply(earner: EarnerKey, badgeId: BadgeId, event: AwardEvent): Promise<AwardRecord>;
  /**
   * Puts what `how` makes of a record in its place (null: none), and only if nobody changed it meanwhile. For
   * what happens to a person and not to their award: an erasure, a link that is undone. Resolves with what
   * stands there now; `how` may be asked again.
   */
  amend(
    earner: EarnerKey,
    badgeId: BadgeId,
    how: (record: AwardRecord | null) => AwardRecord | null,
  ): Promise<AwardRecord | null>;
}

export function createLedger(redis: RedisConnection, prefix: string, clock: Clock): Ledger {
  const recordsOf = async (earner: EarnerKey): Promise<Records> =>
    decodeLedger(splitRecord(await redis.getBuffer(recordKey(prefix, earner))).ledger);
  const change = async (
    earner: EarnerKey,
    badgeId: BadgeId,
    how: (record: AwardRecord | null) => AwardRecord | null,
  ): Promise<AwardRecord | null> => {
    let now: AwardRecord | null = null;
    await amendRecord(redis, recordKey(prefix, earner), (kept) => {
      const records = decodeLedger(kept.ledger);
      const from = records.get(badgeId) ?? null;
      now = how(from);
      return now === from ? kept : { ...kept, ledger: encodeLedger(withRecord(records, badgeId, now)) };
    });
    return now;
  };

  return {
    read: async (earner, badgeId) => (await recordsOf(earner)).get(badgeId) ?? null,
    readAll: recordsOf,
    async apply(earner, badgeId, event) {
      const record = await change(earner, badgeId, (before) => transition(before, event, secondsOf(clock)));
      if (record === null) throw new LedgerError('A record of the ledger is empty');
      return record;
    },
    amend: change,
  };
}

/**
 * The records with one in its place; null: without it. A record stands under
 * - the earner, not the address: a person with two addresses is given one badge;
 * - the badge, not the award's name in scheme.yaml: renaming an award must not give its badge again, and
 *   a new badge for the same award is a new thing to give;
 * - not the scheme's version: a changed rule does not make a badge given before a different badge;
 * - not the day, nor the event that set it off: an award is given once, whatever earned it.
 */
function withRecord(records: Records, badgeId: BadgeId, record: AwardRecord | null): Records {
  const after = new Map(records);
  if (record === null) after.delete(badgeId);
  else after.set(badgeId, record);
  return after;
}

/** Makes the transition where it is possible; null where it is not: another part was first. */
export async function applyIfPossible(
  ledger: Ledger,
  earner: EarnerKey,
  badgeId: BadgeId,
  event: AwardEvent,
): Promise<AwardRecord | null> {
  try {
    return await ledger.apply(earner, badgeId, event);
  } catch (error) {
    if (error instanceof IllegalTransition) return null;
    throw error;
  }
}
