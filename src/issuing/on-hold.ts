import type { BadgeId } from '../ids.js';
import { ObfRefused } from '../obf/errors.js';
import type { Batch } from './batch.js';
import { OnHold, type Hold, type HoldCause } from './hold.js';
import { QuotaLow } from './quota.js';
import type { Issuing } from './types.js';

/**
 * Lets a batch of a badge that is on hold wait, without a call to OBF. Once the time has come, exactly one batch looks
 * at the account; if that is well it goes on, and what OBF answers to its call ends the hold or prolongs it.
 * @returns the hold whose turn this batch has; null: there is none
 * @throws OnHold
 */
export async function passHold(issuing: Issuing, batch: Batch, signal: AbortSignal): Promise<Hold | null> {
  const { holds, clock } = issuing;
  const { badgeId } = batch;
  const held = await holds.of(badgeId);
  if (held === null) return null;
  const overdueMs = clock() - held.nextMs;
  const mayLook = overdueMs >= 0 && !(await isOthersTurn(issuing, batch, overdueMs));
  if (!mayLook || !(await holds.takeTurn(badgeId, held))) throw onHold(issuing, badgeId, held, false);
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
function onHold({ clock, holdPace }: Issuing, badgeId: BadgeId, held: Hold, looked: boolean): OnHold {
  const leftMs = held.nextMs - clock();
  const waitMs = leftMs > 0 ? Math.min(leftMs, holdPace.holdFirstMs) : holdPace.holdFirstMs;
  return new OnHold(badgeId, held, waitMs, looked);
}
