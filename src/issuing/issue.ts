import type { BadgeId, BatchId, EarnerKey, EventId } from '../ids.js';
import { applyIfPossible } from './ledger.js';
import type { Batch } from './batch.js';
import { recordSent, send, type Due } from './send.js';
import { NotSettledYet, type DueAward, type Issuing } from './types.js';

export interface IssueOutcome {
  /** Who got the badge, now or (as it turned out) before. */
  readonly settled: readonly EarnerKey[];
  /** Batches that took this one's place. */
  readonly split: readonly BatchId[];
}

const NOTHING: IssueOutcome = { settled: [], split: [] };

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
): Promise<IssueOutcome> {
  const batch = await issuing.batches.find(badgeId, id);
  if (batch === null) return NOTHING;
  if (batch.state === 'sent' && batch.event !== null) return recordAgain(issuing, batch, batch.event);
  waitUntilSettled(issuing, batch);
  await issuing.lookInObf(signal);
  const claimed = await claim(issuing, batch);
  issuing.reached('after-claim');
  const { due, held } = await sort(issuing, badgeId, claimed);
  const sent = due.size === 0 ? NOTHING : await send(issuing, batch, due, signal);
  if (sent.split.length === 0) await issuing.batches.finish(batch);
  return { ...sent, settled: [...held, ...sent.settled] };
}

function waitUntilSettled({ clock, settleMs }: Issuing, batch: Batch): void {
  if (batch.state !== 'sending') return;
  const waitMs = (batch.sentMs ?? clock()) + settleMs - clock();
  if (waitMs > 0) throw new NotSettledYet(waitMs);
}

/** We were stopped after OBF had answered. */
async function recordAgain(issuing: Issuing, batch: Batch, event: EventId): Promise<IssueOutcome> {
  const outcome = await recordSent(issuing, batch, event);
  await issuing.batches.finish(batch);
  return outcome;
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
  const held: EarnerKey[] = [];
  const sortOne = async (earner: EarnerKey): Promise<void> => {
    const standing = await issuing.standingOf(badgeId, earner);
    if (standing.is === 'due') due.set(earner, standing.award);
    else if (standing.is === 'held') {
      await issuing.ledger.apply(earner, badgeId, { type: 'record', event: standing.event });
      held.push(earner);
    } else await applyIfPossible(issuing.ledger, earner, badgeId, { type: 'withdraw' });
  };
  await Promise.all(earners.map(sortOne));
  return { due: due satisfies Due, held };
}
