import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import type { Batch } from './batches.js';
import { OnHold } from './hold.js';
import { applyIfPossible } from './ledger.js';
import { NotSettledYet } from './redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { JobResult } from '../platform/job-result.js';
import type { DueAward, Eligibility, IssuingParts } from './parts.js';
import { accountFault, passHold, throwFault } from './refusal.js';
import { recordSent, send, type BatchOutcome } from './send.js';

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
    const done = batch === null ? NOTHING : await issue(parts, batch, signal);
    const { outcome, again: _, split: __, ...facts } = done;
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

async function issue(parts: IssuingParts, batch: Batch, signal: AbortSignal): Promise<BatchOutcome> {
  // We were stopped after OBF had answered.
  if (batch.state === 'sent' && batch.event !== null)
    return conclude(parts, batch, await recordSent(parts, batch, batch.event, null), signal);
  try {
    return await serve(parts, batch, signal);
  } catch (error) {
    // Redis may have lost it under our hands: then nobody else knows whom it was for. Not while Redis does not answer.
    const kept = await parts.batches.find(batch.badgeId, batch.id).catch(() => batch);
    if (kept === null) await evaluate(parts, batch, batch.earners);
    throw error;
  }
}

/** An award can complete another; what follows leaves with an e-mail, or without, as this does. */
const evaluate = ({ ports }: IssuingParts, batch: Batch, earners: readonly EarnerKey[]): Promise<void> =>
  ports.evaluate(earners, batch.suppressEmail);

async function serve(parts: IssuingParts, batch: Batch, signal: AbortSignal): Promise<BatchOutcome> {
  const { badgeId } = batch;
  // What may be in OBF already is looked for all the same.
  const hold = batch.state === 'open' ? await passHold(parts, batch, signal) : null;
  const sinceMs = await waitUntilSettled(parts, batch);
  const { claimed, others } = await claim(parts, batch);
  parts.reached('after-claim');
  const isThorough = batch.state === 'sending' || sinceMs > batch.createdMs;
  if (claimed.length > 0)
    await parts.regionSync.sync(signal, isThorough).catch(async (error: unknown) => {
      // OBF refuses to let us read the account: it may refuse all of its calls.
      const isRefused = error instanceof Error && error.cause instanceof ObfRefused;
      const fault = isRefused ? await accountFault(parts, badgeId, 0, signal) : null;
      return throwFault(parts, badgeId, error, fault);
    });
  const { due, again, unreadable } = await sort(parts, badgeId, claimed, signal);
  // Before the call: were it to fail, nobody would remember them; nor those whom an earlier run left out.
  await evaluate(parts, batch, [...others, ...again]);
  if (unreadable.size > 0) {
    const split = await setAside(parts, batch, unreadable);
    return conclude(parts, batch, { outcome: 'split', again: [], split }, signal);
  }
  if (due.size === 0) {
    // The look alone has shown that it is mended: no answer to a call will.
    if (hold !== null && hold.code !== 'refusal') await parts.holds.end(badgeId);
    return conclude(parts, batch, NOTHING, signal);
  }
  if (batch.state !== 'open') await passHold(parts, batch, signal);
  const outcome = await send(parts, batch, due, signal);
  if (outcome.split.length === 0) await endRefusals(parts, batch, signal);
  return conclude(parts, batch, outcome, signal);
}

/** Batches of one that OBF refused, for people who have the badge now, are run again: nothing is left to send, and they end. */
async function endRefusals(
  parts: IssuingParts,
  { badgeId, id, earners }: Batch,
  signal: AbortSignal,
): Promise<void> {
  for (const otherId of await parts.batches.of(badgeId)) {
    const other = otherId === id ? null : await parts.batches.find(badgeId, otherId);
    const isOver = other?.refusedAlone === true && other.earners.every((earner) => earners.includes(earner));
    if (isOver) await parts.ports.issueSoon(badgeId, otherId, signal);
  }
}

/**
 * Until a call that may be on its way must show in OBF: this batch's own, or one that a lost Redis knew of.
 * Resolves with since when Redis remembers.
 */
async function waitUntilSettled(
  { now, pace, incarnation, batches }: IssuingParts,
  batch: Batch,
): Promise<number> {
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
async function claim({ ledger }: IssuingParts, { id, badgeId, earners }: Batch) {
  const isMine = await Promise.all(
    earners.map((earner) =>
      applyIfPossible(ledger, earner, badgeId, { type: 'claim', batch: id }).then(
        (award) => award !== null,
        // A record that cannot be read is found again, and told, when the earner is looked at.
        () => true,
      ),
    ),
  );
  return {
    claimed: earners.filter((_, at) => isMine[at]),
    others: earners.filter((_, at) => isMine[at] === false),
  };
}

/** Decides anew for everyone: who holds it by now, who no longer is due it, who is to be sent it. */
async function sort(
  { ledger, ports }: IssuingParts,
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  signal: AbortSignal,
) {
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
      await applyIfPossible(ledger, earner, badgeId, { type: 'withdraw' });
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
async function setAside(
  { ledger, batches }: IssuingParts,
  batch: Batch,
  unreadable: ReadonlyMap<EarnerKey, unknown>,
): Promise<readonly BatchId[]> {
  const { id, badgeId, earners } = batch;
  const [first] = unreadable.values();
  if (earners.length === 1) throw first;
  const good = earners.filter((earner) => !unreadable.has(earner));
  // A record that cannot be read cannot be released either; its next claim fails, and says so.
  await Promise.allSettled(
    earners.map((earner) => applyIfPossible(ledger, earner, badgeId, { type: 'release', batch: id })),
  );
  return batches.split(batch, [good, ...[...unreadable.keys()].map((earner) => [earner])]);
}

/** The batch is forgotten last: were we stopped before, all of this is done again. */
async function conclude(
  parts: IssuingParts,
  batch: Batch,
  outcome: BatchOutcome,
  signal: AbortSignal,
): Promise<BatchOutcome> {
  await evaluate(parts, batch, outcome.again);
  if (outcome.split.length === 0) await parts.batches.finish(batch);
  // Taken before all others: what a split leaves open stays little.
  for (const id of outcome.split) await parts.ports.issueSoon(batch.badgeId, id, signal);
  return outcome;
}
