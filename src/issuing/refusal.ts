import { journalEntry } from '../earners/journal-entry.js';
import type { BadgeId, BatchId } from '../ids.js';
import { halvesOf, type Batch } from './batches.js';
import { OnHold, type Hold, type HoldCause } from './hold.js';
import { QuotaLow } from './quota.js';
import { ObfRefused } from '../obf/errors.js';
import { secondsOf } from '../platform/clock.js';
import type { DueAwards, IssuingParts } from './parts.js';

/**
 * Lets a batch of a badge that is on hold wait, without a call to OBF. Once the time has come, exactly one batch looks
 * at the account; if that is well it goes on, and what OBF answers to its call ends the hold or prolongs it.
 * @returns the hold whose turn this batch has; null: there is none
 * @throws OnHold
 */
export async function passHold(parts: IssuingParts, batch: Batch, signal: AbortSignal): Promise<Hold | null> {
  const { holds, now, pace } = parts;
  const { badgeId } = batch;
  const held = await holds.of(badgeId);
  if (held === null) return null;
  const overdueMs = (await now()) - held.nextMs;
  // One that was refused alone proves nothing again: others look first. Not for ever, theirs may be jobs that failed.
  const isOthersTurn =
    batch.refusedAlone && overdueMs <= pace.holdFirstMs && (await doOthersWait(parts, batch));
  const mayLook = overdueMs >= 0 && !isOthersTurn;
  if (!mayLook || !(await holds.takeTurn(badgeId, held))) throw await onHold(parts, badgeId, held, false);
  const fault = await accountFault(parts, badgeId, batch.earners.length, signal);
  if (fault !== null) throw await putOnHold(parts, badgeId, fault);
  return held;
}

/** Whether anybody waits for this badge whom OBF did not refuse alone. */
async function doOthersWait({ batches, outbox }: IssuingParts, { id, badgeId }: Batch): Promise<boolean> {
  if ((await outbox.waiting(badgeId)) > 0) return true;
  const ids = (await batches.of(badgeId)).filter((one) => one !== id);
  const others = await Promise.all(ids.map((one) => batches.find(badgeId, one)));
  return others.some((one) => one !== null && !one.refusedAlone);
}

/** Asks OBF why the Région's account cannot issue so many of a badge; null: nothing is wrong with it. */
export async function accountFault(
  { regionAccount, quota }: IssuingParts,
  badgeId: BadgeId,
  count: number,
  signal: AbortSignal,
): Promise<HoldCause | null> {
  try {
    await quota.require(count, signal, true);
    const badges = await regionAccount.badges(signal);
    return badges.some(({ id }) => id === badgeId) ? null : { code: 'badge', words: null };
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
export async function throwFault(
  parts: IssuingParts,
  badgeId: BadgeId,
  error: unknown,
  fault: HoldCause | null = faultIn(error),
): Promise<never> {
  throw fault === null ? error : await putOnHold(parts, badgeId, fault);
}

/** Resolves with what the job is to throw. */
const putOnHold = async (parts: IssuingParts, badgeId: BadgeId, why: HoldCause): Promise<OnHold> =>
  onHold(parts, badgeId, await parts.holds.put(badgeId, why), true);

/** Waits no longer than the first distance: a hold that ends before its time is noticed, and Redis alone is asked. */
async function onHold(
  { now, pace: { holdFirstMs } }: IssuingParts,
  badgeId: BadgeId,
  held: Hold,
  looked: boolean,
): Promise<OnHold> {
  const leftMs = held.nextMs - (await now());
  return new OnHold(badgeId, held, leftMs > 0 ? Math.min(leftMs, holdFirstMs) : holdFirstMs, looked);
}

/** OBF refuses the whole call for one bad recipient with these; the rest are about us. */
const ABOUT_THE_BODY: readonly number[] = [400, 413, 422];

/**
 * What follows from a refusal of the issue call. It is about the account unless that looks well and the status is one
 * about the body; then the batch is split until the bad recipient is alone.
 * @param sending the batch, as it was sent
 * @returns the batches that took its place
 * @throws OnHold when it is about the account; ObfRefused when it is about a single recipient: it is final
 */
export async function afterRefusal(
  parts: IssuingParts,
  sending: Batch,
  due: DueAwards,
  refusal: ObfRefused,
  signal: AbortSignal,
): Promise<readonly BatchId[]> {
  const { batches, ledger, clock } = parts;
  const { badgeId, earners } = sending;
  const words = refusal.message;
  const batch = await batches.reopenRefused(sending);
  const fault = await accountFault(parts, badgeId, earners.length, signal);
  if (fault !== null) throw await putOnHold(parts, badgeId, fault);
  if (!ABOUT_THE_BODY.includes(refusal.status) || !(await isAboutRecipients(parts, batch, words, signal)))
    throw await putOnHold(parts, badgeId, { code: 'refusal', words });
  if (earners.length > 1) {
    const release = { type: 'release', batch: batch.id } as const;
    await Promise.all(earners.map((earner) => ledger.apply(earner, badgeId, release)));
    return batches.split(batch, halvesOf(earners));
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
async function isAboutRecipients(
  parts: IssuingParts,
  batch: Batch,
  words: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { holds } = parts;
  const { id, badgeId, earners, refusedMs } = batch;
  if (earners.length > 1 || (await holds.acceptedMs(badgeId)) > (refusedMs ?? 0)) return true;
  const held = await holds.of(badgeId);
  if (held !== null) {
    if (held.code !== 'refusal' || (await doOthersWait(parts, batch))) return false;
    await holds.end(badgeId);
    return true;
  }
  const before = await holds.refusedAlone(badgeId, { words, batch: id });
  if (before === null || before.words !== words || before.batch === id) return true;
  await parts.ports.issueSoon(badgeId, before.batch, signal);
  return false;
}
