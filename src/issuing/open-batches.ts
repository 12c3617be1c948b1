import type { AwardRecord } from '../earners/record.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { transition } from './award-record.js';
import type { Batches } from './batches.js';
import type { Ledger } from './ledger.js';

/**
 * Takes these people out of every open batch of a badge, and withdraws their awards. Who is about to send such a batch
 * finds it changed, and begins anew; in the others the awards are being sent.
 */
export async function removeFromOpenBatches(
  { batches, ledger, clock }: { batches: Batches; ledger: Ledger; clock: Clock },
  badgeId: BadgeId,
  keys: ReadonlySet<EarnerKey>,
): Promise<void> {
  for (const id of await batches.of(badgeId)) {
    const batch = await batches.find(badgeId, id);
    const theirs = batch?.earners.filter((earner) => keys.has(earner)) ?? [];
    if (batch?.state !== 'open' || theirs.length === 0) continue;
    // Held as its sender would hold it: nobody sends it meanwhile.
    const held = await batches.startSending(
      batch,
      batch.earners.filter((earner) => !keys.has(earner)),
    );
    if (held === null) continue;
    const withdrawn = (award: AwardRecord | null): AwardRecord | null =>
      award?.state === 'claimed' && award.batch === id
        ? transition(award, { type: 'withdraw' }, secondsOf(clock))
        : award;
    for (const earner of theirs) await ledger.amend(earner, badgeId, withdrawn);
    await (held.earners.length === 0 ? batches.finish(held) : batches.rollbackSend(held));
  }
}
