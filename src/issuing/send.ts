import type { EarnerKey, EventId } from '../ids.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../obf/errors.js';
import type { IssueRequest } from '../obf/types.js';
import { secondsOf } from '../platform/clock.js';
import type { IssueOutcome } from './issue.js';
import { applyIfPossible } from './ledger.js';
import type { Batch } from './batch.js';
import { NotSettledYet, type DueAward, type Issuing } from './types.js';

export type Due = ReadonlyMap<EarnerKey, DueAward>;

/** Another run of the same batch is sending it at this moment. */
export class BatchTaken extends Error {
  readonly code = 'batch_taken';
}

/** OBF refuses the whole call for one bad recipient with these; the rest are about us. */
const ABOUT_THE_BODY: readonly number[] = [400, 413, 422];

/**
 * The one call that cannot be taken back, and what follows from each way it can end.
 * @throws ObfRefused (kept, for ops to send again), ObfThrottled and ObfNotSent (nothing happened),
 *   NotSettledYet (OBF is to be read first)
 */
export async function send(
  issuing: Issuing,
  batch: Batch,
  due: Due,
  signal: AbortSignal,
): Promise<IssueOutcome> {
  signal.throwIfAborted();
  if (!(await issuing.batches.startSending(batch))) throw new BatchTaken('Another run is sending this batch');
  issuing.reached('before-send');
  let event: EventId;
  try {
    // Bounded well under `settleMs`: when others come to look, this call has ended.
    const within = AbortSignal.any([signal, AbortSignal.timeout(issuing.sendWithinMs)]);
    event = await issuing.account.issue(requestOf(batch, due, secondsOf(issuing.clock)), within);
  } catch (error) {
    return afterFailure(issuing, batch, due, error);
  }
  issuing.reached('after-send');
  return afterSuccess(issuing, batch, due, event);
}

/** What OBF is told: enough for its account alone to say who was given what, and why. No address. */
function requestOf(batch: Batch, due: Due, issuedOnS: number): IssueRequest {
  const [first] = due.values();
  return {
    badgeId: batch.badgeId,
    recipients: [...due.values()].map(({ contact }) => ({ email: contact.address, name: contact.name })),
    issuedOnS,
    logEntry: {
      by: 'palier',
      batch: batch.id,
      award: first?.award ?? null,
      rule_version: first?.version ?? null,
      assertions: Object.fromEntries([...due].map(([earner, { earnedBy }]) => [earner, earnedBy])),
    },
  };
}

async function afterSuccess(issuing: Issuing, batch: Batch, due: Due, event: EventId): Promise<IssueOutcome> {
  issuing.reached('before-record');
  const record = { type: 'record', event } as const;
  await each(due, (earner) => issuing.ledger.apply(earner, batch.badgeId, record));
  await issuing.issued(event, batch, due);
  issuing.reached('after-record');
  return { settled: [...due.keys()], split: [] };
}

async function afterFailure(issuing: Issuing, batch: Batch, due: Due, error: unknown): Promise<IssueOutcome> {
  if (error instanceof ObfRefused) return afterRefusal(issuing, batch, due, error);
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) {
    await issuing.batches.reopen(batch);
    throw error;
  }
  const doubt = { type: 'doubt', batch: batch.id } as const;
  await each(due, (earner) => applyIfPossible(issuing.ledger, earner, batch.badgeId, doubt));
  throw new NotSettledYet(issuing.settleMs, { cause: error });
}

async function afterRefusal(
  issuing: Issuing,
  batch: Batch,
  due: Due,
  refusal: ObfRefused,
): Promise<IssueOutcome> {
  await issuing.batches.reopen(batch);
  if (due.size > 1 && ABOUT_THE_BODY.includes(refusal.status)) {
    await each(due, (earner) => issuing.ledger.apply(earner, batch.badgeId, { type: 'release' }));
    return { settled: [], split: await issuing.batches.split({ ...batch, earners: [...due.keys()] }) };
  }
  const refuse = { type: 'refuse', why: refusal.message } as const;
  await each(due, (earner) => issuing.ledger.apply(earner, batch.badgeId, refuse));
  throw refusal;
}

async function each(due: Due, act: (earner: EarnerKey) => Promise<unknown>): Promise<void> {
  await Promise.all([...due.keys()].map(act));
}
