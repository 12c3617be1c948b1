import { journalEntry } from '../earners/journal-entry.js';
import { RecordUnreadable } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { OnHold, QuotaLow, type Hold, type HoldCause } from './hold.js';
import { ObfRefused } from '../obf/errors.js';
import { secondsOf } from '../platform/clock.js';
import type { BatchOutcome, BatchRun, DueAwards } from './parts.js';

/**
 * Makes a batch wait while its badge is on hold, without a call to OBF. Once it is time, exactly one batch checks the
 * account. If the account is well, that batch goes on; OBF's answer to its call ends or prolongs the hold.
 * @returns the hold that this batch has checked; null: the badge is not on hold
 * @throws OnHold
 */
export async function passHold(run: BatchRun): Promise<Hold | null> {
  const { holds, now, pace, batch } = run;
  const hold = await holds.of(batch.badgeId);
  if (hold === null) return null;
  const overdueMs = (await now()) - hold.nextMs;
  // A batch that was refused alone would prove nothing: others go first, for a while, as their jobs may fail.
  const isOthersTurn = batch.refusedAlone && overdueMs <= pace.holdFirstMs && (await doOthersWait(run));
  const mayCheck = overdueMs >= 0 && !isOthersTurn;
  if (!mayCheck || !(await holds.takeTurn(batch.badgeId, hold))) throw await onHold(run, hold, false);
  const fault = await accountFault(run, batch.earners.length);
  if (fault !== null) throw await putOnHold(run, fault);
  return hold;
}

/** Whether earners wait for this badge besides those of lone refusals. */
async function doOthersWait({ batches, outbox, batch }: BatchRun): Promise<boolean> {
  if ((await outbox.waiting(batch.badgeId)) > 0) return true;
  return (await batches.all(batch.badgeId)).some((one) => one.id !== batch.id && !one.refusedAlone);
}

/** Asks OBF why the Région's account cannot issue `count` of the badge; null: the account is well. */
export async function accountFault(run: BatchRun, count: number): Promise<HoldCause | null> {
  const { regionAccount, quota, batch, signal } = run;
  try {
    await quota.require(count, signal, true);
    const badges = await regionAccount.badges(signal);
    return badges.some(({ id }) => id === batch.badgeId) ? null : { code: 'badge', words: null };
  } catch (error) {
    const fault = faultIn(error);
    if (fault === null) throw error;
    return fault;
  }
}

/** Returns the fault of the account that the error of a call without recipients shows; null: none. */
function faultIn(error: unknown): HoldCause | null {
  if (error instanceof QuotaLow) return { code: 'quota', words: null };
  return error instanceof ObfRefused ? { code: 'client', words: error.message } : null;
}

/** Throws OnHold for a fault of the account, else the error. */
export async function throwFault(run: BatchRun, error: unknown, fault = faultIn(error)): Promise<never> {
  throw fault === null ? error : await putOnHold(run, fault);
}

/** Puts the badge on hold. @returns the error that the job is to throw */
const putOnHold = async (run: BatchRun, why: HoldCause): Promise<OnHold> =>
  onHold(run, await run.holds.put(run.batch.badgeId, why), true);

/** Makes the error of a batch that waits at most `holdFirstMs`: the hold may end before its next check. */
async function onHold(
  { now, pace, batch }: BatchRun,
  hold: Hold,
  hasCheckedAccount: boolean,
): Promise<OnHold> {
  const leftMs = hold.nextMs - (await now());
  const waitMs = leftMs > 0 ? Math.min(leftMs, pace.holdFirstMs) : pace.holdFirstMs;
  return new OnHold(batch.badgeId, hold, waitMs, hasCheckedAccount);
}

/** With these OBF may refuse a whole call for one bad recipient; other statuses are about the account. */
const ABOUT_THE_BODY: readonly number[] = [400, 413, 422];

/**
 * Handles a refused issue call. If the account is well and the status is one of `ABOUT_THE_BODY`, a recipient is at
 * fault. The batch is split until that one is alone.
 * @param sending the run, with the batch as it was sent
 * @throws OnHold when the account is at fault; ObfRefused, which is final, when a single recipient is
 */
export async function afterRefusal(sending: BatchRun, due: DueAwards, refusal: ObfRefused) {
  const words = refusal.message;
  const run: BatchRun = { ...sending, batch: await sending.batches.reopenRefused(sending.batch) };
  const fault = await accountFault(run, run.batch.earners.length);
  if (fault !== null) throw await putOnHold(run, fault);
  if (!ABOUT_THE_BODY.includes(refusal.status) || !(await isAboutRecipients(run, words)))
    throw await putOnHold(run, { code: 'refusal', words });
  return splitOrRefuse(run, due, refusal);
}

/**
 * Decides about a call of unknown outcome that had no effect, as OBF shows by now. OBF may fail at one recipient, who
 * must not keep the others back. The first time, several are halved, and a single one is sent again. Later the same
 * happens only if OBF has accepted another call before this one; then a single one is refused.
 * @param lost the run, with the batch as it was sent
 * @returns the run that may send it again, or what became of the batch
 * @throws ObfRefused, which is final
 */
export async function afterLostCall(lost: BatchRun, due: DueAwards): Promise<BatchRun | BatchOutcome> {
  const { batches, holds } = lost;
  const { badgeId, refusedMs, sentMs } = lost.batch;
  const acceptedMs = await holds.acceptedMs(badgeId);
  const isFirst = refusedMs === null;
  const isAtFault = isFirst ? due.size > 1 : acceptedMs > refusedMs && acceptedMs < (sentMs ?? 0);
  const run: BatchRun = { ...lost, batch: await batches.reopenRefused(lost.batch) };
  if (!isAtFault) return run;
  const words = 'twice a call had no effect, and OBF has accepted others in between';
  return splitOrRefuse(run, due, new ObfRefused('POST issue', 500, words));
}

/** Halves a batch: one bad recipient ends up alone. @throws the refusal of a single recipient */
async function splitOrRefuse(run: BatchRun, due: DueAwards, refusal: ObfRefused): Promise<BatchOutcome> {
  const { ledger, clock, batch } = run;
  const earners = [...due.keys()];
  if (earners.length > 1) {
    const middle = Math.ceil(earners.length / 2);
    return splitBatch(run, [earners.slice(0, middle), earners.slice(middle)]);
  }
  const why = refusal.message;
  for (const [earner, { entryFields }] of due) {
    const entry = journalEntry('refused', secondsOf(clock), { ...entryFields, detail: why });
    const refuse = { type: 'refuse', why, batch: batch.id, run: batch.run } as const;
    await ledger.apply(earner, batch.badgeId, refuse, () => entry);
  }
  throw refusal;
}

/**
 * Whether recipients are at fault, not the account. Several always count as such, and are split to find out. A single
 * one is at fault if OBF has accepted a call since `refusedMs`. Otherwise a second single refusal in the same words
 * means the account, and the first batch runs again. At a later check, with no others waiting, both are at fault.
 */
async function isAboutRecipients(run: BatchRun, words: string): Promise<boolean> {
  const { holds, ports, batch, signal } = run;
  const { id, badgeId, earners, refusedMs } = batch;
  if (earners.length > 1 || (await holds.acceptedMs(badgeId)) > (refusedMs ?? 0)) return true;
  const hold = await holds.of(badgeId);
  if (hold !== null) {
    if (hold.code !== 'refusal' || (await doOthersWait(run))) return false;
    await holds.end(badgeId);
    return true;
  }
  const before = await holds.refusedAlone(badgeId, { words, batch: id });
  if (before === null || before.words !== words || before.batch === id) return true;
  await ports.issueSoon(badgeId, before.batch, signal);
  return false;
}

/** Replaces the batch by one for each group; the awards are due again until those batches claim them. */
export async function splitBatch(
  { ledger, batches, batch }: BatchRun,
  groups: readonly (readonly EarnerKey[])[],
): Promise<BatchOutcome> {
  const release = { type: 'release', batch: batch.id, run: batch.run } as const;
  const releases = batch.earners.map((earner) =>
    ledger.applyIfPossible(earner, batch.badgeId, release).catch((error: unknown) => {
      // It cannot be released either; its next claim fails, and says so.
      if (!(error instanceof RecordUnreadable)) throw error;
    }),
  );
  await Promise.all(releases);
  return { outcome: 'split', toEvaluate: [], replacedBy: await batches.split(batch, groups) };
}
