import type { BadgeId, EarnerKey, EventId } from '../../ids.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../../obf/errors.js';
import type { IssueRequest } from '../../obf/types.js';
import { secondsOf } from '../../platform/clock.js';
import { applyIfPossible } from '../../issuing/ledger.js';
import type { Batch } from '../../issuing/batches.js';
import { afterRefusal, faultIn, putOnHold } from './refusal.js';
import {
  type DueAwards,
  type IssueOutcome,
  type Issuing,
  NotSettledYet,
  telling,
} from '../../issuing/types.js';

/** Another run of the same batch is sending it at this moment. */
export class BatchTaken extends Error {
  readonly code = 'batch_taken';
}

/**
 * The one call that cannot be taken back, and what follows from each way it can end.
 * @throws ObfRefused (kept, for ops to send again), OnHold, ObfThrottled and ObfNotSent (nothing happened),
 *   NotSettledYet (OBF is to be read first)
 */
export async function send(
  issuing: Issuing,
  batch: Batch,
  due: DueAwards,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  await requireQuota(issuing, batch.badgeId, due.size, signal);
  signal.throwIfAborted();
  const sending = await issuing.batches.startSending(batch, [...due.keys()]);
  if (sending === null) throw new BatchTaken('Another run is sending this batch');
  await requireRemembered(issuing, sending);
  issuing.reached('before-send');
  let event: EventId;
  try {
    // Bounded well under `settleMs`: when others come to look, this call has ended.
    const within = AbortSignal.any([signal, AbortSignal.timeout(await timeLeftMs(issuing, sending))]);
    event = await issuing.account.issue(requestOf(batch, due, secondsOf(issuing.clock)), within);
  } catch (error) {
    return afterFailure(issuing, sending, due, error, signal);
  }
  issuing.reached('after-send');
  const sent = (await issuing.batches.markSent(sending, event)) ?? { ...sending, event };
  return recordSent(issuing, sent, event, due);
}

/** @throws OnHold when the quota would not do, or cannot be read */
async function requireQuota(
  issuing: Issuing,
  badgeId: BadgeId,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await issuing.requireQuota(count, signal);
  } catch (error) {
    const fault = faultIn(error);
    throw fault === null ? error : await putOnHold(issuing, badgeId, fault);
  }
}

/** How soon a batch is looked at again whose writing no other server has yet. */
const HELD_AGAIN_MS = 2000;

/**
 * That the batch is being sent must be known to whoever comes after us, whatever becomes of Redis: it is held
 * by other servers as well, or the loss will be noticed; and it was not noticed just now, since we looked.
 * @throws NotSettledYet, with the batch open again
 */
async function requireRemembered(issuing: Issuing, sending: Batch): Promise<void> {
  const held = await issuing.isHeld();
  const sinceMs = await issuing.incarnation.knownSinceMs();
  const unsettledMs = sinceMs + issuing.settleMs - (await issuing.now());
  if (held && unsettledMs <= 0) return;
  await issuing.batches.rollbackSend(sending);
  throw new NotSettledYet(Math.max(unsettledMs, held ? 0 : HELD_AGAIN_MS));
}

/** Counted from what the batch says: a process that was frozen in between has no time left. */
const timeLeftMs = async ({ now, sendWithinMs }: Issuing, { sentMs }: Batch): Promise<number> =>
  Math.min(sendWithinMs, Math.max(0, (sentMs ?? 0) + sendWithinMs - (await now())));

/** What OBF is told: enough for its account alone to say who was given what, and why. No address. */
function requestOf(batch: Batch, due: DueAwards, issuedOnS: number): IssueRequest {
  const [first] = due.values();
  const others = [...due].filter(([, { version }]) => version !== first?.version);
  return {
    badgeId: batch.badgeId,
    recipients: [...due.values()].map(({ contact }) => ({ email: contact.address, name: contact.name })),
    issuedOnS,
    ...(batch.suppressEmail ? { sendEmail: false } : {}),
    logEntry: {
      by: 'palier',
      batch: batch.id,
      award: first?.award ?? null,
      rule_version: first?.version ?? null,
      // While a change of the rules waits, people are judged by one version or the other.
      rule_versions: Object.fromEntries(others.map(([earner, { version }]) => [earner, version])),
      assertions: Object.fromEntries([...due].map(([earner, { earnedBy }]) => [earner, earnedBy])),
      causes: Object.fromEntries([...due].map(([earner, { cause }]) => [earner, cause])),
    },
  };
}

/**
 * Writes down what OBF has, for every earner of the batch; may be done again. The event is known as ours
 * before the earners' records are: were all of Redis lost in between, it would be read back from OBF.
 */
export async function recordSent(
  issuing: Issuing,
  batch: Batch,
  event: EventId,
  due: DueAwards | null,
): Promise<IssueOutcome> {
  issuing.reached('before-record');
  await issuing.issued(event, batch, due);
  await issuing.holds.accepted(batch.badgeId);
  const record = { type: 'record', event } as const;
  // Without what it was for, it is told when the Région's account is read: OBF keeps our note.
  const tell = telling('issued', batch, due, { atS: secondsOf(issuing.clock), event });
  await each(batch.earners, (earner) =>
    applyIfPossible(issuing.ledger, earner, batch.badgeId, record, () => tell(earner)),
  );
  issuing.reached('after-record');
  return { again: batch.earners, split: [] };
}

async function afterFailure(
  issuing: Issuing,
  batch: Batch,
  due: DueAwards,
  error: unknown,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  if (error instanceof ObfRefused) return afterRefusal(issuing, batch, due, error, signal);
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) {
    await issuing.batches.rollbackSend(batch);
    throw error;
  }
  const markUnknown = { type: 'markUnknown', batch: batch.id } as const;
  await each(batch.earners, (earner) => applyIfPossible(issuing.ledger, earner, batch.badgeId, markUnknown));
  throw new NotSettledYet(issuing.settleMs, { cause: error });
}

async function each(
  earners: readonly EarnerKey[],
  act: (earner: EarnerKey) => Promise<unknown>,
): Promise<void> {
  await Promise.all(earners.map(act));
}
