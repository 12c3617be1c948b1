import { z } from 'zod';
import { journalEntry } from '../earners/journal-entry.js';
import type { EarnerKey, EventId } from '../ids.js';
import type { Batch } from './outbox.js';
import { NotSettledYet } from './redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { IssueRequest } from '../obf/account.js';
import { secondsOf } from '../platform/clock.js';
import type { BatchOutcome, BatchRun, DueAwards } from './parts.js';
import { afterRefusal, throwFault } from './refusal.js';

/** Another run of the same batch is sending it at this moment. */
class BatchTaken extends Error {
  readonly code = 'batch_taken';
}

/**
 * The one call that cannot be taken back, and what follows from each way it can end.
 * @throws ObfRefused (kept, for ops to send again), OnHold, ObfThrottled and ObfNotSent (nothing happened),
 *   NotSettledYet (OBF is to be read first)
 */
export async function send(run: BatchRun, due: DueAwards): Promise<BatchOutcome> {
  const { batches, regionAccount, quota, reached, clock, now, pace, signal } = run;
  await quota.require(due.size, signal).catch((error: unknown) => throwFault(run, error));
  signal.throwIfAborted();
  const batch = await batches.startSending(run.batch, [...due.keys()]);
  if (batch === null) throw new BatchTaken('Another run is sending this batch');
  const sending: BatchRun = { ...run, batch };
  await requireRemembered(sending);
  reached('before-send');
  let event: EventId;
  try {
    // Bounded well under `settleMs`: when others come to look, this call has ended.
    // Counted from what the batch says: a process that was frozen in between has no time left.
    const leftMs = (batch.sentMs ?? 0) + pace.sendWithinMs - (await now());
    const timeout = AbortSignal.timeout(Math.min(pace.sendWithinMs, Math.max(0, leftMs)));
    const within = AbortSignal.any([signal, timeout]);
    event = await regionAccount.issue(requestOf(batch, due, secondsOf(clock)), within);
  } catch (error) {
    return afterFailure(sending, due, error);
  }
  reached('after-send');
  await batches.markSent(batch, event);
  return recordSent(sending, event, due);
}

/** How soon a batch is looked at again whose writing no other server has yet. */
const HELD_AGAIN_MS = 2000;

/**
 * That the batch is being sent must outlast the loss of a server: replicas have it, or the loss will be noticed; and it
 * was not noticed just now, since we looked.
 * @throws NotSettledYet, with the batch open again
 */
async function requireRemembered(sending: BatchRun): Promise<void> {
  const { replicas, incarnation, pace, now, batches } = sending;
  const isReplicated = await replicas.isReplicated();
  const sinceMs = await incarnation.knownSinceMs();
  const unsettledMs = sinceMs + pace.settleMs - (await now());
  if (isReplicated && unsettledMs <= 0) return;
  await batches.rollbackSend(sending.batch);
  throw new NotSettledYet(Math.max(unsettledMs, isReplicated ? 0 : HELD_AGAIN_MS));
}

/** What we write into OBF with an award. Parts that an older Palier did not write may be missing. */
const noteForm = z.object({
  by: z.literal('palier'),
  award: z.string().nullable().default(null),
  rule_version: z.string().nullable().default(null),
  rule_versions: z.record(z.string(), z.string()).default({}),
  assertions: z.record(z.string(), z.array(z.string())).default({}),
  causes: z.record(z.string(), z.string().nullable()).default({}),
});
export type LogEntryNote = z.output<typeof noteForm>;

/** Our note, as OBF gives it back; null for what somebody gave by hand. */
export const noteIn = (logEntry: unknown): LogEntryNote | null => noteForm.safeParse(logEntry).data ?? null;

/** What OBF is told: enough for its account alone to say who was given what, and why. No address. */
function requestOf(batch: Batch, due: DueAwards, issuedOnS: number): IssueRequest {
  const [first] = due.values();
  const told = [...due].map(([earner, award]) => [earner, award.told] as const);
  const others = told.filter(([, { version }]) => version !== first?.told.version);
  return {
    badgeId: batch.badgeId,
    recipients: [...due.values()].map(({ contact }) => ({ email: contact.address, name: contact.name })),
    issuedOnS,
    sendEmail: !batch.suppressEmail,
    logEntry: {
      by: 'palier',
      batch: batch.id,
      award: first?.told.award ?? null,
      rule_version: first?.told.version ?? null,
      // While a change of the rules waits, people are judged by one version or the other.
      rule_versions: Object.fromEntries(others.map(([earner, { version }]) => [earner, version])),
      assertions: Object.fromEntries(told.map(([earner, { assertions }]) => [earner, assertions])),
      causes: Object.fromEntries(told.map(([earner, { cause }]) => [earner, cause])),
    },
  };
}

/** How many causes a line of the log names. */
const CAUSES_NAMED = 20;

/**
 * Writes down what OBF has, for every earner of the batch; may be done again. The event is known as ours
 * before the earners' records are: were all of Redis lost in between, it would be read back from OBF.
 * @param due null: what it was for is not known any more, OBF's `log_entry` says it
 */
export async function recordSent(
  { meter, quota, regionSync, holds, ledger, clock, reached, batch: { badgeId, earners } }: BatchRun,
  event: EventId,
  due: DueAwards | null,
): Promise<BatchOutcome> {
  reached('before-record');
  const told = [...(due?.values() ?? [])].map((award) => award.told);
  // Counted before anything can fail: a second run no longer knows what it was for, and does not count.
  for (const { award } of told) meter.count('palier_awards_issued_total', { award });
  await quota.spend(earners.length);
  await regionSync.noteIssued();
  await holds.accepted(badgeId);
  const atS = secondsOf(clock);
  const recordOne = (earner: EarnerKey) => {
    const award = due?.get(earner)?.told;
    const entry = award === undefined ? null : journalEntry('issued', atS, { ...award, event });
    return ledger.applyIfPossible(earner, badgeId, { type: 'record', event }, () => entry);
  };
  await Promise.all(earners.map(recordOne));
  reached('after-record');
  const causes = [...new Set(told.flatMap(({ cause }) => cause ?? []))].slice(0, CAUSES_NAMED);
  const facts = { event, earners: earners.length, ...(due === null ? {} : { causes }) };
  return { outcome: 'issued', again: earners, split: [], facts };
}

async function afterFailure(sending: BatchRun, due: DueAwards, error: unknown): Promise<BatchOutcome> {
  const { batches, ledger, pace, batch } = sending;
  if (error instanceof ObfRefused) return afterRefusal(sending, due, error);
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) {
    await batches.rollbackSend(batch);
    throw error;
  }
  const markUnknown = { type: 'markUnknown', batch: batch.id } as const;
  await Promise.all(
    batch.earners.map((earner) => ledger.applyIfPossible(earner, batch.badgeId, markUnknown)),
  );
  throw new NotSettledYet(pace.settleMs, { cause: error });
}
