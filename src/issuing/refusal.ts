import { journalEntry } from '../earners/journal-entry.js';
import { RecordUnreadable } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { OnHold, QuotaLow, type Hold, type HoldCause } from './hold.js';
import { ObfRefused } from '../obf/errors.js';
import { secondsOf } from '../platform/clock.js';
import type { BatchOutcome, BatchRun, DueAwards } from './parts.js';

/**
 * Lets a batch of a badge that is on hold wait, without a call to OBF. Once the time has come, exactly one batch looks
 * at the account; if that is well it goes on, and what OBF answers to its call ends the hold or prolongs it.
 * @returns the hold whose turn this batch has; null: there is none
 * @throws OnHold
 */
export async function passHold(run: BatchRun): Promise<Hold | null> {
  const { holds, now, pace, batch } = run;
  const held = await holds.of(batch.badgeId);
  if (held === null) return null;
  const overdueMs = (await now()) - held.nextMs;
  // One that was refused alone proves nothing again: others look first. Not for ever, theirs may be jobs that failed.
  const isOthersTurn = batch.refusedAlone && overdueMs <= pace.holdFirstMs && (await doOthersWait(run));
  const mayLook = overdueMs >= 0 && !isOthersTurn;
  if (!mayLook || !(await holds.takeTurn(batch.badgeId, held))) throw await onHold(run, held, false);
  const fault = await accountFault(run, batch.earners.length);
  if (fault !== null) throw await putOnHold(run, fault);
  return held;
}

/** Whether anybody waits for this badge whom OBF did not refuse alone. */
async function doOthersWait({ batches, outbox, batch }: BatchRun): Promise<boolean> {
  if ((await outbox.waiting(batch.badgeId)) > 0) return true;
  return (await batches.all(batch.badgeId)).some((one) => one.id !== batch.id && !one.refusedAlone);
}

/** Asks OBF why the Région's account cannot issue so many of a badge; null: nothing is wrong with it. */
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

/** What an error of a call that concerns no recipient says of the account; null: nothing. */
function faultIn(error: unknown): HoldCause | null {
  if (error instanceof QuotaLow) return { code: 'quota', words: null };
  return error instanceof ObfRefused ? { code: 'client', words: error.message } : null;
}

/** Throws OnHold where the error says something of the account, else the error. */
export async function throwFault(run: BatchRun, error: unknown, fault = faultIn(error)): Promise<never> {
  throw fault === null ? error : await putOnHold(run, fault);
}

/** Resolves with what the job is to throw. */
const putOnHold = async (run: BatchRun, why: HoldCause): Promise<OnHold> =>
  onHold(run, await run.holds.put(run.batch.badgeId, why), true);

/** Waits no longer than the first distance: a hold that ends before its time is noticed, and Redis alone is asked. */
async function onHold({ now, pace, batch }: BatchRun, held: Hold, looked: boolean): Promise<OnHold> {
  const leftMs = held.nextMs - (await now());
  const waitMs = leftMs > 0 ? Math.min(leftMs, pace.holdFirstMs) : pace.holdFirstMs;
  return new OnHold(batch.badgeId, held, waitMs, looked);
}

/** OBF refuses the whole call for one bad recipient with these; the rest are about us. */
const ABOUT_THE_BODY: readonly number[] = [400, 413, 422];

/**
 * What follows from a refusal of the issue call. It is about the account unless that looks well and the status is one
 * about the body; then the batch is split until the bad recipient is alone.
 * @param sending the run, with the batch as it was sent
 * @throws OnHold when it is about the account; ObfRefused when it is about a single recipient: it is final
 */
export async function afterRefusal(sending: BatchRun, due: DueAwards, refusal: ObfRefused) {
  const { batches, ledger, clock } = sending;
  const words = refusal.message;
  const run: BatchRun = { ...sending, batch: await batches.reopenRefused(sending.batch) };
  const { badgeId, earners } = run.batch;
  const fault = await accountFault(run, earners.length);
  if (fault !== null) throw await putOnHold(run, fault);
  if (!ABOUT_THE_BODY.includes(refusal.status) || !(await isAboutRecipients(run, words)))
    throw await putOnHold(run, { code: 'refusal', words });
  if (earners.length > 1) {
    // In halves: one bad recipient ends up alone.
    const middle = Math.ceil(earners.length / 2);
    return splitBatch(run, [earners.slice(0, middle), earners.slice(middle)]);
  }
  for (const [earner, { told }] of due) {
    const entry = journalEntry('refused', secondsOf(clock), { ...told, detail: words });
    await ledger.apply(earner, badgeId, { type: 'refuse', why: words }, () => entry);
  }
  throw refusal;
}

/**
 * Several are split to find out. A single one is at fault when OBF has accepted others since it, or the batch that it
 * comes from, was refused first. Nothing accepted, and a second one refused alone in the same words: that is about the
 * account, and the first is taken up again. A look later, when nobody is left who could show that, it is about both.
 */
async function isAboutRecipients(run: BatchRun, words: string): Promise<boolean> {
  const { holds, ports, batch, signal } = run;
  const { id, badgeId, earners, refusedMs } = batch;
  if (earners.length > 1 || (await holds.acceptedMs(badgeId)) > (refusedMs ?? 0)) return true;
  const held = await holds.of(badgeId);
  if (held !== null) {
    if (held.code !== 'refusal' || (await doOthersWait(run))) return false;
    await holds.end(badgeId);
    return true;
  }
  const before = await holds.refusedAlone(badgeId, { words, batch: id });
  if (before === null || before.words !== words || before.batch === id) return true;
  await ports.issueSoon(badgeId, before.batch, signal);
  return false;
}

/** Puts a batch for each of these groups in the batch's place, and has the awards due again until those claim them. */
export async function splitBatch(
  { ledger, batches, batch }: BatchRun,
  groups: readonly (readonly EarnerKey[])[],
): Promise<BatchOutcome> {
  const release = { type: 'release', batch: batch.id } as const;
  const releases = batch.earners.map((earner) =>
    ledger.applyIfPossible(earner, batch.badgeId, release).catch((error: unknown) => {
      // It cannot be released either; its next claim fails, and says so.
      if (!(error instanceof RecordUnreadable)) throw error;
    }),
  );
  await Promise.all(releases);
  return { outcome: 'split', again: [], split: await batches.split(batch, groups) };
}
