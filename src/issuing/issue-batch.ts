import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import { OnHold } from './hold.js';
import { NotSettledYet } from './redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { JobResult } from '../platform/job.js';
import type { BatchOutcome, BatchRun, DueAward, Eligibility, IssuingParts } from './parts.js';
import { accountFault, passHold, splitBatch, throwFault } from './refusal.js';
import { recordSent, send } from './send.js';

/** Everyone in it holds the award by now, or is not due it any more. */
const NOTHING: BatchOutcome = { outcome: 'nothing', again: [], split: [] };
const WORDS = { issued: 'awards issued', split: 'batch split', nothing: 'nothing left to issue' } as const;

/**
 * Issues one batch, and counts how that ended. May be run again at any time, by any process, after any fault: what OBF
 * has is never sent again, and what it may have is looked for first.
 * @throws NotSettledYet, OnHold, or an ObfError by certainty, when it is to be run again; ObfRefused when not
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
    const outcome = outcomeOf(error);
    if (outcome !== null) count(outcome);
    throw error;
  }
}

/** Null: nothing ended, the batch only waits until OBF can be believed. */
function outcomeOf(error: unknown): string | null {
  if (error instanceof NotSettledYet) return error.cause === undefined ? null : 'unknown';
  if (error instanceof ObfRefused) return 'refused';
  if (error instanceof OnHold && !error.looked) return null;
  if (error instanceof OnHold) return error.hold.code === 'quota' ? 'quota_low' : 'on_hold';
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) return 'not_sent';
  return 'error';
}

async function issue(run: BatchRun): Promise<BatchOutcome> {
  const { batch, batches } = run;
  // We were stopped after OBF had answered.
  if (batch.state === 'sent' && batch.event !== null)
    return conclude(run, await recordSent(run, batch.event, null));
  try {
    return await serve(run);
  } catch (error) {
    // Redis may have lost it under our hands: then nobody else knows whom it was for. Not while Redis does not answer.
    const kept = await batches.find(batch.badgeId, batch.id).catch(() => batch);
    if (kept === null) await evaluate(run, batch.earners);
    throw error;
  }
}

/** An award can complete another; what follows leaves with an e-mail, or without, as this does. */
const evaluate = ({ ports, batch }: BatchRun, earners: readonly EarnerKey[]): Promise<void> =>
  ports.evaluate(earners, batch.suppressEmail);

async function serve(run: BatchRun): Promise<BatchOutcome> {
  const { batch, regionSync, holds, reached, signal } = run;
  // What may be in OBF already is looked for all the same.
  const hold = batch.state === 'open' ? await passHold(run) : null;
  const sinceMs = await waitUntilSettled(run);
  const { claimed, others } = await claim(run);
  reached('after-claim');
  const isThorough = batch.state === 'sending' || sinceMs > batch.createdMs;
  if (claimed.length > 0)
    await regionSync.sync(signal, isThorough).catch(async (error: unknown) => {
      // OBF refuses to let us read the account: it may refuse all of its calls.
      const isRefused = error instanceof Error && error.cause instanceof ObfRefused;
      return throwFault(run, error, isRefused ? await accountFault(run, 0) : null);
    });
  const { due, again, unreadable } = await sort(run, claimed);
  // Before the call: were it to fail, nobody would remember them; nor those whom an earlier run left out.
  await evaluate(run, [...others, ...again]);
  if (unreadable.size > 0) return conclude(run, await setAside(run, unreadable));
  if (due.size === 0) {
    // The look alone has shown that it is mended: no answer to a call will.
    if (hold !== null && hold.code !== 'refusal') await holds.end(batch.badgeId);
    return conclude(run, NOTHING);
  }
  if (batch.state !== 'open') await passHold(run);
  const outcome = await send(run, due);
  if (outcome.split.length === 0) await endRefusals(run);
  return conclude(run, outcome);
}

/** Batches of one that OBF refused, for people who have the badge now, are run again: nothing is left to send, and they end. */
async function endRefusals({ batches, ports, batch, signal }: BatchRun): Promise<void> {
  for (const { id, refusedAlone, earners } of await batches.all(batch.badgeId)) {
    const isOver = id !== batch.id && refusedAlone && earners.every((one) => batch.earners.includes(one));
    if (isOver) await ports.issueSoon(batch.badgeId, id, signal);
  }
}

/**
 * Until a call that may be on its way must show in OBF: this batch's own, or one that a lost Redis knew of.
 * Resolves with since when Redis remembers.
 */
async function waitUntilSettled({ now, pace, incarnation, batches, batch }: BatchRun): Promise<number> {
  const sinceMs = await incarnation.knownSinceMs();
  const nowMs = await now();
  let sentMs = batch.state === 'sending' ? (batch.sentMs ?? nowMs) : 0;
  // Redis' clock was set back: from now on will do.
  if (sentMs > nowMs) sentMs = await batches.restamp(batch);
  const waitMs = Math.max(sentMs, sinceMs) + pace.settleMs - nowMs;
  if (waitMs > 0) throw new NotSettledYet(waitMs);
  return sinceMs;
}

/** The earners that are this batch's to serve; the others were served, or withdrawn, before. */
async function claim({ ledger, batch: { id, badgeId, earners } }: BatchRun) {
  const claims = await Promise.allSettled(
    earners.map((earner) => ledger.applyIfPossible(earner, badgeId, { type: 'claim', batch: id })),
  );
  // A record that cannot be read is found again, and told, when the earner is looked at.
  const isMine = claims.map((one) => one.status === 'rejected' || one.value !== null);
  return {
    claimed: earners.filter((_, at) => isMine[at]),
    others: earners.filter((_, at) => isMine[at] === false),
  };
}

/** Decides anew for everyone: who holds it by now, who no longer is due it, who is to be sent it. */
async function sort({ ledger, ports, batch: { badgeId }, signal }: BatchRun, earners: readonly EarnerKey[]) {
  const due = new Map<EarnerKey, DueAward>();
  const [again, withdrawn]: [EarnerKey[], EarnerKey[]] = [[], []];
  const unreadable = new Map<EarnerKey, unknown>();
  const sortOne = async (earner: EarnerKey, found: Eligibility): Promise<void> => {
    if (found.is === 'due') due.set(earner, found);
    else if (found.is === 'unreadable') unreadable.set(earner, found.error);
    else if (found.is === 'held') {
      await ledger.apply(earner, badgeId, { type: 'record', event: found.event });
      again.push(earner);
    } else {
      await ledger.applyIfPossible(earner, badgeId, { type: 'withdraw' });
      (found.moved ? again : withdrawn).push(earner);
    }
  };
  const orSetAside = ([earner, found]: [EarnerKey, Eligibility]): Promise<void> =>
    sortOne(earner, found).catch((error: unknown) => void unreadable.set(earner, error));
  await Promise.all([...(await ports.checkEligibility(badgeId, earners, signal))].map(orSetAside));
  // An evaluation that found it due again while it was ours left it to us.
  for (const [earner, { is }] of await ports.checkEligibility(badgeId, withdrawn, signal))
    if (is === 'due') again.push(earner);
  return { due, again, unreadable };
}

/**
 * One earner whose record, or credential, cannot be read does not delay the others: the batch's place is taken by one
 * without them, and one for each of them. Alone, their fault is the job's.
 */
async function setAside(run: BatchRun, unreadable: ReadonlyMap<EarnerKey, unknown>): Promise<BatchOutcome> {
  const { earners } = run.batch;
  const [first] = unreadable.values();
  if (earners.length === 1) throw first;
  const good = earners.filter((earner) => !unreadable.has(earner));
  return splitBatch(run, [good, ...[...unreadable.keys()].map((earner) => [earner])]);
}

/** The batch is forgotten last: were we stopped before, all of this is done again. */
async function conclude(run: BatchRun, outcome: BatchOutcome): Promise<BatchOutcome> {
  const { batches, ports, batch, signal } = run;
  await evaluate(run, outcome.again);
  if (outcome.split.length === 0) await batches.finish(batch);
  // Taken before all others: what a split leaves open stays little.
  for (const id of outcome.split) await ports.issueSoon(batch.badgeId, id, signal);
  return outcome;
}
