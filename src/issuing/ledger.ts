import type { JournalEntry } from '../earners/journal-entry.js';
import { isErased, type AwardRecord, type EarnerRecord } from '../earners/record.js';
import type { EarnerStore } from '../earners/store.js';
import { keptErased } from '../earners/tombstone.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import type { Journal } from '../journal/journal.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import type { Batches } from './batches.js';
import { IllegalTransition, transition, type AwardEvent } from './award-record.js';

export interface LedgerParts {
  readonly earners: Pick<EarnerStore, 'read' | 'update'>;
  readonly journal: Pick<Journal, 'tell'>;
  readonly clock: Clock;
}

/** The journal entry of a transition, made from the award as it is then; null: none. */
type Tell = (award: AwardRecord) => JournalEntry | null;

export type Ledger = ReturnType<typeof createLedger>;

/** One award record per earner and badge, for ever. */
export function createLedger({ earners, journal, clock }: LedgerParts) {
  /**
   * Makes one named transition, and writes the journal entry that tells it, in one write. Of an erased earner nothing
   * comes due.
   * @throws IllegalTransition when it cannot happen from the state found
   */
  const apply = async (earner: EarnerKey, badgeId: BadgeId, event: AwardEvent, tell?: Tell) => {
    let made: AwardRecord | undefined;
    await journal.tell(earner, (record) => {
      const before = record.awards.get(badgeId) ?? null;
      if (event.type === 'comes-due' && isErased(record))
        throw new IllegalTransition(before?.state ?? 'none', event.type);
      made = transition(before, event, secondsOf(clock));
      const entry = tell?.(made) ?? null;
      return {
        record: made === before ? record : keptErased(withAward(record, badgeId, made)),
        entries: entry === null ? [] : [entry],
      };
    });
    if (made === undefined) throw new TypeError('A transition ended in no award');
    return made;
  };
  return {
    apply,
    /** The same where it is possible; null where it is not: another part was first. */
    applyIfPossible: (...about: Parameters<typeof apply>): Promise<AwardRecord | null> =>
      apply(...about).catch((error: unknown) => {
        if (error instanceof IllegalTransition) return null;
        throw error;
      }),
    read: async (earner: EarnerKey, badgeId: BadgeId): Promise<AwardRecord | null> =>
      (await earners.read(earner)).awards.get(badgeId) ?? null,
    /**
     * Stores what `how` makes of an award (null: none). For what happens to a person and not to their award: a link
     * that is undone. `how` may run again. @returns what is stored now
     */
    async amend(
      earner: EarnerKey,
      badgeId: BadgeId,
      how: (award: AwardRecord | null) => AwardRecord | null,
    ): Promise<AwardRecord | null> {
      const { awards } = await earners.update(earner, (record) => {
        const before = record.awards.get(badgeId) ?? null;
        const now = how(before);
        return now === before ? record : keptErased(withAward(record, badgeId, now));
      });
      return awards.get(badgeId) ?? null;
    },
  };
}

/**
 * The record with one award in its place; null: without it. An award stands under
 * - the earner, not the address: a person with two addresses is given one badge;
 * - the badge, not the award's name in scheme.yaml: renaming an award must not give its badge again, and
 *   a new badge for the same award is a new thing to give;
 * - not the scheme's version: a changed rule does not make a badge given before a different badge;
 * - not the day, nor the event that set it off: an award is given once, whatever earned it.
 */
function withAward(record: EarnerRecord, badgeId: BadgeId, award: AwardRecord | null): EarnerRecord {
  const awards = new Map(record.awards);
  if (award === null) awards.delete(badgeId);
  else awards.set(badgeId, award);
  return { ...record, awards };
}

/**
 * Takes these people out of every open batch of a badge, and withdraws their awards. Who is about to send such a batch
 * finds it changed, and begins anew; in the others the awards are being sent.
 */
export async function removeFromOpenBatches(
  { batches, ledger, clock }: { batches: Batches; ledger: Ledger; clock: Clock },
  badgeId: BadgeId,
  keys: ReadonlySet<EarnerKey>,
): Promise<void> {
  for (const batch of await batches.all(badgeId)) {
    const theirs = batch.earners.filter((earner) => keys.has(earner));
    if (batch.state !== 'open' || theirs.length === 0) continue;
    // Held as its sender would hold it: nobody sends it meanwhile.
    const others = batch.earners.filter((earner) => !keys.has(earner));
    const held = await batches.startSending(batch, others);
    if (held === null) continue;
    const withdrawn = (award: AwardRecord | null): AwardRecord | null =>
      award?.state === 'claimed' && award.batch === batch.id
        ? transition(award, { type: 'withdraw' }, secondsOf(clock))
        : award;
    for (const earner of theirs) await ledger.amend(earner, badgeId, withdrawn);
    await (others.length === 0 ? batches.finish(held) : batches.rollbackSend(held));
  }
}
