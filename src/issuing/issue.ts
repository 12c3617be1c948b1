import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import { applyIfPossible } from './ledger.js';
import type { Batch } from './batch.js';
import { recordSent, send } from './send.js';
import { NotSettledYet, type DueAward, type Issuing, type IssueOutcome } from './types.js';

const NOTHING: IssueOutcome = { again: [], split: [] };

/**
 * Issues one batch. May be run again at any time, by anybody, after any fault: what OBF has is never
 * sent again, and what it may have is looked for first.
 * @throws NotSettledYet, or an ObfError by certainty, when it is to be run again; ObfRefused when not
 */
export async function issueBatch(
  issuing: Issuing,
  badgeId: BadgeId,
  id: BatchId,
  signal: AbortSignal,
): Promise<void> {
  const batch = await issuing.batches.find(badgeId, id);
  if (batch === null) return;
  if (batch.state === 'sent' && batch.event !== null) {
    // We were stopped after OBF had answered.
    await conclude(issuing, batch, await recordSent(issuing, batch, batch.event));
    return;
  }
  waitUntilSettled(issuing, batch);
  await issuing.lookInObf(signal);
  const claimed = await claim(issuing, batch);
  issuing.reached('after-claim');
  const { due, again } = await sort(issuing, badgeId, claimed);
  const sent = due.size === 0 ? NOTHING : await send(issuing, batch, due, signal);
  await conclude(issuing, batch, { ...sent, again: [...again, ...sent.again] });
}

function waitUntilSettled({ clock, settleMs }: Issuing, batch: Batch): void {
  if (batch.state !== 'sending') return;
  const waitMs = (batch.sentMs ?? clock()) + settleMs - clock();
  if (waitMs > 0) throw new NotSettledYet(waitMs);
}

/** The earners that are this batch's to serve; the others were served, or withdrawn, elsewhere. */
async function claim({ ledger }: Issuing, batch: Batch): Promise<readonly EarnerKey[]> {
  const mine = await Promise.all(
    batch.earners.map(async (earner) => {
      const event = { type: 'claim', batch: batch.id } as const;
      return (await applyIfPossible(ledger, earner, batch.badgeId, event)) === null ? [] : [earner];
    }),
  );
  return mine.flat();
}

/** Decides anew for everyone: who holds it by now, who no longer is due it, who is to be sent it. */
async function sort(issuing: Issuing, badgeId: BadgeId, earners: readonly EarnerKey[]) {
  const due = new Map<EarnerKey, DueAward>();
  const again: EarnerKey[] = [];
  const sortOne = async (earner: EarnerKey): Promise<void> => {
    const standing = await issuing.standingOf(badgeId, earner);
    if (standing.is === 'due') due.set(earner, standing.award);
    else if (standing.is === 'held') {
      await issuing.ledger.apply(earner, badgeId, { type: 'record', event: standing.event });
      again.push(earner);
    } else if (await withdraw(issuing, badgeId, earner)) again.push(earner);
  };
  await Promise.all(earners.map(sortOne));
  return { due, again };
}

/**
 * Takes back what was due. An evaluation that found it due again while it was ours left it to us: if it
 * is due after all, the earner is evaluated once more.
 */
async function withdraw(issuing: Issuing, badgeId: BadgeId, earner: EarnerKey): Promise<boolean> {
  await applyIfPossible(issuing.ledger, earner, badgeId, { type: 'withdraw' });
  return (await issuing.standingOf(badgeId, earner)).is === 'due';
}

/** The batch is forgotten last: were we stopped before, all of this is done again. */
async function conclude(issuing: Issuing, batch: Batch, { again, split }: IssueOutcome): Promise<void> {
  await issuing.evaluate(again);
  for (const half of split) await issuing.enqueueBatch(batch.badgeId, half);
  if (split.length === 0) await issuing.batches.finish(batch);
}
