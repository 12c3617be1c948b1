import type { ObfRefused } from '../obf/errors.js';
import { halvesOf, type Batch } from './batch.js';
import { secondsOf } from '../platform/clock.js';
import { accountFault, putOnHold } from './on-hold.js';
import { telling } from './tell-award.js';
import type { DueAwards, Issuing, IssueOutcome } from './types.js';

/** OBF refuses the whole call for one bad recipient with these; the rest are about us. */
const ABOUT_THE_BODY: readonly number[] = [400, 413, 422];

/**
 * What follows from a refusal of the issue call. It is about the account unless that looks well and the status is one
 * about the body; then the batch is split until the bad recipient is alone.
 * @param sending the batch, as it was sent
 * @throws OnHold when it is about the account; ObfRefused when it is about a single recipient: it is final
 */
export async function afterRefusal(
  issuing: Issuing,
  sending: Batch,
  due: DueAwards,
  refusal: ObfRefused,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  const { badgeId, earners } = sending;
  const words = refusal.message;
  const batch = await issuing.batches.reopenRefused(sending);
  const fault = await accountFault(issuing, badgeId, due.size, signal);
  if (fault !== null) throw await putOnHold(issuing, badgeId, fault);
  if (!ABOUT_THE_BODY.includes(refusal.status) || !(await isAboutRecipients(issuing, batch, words, signal)))
    throw await putOnHold(issuing, badgeId, { code: 'refusal', words });
  if (earners.length > 1) {
    await Promise.all(earners.map((earner) => issuing.ledger.apply(earner, badgeId, { type: 'release' })));
    return { again: [], split: await issuing.batches.split(batch, halvesOf(earners)) };
  }
  const tell = telling('refused', batch, due, { atS: secondsOf(issuing.clock), detail: words });
  const refuse = { type: 'refuse', why: words } as const;
  await Promise.all(
    earners.map((earner) => issuing.ledger.apply(earner, badgeId, refuse, () => tell(earner))),
  );
  throw refusal;
}

/**
 * Several are split to find out. A single one is at fault when OBF has accepted others since it, or the batch that it
 * comes from, was refused first. Nothing accepted, and a second one refused alone in the same words: that is about the
 * account, and the first is taken up again.
 */
async function isAboutRecipients(
  { holds, sendAgain }: Issuing,
  { id, badgeId, earners, refusedMs }: Batch,
  words: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (earners.length > 1 || (await holds.acceptedMs(badgeId)) > (refusedMs ?? 0)) return true;
  if ((await holds.of(badgeId)) !== null) return false;
  const before = await holds.refusedAlone(badgeId, { words, batch: id });
  if (before === null || before.words !== words || before.batch === id) return true;
  await sendAgain(badgeId, before.batch, signal);
  return false;
}
