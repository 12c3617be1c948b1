import type { BadgeId, EarnerKey } from '../ids.js';
import type { AwardRecord } from '../issuing/award-record.js';
import { transition } from '../issuing/award-record.js';
import type { Batch } from '../issuing/batch.js';
import { secondsOf } from '../platform/clock.js';
import type { Pipeline } from '../workers/pipeline.js';

type Parts = Pick<Pipeline, 'batches' | 'ledger' | 'clock'>;

/** Takes these people out of every batch of a badge that nobody is sending; from the others they arrive. */
export async function leaveBatches(
  parts: Parts,
  badgeId: BadgeId,
  keys: ReadonlySet<EarnerKey>,
): Promise<void> {
  for (const id of await parts.batches.of(badgeId)) {
    const batch = await parts.batches.find(badgeId, id);
    if (batch?.state === 'open' && batch.earners.some((earner) => keys.has(earner)))
      await leave(parts, batch, keys);
  }
}

/** Held as its sender would hold it: nobody sends it meanwhile, and whoever was about to does not. */
async function leave({ batches, ledger, clock }: Parts, batch: Batch, keys: ReadonlySet<EarnerKey>) {
  const held = await batches.startSending(
    batch,
    batch.earners.filter((earner) => !keys.has(earner)),
  );
  if (held === null) return;
  const free = (record: AwardRecord | null): AwardRecord | null =>
    record?.state === 'claimed' && record.batch === batch.id
      ? transition(record, { type: 'withdraw' }, secondsOf(clock))
      : record;
  for (const earner of batch.earners.filter((one) => keys.has(one)))
    await ledger.amend(earner, batch.badgeId, free);
  await (held.earners.length === 0 ? batches.finish(held) : batches.reopen(held));
}
