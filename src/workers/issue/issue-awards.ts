import { contactFor, isInFlightElsewhere, readPerson, type Person } from '../../earners/person.js';
import type { BadgeId, BatchId, EarnerKey, EventId } from '../../ids.js';
import { OnHold } from '../../issuing/hold.js';
import { issueBatch } from './issue-batch.js';
import { NotSettledYet, type DueAwards, type Eligibility, type Issuing } from '../../issuing/types.js';
import { ObfNotSent, ObfRefused, ObfThrottled } from '../../obf/errors.js';
import { secondsOf } from '../../platform/clock.js';
import { enqueue } from '../../queue/enqueue.js';
import { enqueueEarners } from '../../queue/enqueue-earners.js';
import type { JobResult } from '../../platform/job-result.js';
import { evaluateDuringRollout } from '../../rules/rollout.js';
import { batchJob, enqueueBatch } from './gather-awards.js';
import type { Pipeline } from '../pipeline.js';
import { within } from '../in-flight.js';
import { verifyHosted } from './verify-hosted.js';

/** Issues one batch, and counts how that ended; who got an award is evaluated again, since it can complete another. */
export async function issueAwards(
  pipeline: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<JobResult> {
  const count = (outcome: string): void => pipeline.meter.count('palier_batches_total', { outcome });
  const notes: Note[] = [];
  try {
    await issueBatch(issuingOf(pipeline, notes), badgeId, batchId, signal);
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome !== null) count(outcome);
    throw error;
  }
  const { outcome, ...facts } = notes.find((one) => one.outcome === 'issued') ?? notes[0] ?? NOTHING;
  count(outcome);
  return { did: WORDS[outcome], facts: { badge: badgeId, batch: batchId, ...facts } };
}

/** `nothing`: everyone in it holds the award by now, or is not due it any more. */
type BatchOutcome = 'issued' | 'split' | 'nothing';

/** What became known on the way. */
interface Note {
  readonly outcome: BatchOutcome;
  readonly event?: EventId;
  readonly earners?: number;
  /** What set it off: some of the causes. */
  readonly causes?: readonly string[];
}

const NOTHING: Note = { outcome: 'nothing' };
const WORDS: Readonly<Record<BatchOutcome, string>> = {
  issued: 'awards issued',
  split: 'batch split',
  nothing: 'nothing left to issue',
};
/** How many causes a line names. */
const CAUSES_NAMED = 20;

/** Null: nothing ended, the batch only waits until OBF can be believed. */
function outcomeOf(error: unknown): string | null {
  if (error instanceof NotSettledYet) return error.cause === undefined ? null : 'unknown';
  if (error instanceof ObfRefused) return 'refused';
  if (error instanceof OnHold && !error.looked) return null;
  if (error instanceof OnHold) return error.hold.code === 'quota' ? 'quota_low' : 'on_hold';
  if (error instanceof ObfThrottled || error instanceof ObfNotSent) return 'not_sent';
  return 'error';
}

function issuingOf(pipeline: Pipeline, notes: Note[]): Issuing {
  const { queues, quota, outbox, replicas, regionSync, meter, pace } = pipeline;
  return {
    ...pipeline,
    account: pipeline.regionAccount,
    holdPace: pace,
    sendWithinMs: pace.sendWithinMs,
    settleMs: pace.settleMs,
    waiting: (badgeId) => outbox.waiting(badgeId),
    isHeld: () => replicas.isReplicated(),
    lookInObf: (signal, thorough) => regionSync.sync(signal, thorough),
    verify: (badgeId, earners, signal) => verifyHosted(pipeline, badgeId, earners, signal),
    checkEligibility: (badgeId, earner) => checkEligibility(pipeline, badgeId, earner),
    requireQuota: (count, signal, isAsked) => quota.require(count, signal, isAsked),
    evaluate: (earners, suppressEmail) => enqueueEarners(queues.earners, earners, 'awards', suppressEmail),
    async enqueueParts(badgeId, ids) {
      for (const id of ids) await enqueueBatch(pipeline, badgeId, id, 'first');
      notes.push({ outcome: 'split' });
    },
    sendAgain: (badgeId, id, signal) => sendAgain(pipeline, badgeId, id, signal),
    async issued(event, { earners }, due) {
      // Counted before anything can fail: a second run no longer knows what it was for, and does not count.
      for (const { award } of due?.values() ?? []) meter.count('palier_awards_issued_total', { award });
      await quota.spend(earners.length);
      await regionSync.noteIssued();
      notes.push({ outcome: 'issued', event, earners: earners.length, ...causesOf(due) });
    },
  };
}

function causesOf(due: DueAwards | null): Pick<Note, 'causes'> {
  if (due === null) return {};
  const causes = new Set([...due.values()].flatMap(({ cause }) => cause ?? []));
  return { causes: [...causes].slice(0, CAUSES_NAMED) };
}

/** How long a job takes at most to stand in failed once its batch was refused. */
const FAILS_MS = 5000;

async function sendAgain(
  { queues: { awards } }: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<void> {
  const job = batchJob(badgeId, batchId);
  // Beside one that is still active, a second job would be added: the first would stay in failed for nothing.
  await within(FAILS_MS, signal, async () => (await awards.getJobState(job.id)) !== 'active');
  await enqueue(awards, job);
}

/** Decided from the portfolio as it is now: minutes or hours may have passed since the award was due. */
async function checkEligibility(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
): Promise<Eligibility> {
  const [rules, person] = await Promise.all([pipeline.schemes.now(), readPerson(pipeline, earner)]);
  const judged = evaluateDuringRollout(
    rules,
    person.portfolio,
    person.lastSchemeGeneration,
    secondsOf(pipeline.clock),
  );
  const verdict = judged.evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  // The address was linked to another since: the badge is the person's, and goes where they are due it.
  if (person.earner !== earner) return { is: 'not-due', moved: true };
  const due = judged.due.find(({ award }) => award.badgeId === badgeId);
  if (due === undefined || isInFlightElsewhere(person, badgeId)) return { is: 'not-due' };
  const contact = contactFor(person, due.earnedBy);
  if (contact === null) return { is: 'not-due' };
  const { award, version, earnedBy } = due;
  const cause = causeOf(person, badgeId);
  return {
    is: 'due',
    award: { award: award.id, version, earnedBy: earnedBy.map(({ id }) => id), cause, contact },
  };
}

function causeOf({ earner, records }: Person, badgeId: BadgeId): string | null {
  const own = records.find(({ key, badgeId: of }) => key === earner && of === badgeId)?.record;
  return own !== undefined && 'cause' in own ? (own.cause ?? null) : null;
}
