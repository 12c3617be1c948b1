import type { BadgeId } from '../../ids.js';
import { ObfRefused } from '../../obf/errors.js';
import { secondsOf } from '../../platform/clock.js';
import { type Batch, halvesOf } from '../../issuing/batches.js';
import { type Hold, type HoldCause, OnHold } from '../../issuing/hold.js';
import { QuotaLow } from '../../issuing/quota.js';
import { type DueAwards, type IssueOutcome, type Issuing, telling } from '../../issuing/types.js';

/**
 * Lets a batch of a badge that is on hold wait, without a call to OBF. Once the time has come, exactly one batch looks
 * at the account; if that is well it goes on, and what OBF answers to its call ends the hold or prolongs it.
 * @returns the hold whose turn this batch has; null: there is none
 * @throws OnHold
 */
export async function passHold(issuing: Issuing, batch: Batch, signal: AbortSignal): Promise<Hold | null> {
  const { holds, now } = issuing;
  const { badgeId } = batch;
  const held = await holds.of(badgeId);
  if (held === null) return null;
  const overdueMs = (await now()) - held.nextMs;
  const mayLook = overdueMs >= 0 && !(await isOthersTurn(issuing, batch, overdueMs));
  if (!mayLook || !(await holds.takeTurn(badgeId, held))) throw await onHold(issuing, badgeId, held, false);
  const fault = await accountFault(issuing, badgeId, batch.earners.length, signal);
  if (fault !== null) throw await putOnHold(issuing, badgeId, fault);
  return held;
}

/**
 * One that OBF refused alone proves nothing when it is refused again: while others wait, one of them looks. Not for
 * ever: theirs may be jobs that have failed.
 */
async function isOthersTurn(issuing: Issuing, batch: Batch, overdueMs: number): Promise<boolean> {
  const { batches, waiting, holdPace } = issuing;
  if (!batch.refusedAlone || overdueMs > holdPace.holdFirstMs) return false;
  if ((await waiting(batch.badgeId)) > 0) return true;
  const ids = await batches.of(batch.badgeId);
  const others = await Promise.all(ids.map((id) => batches.find(batch.badgeId, id)));
  return others.some((one) => one?.state === 'open' && !one.refusedAlone);
}

/** Asks OBF why the Région's account cannot issue so many of a badge; null: nothing is wrong with it. */
export async function accountFault(
  { account, requireQuota }: Issuing,
  badgeId: BadgeId,
  count: number,
  signal: AbortSignal,
): Promise<HoldCause | null> {
  try {
    await requireQuota(count, signal, true);
    const badges = await account.badges(signal);
    return badges.some(({ id }) => id === badgeId) ? null : { code: 'badge', words: null };
  } catch (error) {
    const fault = faultIn(error);
    if (fault === null) throw error;
    return fault;
  }
}

/** What an error of a call that concerns no recipient says of the account; null: nothing. */
export function faultIn(error: unknown): HoldCause | null {
  if (error instanceof QuotaLow) return { code: 'quota', words: null };
  return error instanceof ObfRefused ? { code: 'client', words: error.message } : null;
}

/** Resolves with what the job is to throw. */
export const putOnHold = async (issuing: Issuing, badgeId: BadgeId, why: HoldCause): Promise<OnHold> =>
  onHold(issuing, badgeId, await issuing.holds.put(badgeId, why), true);

/** Waits no longer than the first distance: a hold that ends before its time is noticed, and Redis alone is asked. */
async function onHold(
  { now, holdPace }: Issuing,
  badgeId: BadgeId,
  held: Hold,
  looked: boolean,
): Promise<OnHold> {
  const leftMs = held.nextMs - (await now());
  const waitMs = leftMs > 0 ? Math.min(leftMs, holdPace.holdFirstMs) : holdPace.holdFirstMs;
  return new OnHold(badgeId, held, waitMs, looked);
}

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
