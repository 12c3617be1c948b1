import { z } from 'zod';
import { journalEntry } from '../earners/journal-entry.js';
import type { EarnerKey, EventId } from '../ids.js';
import { type Batch, BatchTaken } from './outbox.js';
import { NotSettledYet } from './redis-incarnation.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { IssueRequest } from '../obf/account.js';
import { secondsOf } from '../platform/clock.js';
import type { BatchOutcome, BatchRun, DueAwards } from './parts.js';
import { afterRefusal, throwFault } from './refusal.js';

/**
 * Makes the one call that cannot be undone, and handles each of its outcomes.
 * @throws ObfRefused: final, for ops to replay. BatchTaken, OnHold, ObfThrottled, ObfNotSent: nothing happened.
 *   NotSettledYet: OBF is to be read first.
 */
export async function send(run: BatchRun, due: DueAwards): Promise<BatchOutcome> {
  const { batches, regionAccount, quota, onCrashPoint, clock, now, pace, signal } = run;
  await quota.require(due.size, signal).catch((error: unknown) => throwFault(run, error));
  signal.throwIfAborted();
  const batch = await batches.startSending(run.batch, [...due.keys()]);
  if (batch === null) throw new BatchTaken();
  const sending: BatchRun = { ...run, batch };
  await requireDurableSending(sending);
  onCrashPoint('before-send');
  let event: EventId;
  try {
    // Well below `settleMs`: the call has ended before another run reads OBF.
    // Counted from the stored time: a process that was frozen in between has no time left.
    const leftMs = (batch.sentMs ?? 0) + pace.sendWithinMs - (await now());
    const timeout = AbortSignal.timeout(Math.min(pace.sendWithinMs, Math.max(0, leftMs)));
    const within = AbortSignal.any([signal, timeout]);
    event = await regionAccount.issue(requestOf(batch, due, secondsOf(clock)), within);
  } catch (error) {
    return afterFailure(sending, due, error);
  }
  onCrashPoint('after-send');
  await batches.markSent(batch, event);
  return recordSent(sending, event, due);
}

/** How soon a batch is run again after no replica had its `sending` state. */
const REPLICATION_RETRY_MS = 2000;

/**
 * Requires that the `sending` state outlasts the loss of a server: the replicas have it, and nothing was lost just now.
 * @throws NotSettledYet, with the batch open again
 */
async function requireDurableSending(sending: BatchRun): Promise<void> {
  const { replicas, incarnation, pace, now, batches } = sending;
  const isReplicated = await replicas.isReplicated();
  const sinceMs = await incarnation.knownSinceMs();
  const unsettledMs = sinceMs + pace.settleMs - (await now());
  if (isReplicated && unsettledMs <= 0) return;
  await batches.rollbackSend(sending.batch);
  throw new NotSettledYet(Math.max(unsettledMs, isReplicated ? 0 : REPLICATION_RETRY_MS));
}

/** The note that Palier writes into OBF with each batch. Fields that an older Palier did not write may be missing. */
const noteForm = z.object({
  by: z.literal('palier'),
  award: z.string().nullable().default(null),
  rule_version: z.string().nullable().default(null),
  rule_versions: z.record(z.string(), z.string()).default({}),
  assertions: z.record(z.string(), z.array(z.string())).default({}),
  causes: z.record(z.string(), z.string().nullable()).default({}),
});
export type LogEntryNote = z.output<typeof noteForm>;

/** Reads Palier's note from a `log_entry` of OBF; null for a manual award. */
export const noteIn = (logEntry: unknown): LogEntryNote | null => noteForm.safeParse(logEntry).data ?? null;

/** Makes the issue request. Its log entry says, without addresses, who was given what and why. */
function requestOf(batch: Batch, due: DueAwards, issuedOnS: number): IssueRequest {
  const [first] = due.values();
  const awards = [...due].map(([earner, award]) => [earner, award.entryFields] as const);
  const others = awards.filter(([, { version }]) => version !== first?.entryFields.version);
  return {
    badgeId: batch.badgeId,
    recipients: [...due.values()].map(({ contact }) => ({ email: contact.address, name: contact.name })),
    issuedOnS,
    sendEmail: !batch.suppressEmail,
    logEntry: {
      by: 'palier',
      batch: batch.id,
      award: first?.entryFields.award ?? null,
      rule_version: first?.entryFields.version ?? null,
      // While a rule change awaits `apply`, people are evaluated under one version or the other.
      rule_versions: Object.fromEntries(others.map(([earner, { version }]) => [earner, version])),
      assertions: Object.fromEntries(awards.map(([earner, { assertions }]) => [earner, assertions])),
      causes: Object.fromEntries(awards.map(([earner, { cause }]) => [earner, cause])),
    },
  };
}

/** How many causes a log line names. */
const CAUSES_NAMED = 20;

/**
 * Records an issued batch for each of its earners. Idempotent. If all of Redis is lost before the end, the event is
 * read back from OBF.
 * @param due null: an earlier run made the call; OBF's `log_entry` has the details
 */
export async function recordSent(
  { meter, quota, regionSync, holds, ledger, clock, onCrashPoint, batch: { badgeId, earners } }: BatchRun,
  event: EventId,
  due: DueAwards | null,
): Promise<BatchOutcome> {
  onCrashPoint('before-record');
  const awards = [...(due?.values() ?? [])].map((award) => award.entryFields);
  // Counted before anything can fail: a second run has no `due`, and does not count.
  for (const { award } of awards) meter.count('palier_awards_issued_total', { award });
  await quota.spend(earners.length);
  await regionSync.noteIssued();
  await holds.accepted(badgeId);
  const atS = secondsOf(clock);
  const recordOne = (earner: EarnerKey) => {
    const award = due?.get(earner)?.entryFields;
    const entry = award === undefined ? null : journalEntry('issued', atS, { ...award, event });
    return ledger.applyIfPossible(earner, badgeId, { type: 'record', event }, () => entry);
  };
  await Promise.all(earners.map(recordOne));
  onCrashPoint('after-record');
  const causes = [...new Set(awards.flatMap(({ cause }) => cause ?? []))].slice(0, CAUSES_NAMED);
  const facts = { event, earners: earners.length, ...(due === null ? {} : { causes }) };
  return { outcome: 'issued', toEvaluate: earners, replacedBy: [], facts };
}

async function afterFailure(sending: BatchRun, due: DueAwards, error: unknown): Promise<BatchOutcome> {
  const { batches, ledger, pace, batch } = sending;
  if (error instanceof ObfRefused) return afterRefusal(sending, due, error);
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) {
    await batches.rollbackSend(batch);
    throw error;
  }
  const markUnknown = { type: 'markUnknown', batch: batch.id, run: batch.run } as const;
  await Promise.all(
    batch.earners.map((earner) => ledger.applyIfPossible(earner, batch.badgeId, markUnknown)),
  );
  throw new NotSettledYet(pace.settleMs, { cause: error });
}
