import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import { OnHold } from './hold.js';
import { NotSettledYet } from './redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { JobResult } from '../platform/job.js';
import type { BatchOutcome, BatchRun, DueAward, Eligibility, IssuingParts } from './parts.js';
import { accountFault, afterLostCall, passHold, splitBatch, throwFault } from './refusal.js';
import { recordSent, send } from './send.js';

/** Each earner of the batch holds the badge by now, or is no longer due it. */
const NOTHING: BatchOutcome = { outcome: 'nothing', toEvaluate: [], replacedBy: [] };
const WORDS = { issued: 'awards issued', split: 'batch split', nothing: 'nothing left to issue' } as const;

/**
 * Issues one batch, and counts the outcome. Idempotent, after any fault and in any process. What OBF has is never sent
 * again; what it may have is looked for first.
 * @throws NotSettledYet, OnHold or an ObfError when the batch is to run again; ObfRefused when it is not
 */
export async function issueBatch(
  parts: IssuingParts,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<JobResult> {
  const count = (outcome: string): void => parts.meter.count('palier_batches_total', { outcome });
  try {
    const batch = await parts.batches.find(badgeId, batchId);
    const { outcome, facts } = batch === null ? NOTHING : await issue({ ...parts, batch, signal });
    count(outcome);
    return { did: WORDS[outcome], facts: { badge: badgeId, batch: batchId, ...facts } };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome !== null) count(outcome);
    throw error;
  }
}

/** Returns the outcome to count; null: the batch only waits, and has none yet. */
function outcomeOfError(error: unknown): string | null {
  if (error instanceof NotSettledYet) return error.cause === undefined ? null : 'unknown';
  if (error instanceof ObfRefused) return 'refused';
  if (error instanceof OnHold && !error.hasCheckedAccount) return null;
  if (error instanceof OnHold) return error.hold.code === 'quota' ? 'quota_low' : 'on_hold';
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) return 'not_sent';
  return 'error';
}

async function issue(run: BatchRun): Promise<BatchOutcome> {
  const { batch, batches } = run;
  // An earlier run was stopped after OBF had answered.
  if (batch.state === 'sent' && batch.event !== null)
    return conclude(run, await recordSent(run, batch.event, null));
  try {
    return await checkAndSend(run);
  } catch (error) {
    // If Redis has lost the batch, only this run knows its earners. A Redis that does not answer has lost nothing.
    const stored = await batches.find(batch.badgeId, batch.id).catch(() => batch);
    if (stored === null) await evaluate(run, batch.earners);
    throw error;
  }
}

/** Has earners evaluated, since an award can complete another. What follows leaves with an e-mail only if this does. */
const evaluate = ({ ports, batch }: BatchRun, earners: readonly EarnerKey[]): Promise<void> =>
  ports.evaluate(earners, batch.suppressEmail);

async function checkAndSend(read: BatchRun): Promise<BatchOutcome> {
  const { regionSync, holds, onCrashPoint, signal } = read;
  // A batch that OBF may have is looked for in spite of a hold.
  const hold = read.batch.state === 'open' ? await passHold(read) : null;
  const sinceMs = await requireSettled(read);
  const run: BatchRun = { ...read, batch: await read.batches.begin(read.batch) };
  const { batch } = run;
  const { claimed, others } = await claim(run);
  onCrashPoint('after-claim');
  const isThorough = batch.state === 'sending' || sinceMs > batch.createdMs;
  if (claimed.length > 0)
    await regionSync.sync(signal, isThorough).catch(async (error: unknown) => {
      // OBF refuses to show the Région's account: it may refuse all of its calls.
      const isRefused = error instanceof Error && error.cause instanceof ObfRefused;
      return throwFault(run, error, isRefused ? await accountFault(run, 0) : null);
    });
  const { due, again, unreadable } = await sortByEligibility(run, claimed);
  // Before the call: if it fails, no later run knows them. An earlier run may have missed the others.
  await evaluate(run, [...others, ...again]);
  if (unreadable.size > 0) return conclude(run, await setAside(run, unreadable));
  if (due.size === 0) {
    // The account was found well, and no issue call follows that could show it.
    if (hold !== null && hold.code !== 'refusal') await holds.end(batch.badgeId);
    return conclude(run, NOTHING);
  }
  if (batch.state !== 'open') await passHold(run);
  const next = batch.state === 'sending' ? await afterLostCall(run, due) : run;
  const outcome = 'outcome' in next ? next : await send(next, due);
  if (outcome.replacedBy.length === 0) await endRefusals(run);
  return conclude(run, outcome);
}

/** Runs the lone refused batches of earners who have the badge now: these have nothing left to send, and end. */
async function endRefusals({ batches, ports, batch, signal }: BatchRun): Promise<void> {
  for (const { id, refusedAlone, earners } of await batches.all(batch.badgeId)) {
    const isServed = id !== batch.id && refusedAlone && earners.every((one) => batch.earners.includes(one));
    if (isServed) await ports.issueSoon(batch.badgeId, id, signal);
  }
}

/**
 * Requires that a call in flight shows in OBF by now: this batch's own, or one that Redis lost.
 * @returns since when Redis remembers, Unix milliseconds
 * @throws NotSettledYet
 */
async function requireSettled({ now, pace, incarnation, batches, batch }: BatchRun): Promise<number> {
  const sinceMs = await incarnation.knownSinceMs();
  const nowMs = await now();
  let sentMs = batch.state === 'sending' ? (batch.sentMs ?? nowMs) : 0;
  // Redis' clock was set back: the time counts from now.
  if (sentMs > nowMs) sentMs = await batches.restamp(batch);
  const waitMs = Math.max(sentMs, sinceMs) + pace.settleMs - nowMs;
  if (waitMs > 0) throw new NotSettledYet(waitMs);
  return sinceMs;
}

/** Claims the earners for this batch; the awards of the others were issued or withdrawn before. */
async function claim({ ledger, batch: { id, run, badgeId, earners } }: BatchRun) {
  const event = { type: 'claim', batch: id, run } as const;
  const claims = await Promise.allSettled(
    earners.map((earner) => ledger.applyIfPossible(earner, badgeId, event)),
  );
  // An unreadable record is found again, and reported, when eligibility is checked.
  const isClaimed = claims.map((one) => one.status === 'rejected' || one.value !== null);
  return {
    claimed: earners.filter((_, at) => isClaimed[at]),
    others: earners.filter((_, at) => isClaimed[at] === false),
  };
}

/** Decides anew which earners are due the badge, hold it by now, are no longer due it, or are unreadable. */
async function sortByEligibility(
  { ledger, ports, batch: { id, run, badgeId }, signal }: BatchRun,
  earners: readonly EarnerKey[],
) {
  const due = new Map<EarnerKey, DueAward>();
  const [again, withdrawn]: [EarnerKey[], EarnerKey[]] = [[], []];
  const unreadable = new Map<EarnerKey, unknown>();
  const sortOne = async (earner: EarnerKey, eligibility: Eligibility): Promise<void> => {
    if (eligibility.is === 'due') due.set(earner, eligibility);
    else if (eligibility.is === 'unreadable') unreadable.set(earner, eligibility.error);
    else if (eligibility.is === 'held') {
      await ledger.apply(earner, badgeId, { type: 'record', event: eligibility.event });
      again.push(earner);
    } else {
      await ledger.applyIfPossible(earner, badgeId, { type: 'withdraw', batch: id, run });
      (eligibility.isLinkedAway ? again : withdrawn).push(earner);
    }
  };
  const sortOrSetAside = ([earner, eligibility]: [EarnerKey, Eligibility]): Promise<void> =>
    sortOne(earner, eligibility).catch((error: unknown) => void unreadable.set(earner, error));
  await Promise.all([...(await ports.checkEligibility(badgeId, earners, signal))].map(sortOrSetAside));
  // An evaluation that found the award due meanwhile, here or for a linked address, left it to this batch.
  for (const [earner, eligibility] of await ports.checkEligibility(badgeId, withdrawn, signal))
    if (eligibility.is !== 'not-due' || eligibility.isLinkedAway) again.push(earner);
  return { due, again, unreadable };
}

/**
 * Splits off each earner whose record or credential cannot be read, so that the others are not delayed. The error of a
 * single earner fails the job.
 */
async function setAside(run: BatchRun, unreadable: ReadonlyMap<EarnerKey, unknown>): Promise<BatchOutcome> {
  const { earners } = run.batch;
  const [first] = unreadable.values();
  if (earners.length === 1) throw first;
  const readable = earners.filter((earner) => !unreadable.has(earner));
  return splitBatch(run, [readable, ...[...unreadable.keys()].map((earner) => [earner])]);
}

/** Deletes the batch last, so that a run that is stopped before is repeated as a whole. */
async function conclude(run: BatchRun, outcome: BatchOutcome): Promise<BatchOutcome> {
  const { batches, ports, batch, signal } = run;
  await evaluate(run, outcome.toEvaluate);
  if (outcome.replacedBy.length === 0) await batches.finish(batch);
  // These run before all other jobs, so that few batches of a split are open at a time.
  for (const id of outcome.replacedBy) await ports.issueSoon(batch.badgeId, id, signal);
  return outcome;
}
