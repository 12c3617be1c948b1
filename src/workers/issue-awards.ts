import type { BadgeId, BatchId, EarnerKey, EventId } from '../ids.js';
import { issueBatch } from '../issuing/issue.js';
import type { DueAwards, Issuing, Standing } from '../issuing/types.js';
import { secondsOf } from '../platform/clock.js';
import { enqueue, type NewJob } from '../queue/enqueue.js';
import { evaluateDuringRollout } from '../rules/rollout.js';
import type { BatchDone, BatchOutcome } from './count-batches.js';
import { enqueueEarners } from './enqueue-earners.js';
import { batchJob, enqueueBatch } from './gather-awards.js';
import { contactFor, isUnderWayElsewhere, readPerson, type Person } from '../earners/person.js';
import type { Pipeline } from './pipeline.js';
import { within } from './in-flight.js';
import { verifyHosted } from './verify-hosted.js';

/** Issues one batch; whoever got an award is evaluated again, since it can complete another. */
export async function issueAwards(
  pipeline: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<BatchDone> {
  const told: Told[] = [];
  await issueBatch(issuingOf(pipeline, told), badgeId, batchId, signal);
  const { outcome, ...facts } = told.find((one) => one.outcome === 'issued') ?? told[0] ?? NOTHING;
  return { did: WORDS[outcome], outcome, facts: { badge: badgeId, batch: batchId, ...facts } };
}

/** What became known on the way. */
interface Told {
  readonly outcome: BatchOutcome;
  readonly event?: EventId;
  readonly earners?: number;
  /** What set it off, for whom: some of them. */
  readonly causes?: readonly string[];
}

const NOTHING: Told = { outcome: 'nothing' };
const WORDS: Readonly<Record<BatchOutcome, string>> = {
  issued: 'awards issued',
  split: 'batch split',
  nothing: 'nothing left to issue',
};
/** How many causes a line names. */
const CAUSES_NAMED = 20;

function issuingOf(pipeline: Pipeline, told: Told[]): Issuing {
  const { regionAccount, ledger, batches, memory, mirror, queues, quota, clock, pace, reached } = pipeline;
  const { replicas, holds, outbox } = pipeline;
  return {
    account: regionAccount,
    ledger,
    batches,
    holds,
    holdPace: pace,
    waiting: (badgeId) => outbox.waiting(badgeId),
    memory,
    isHeld: () => replicas.isReplicated(),
    clock,
    reached,
    sendWithinMs: pace.sendWithinMs,
    settleMs: pace.settleMs,
    verify: (badgeId, earners, signal) => verifyHosted(pipeline, badgeId, earners, signal),
    standingOf: (badgeId, earner) => standingOf(pipeline, badgeId, earner),
    evaluate: (earners, quiet) => enqueueEarners(queues.earners, earners, 'awards', quiet),
    async enqueueParts(badgeId, ids) {
      for (const id of ids) await enqueueBatch(pipeline, badgeId, id, 'first');
      told.push({ outcome: 'split' });
    },
    sendAgain: (badgeId, id, signal) => sendAgain(pipeline, batchJob(badgeId, id), signal),
    requireQuota: (count, signal, now) => quota.require(count, signal, now),
    lookInObf: (signal, thorough) => mirror.refresh(signal, thorough),
    ...tellersOf(pipeline, told),
  };
}

/** How long a job takes at most to stand in failed once its batch was refused. */
const FAILS_MS = 5000;

async function sendAgain({ queues: { awards } }: Pipeline, job: NewJob, signal: AbortSignal): Promise<void> {
  // Beside one that is still active, a second job would be added: the first would stay in failed for nothing.
  await within(FAILS_MS, signal, async () => (await awards.getJobState(job.id)) !== 'active');
  await enqueue(awards, job);
}

/** What is told of a batch in the job's line. */
function tellersOf({ quota, mirror, meter }: Pipeline, told: Told[]): Pick<Issuing, 'issued'> {
  return {
    async issued(event, { earners }, due) {
      // Before anything can fail: a second telling no longer knows what it was for, and is not counted.
      for (const { award } of due?.values() ?? []) meter.count('palier_awards_issued_total', { award });
      await quota.spend(earners.length);
      await mirror.outdate();
      told.push({ outcome: 'issued', event, earners: earners.length, ...causesOf(due) });
    },
  };
}

function causesOf(due: DueAwards | null): Pick<Told, 'causes'> {
  if (due === null) return {};
  const causes = new Set([...due.values()].flatMap(({ cause }) => cause ?? []));
  return { causes: [...causes].slice(0, CAUSES_NAMED) };
}

/** Decided from the portfolio as it is at this instant: minutes or hours may have passed since it was due. */
async function standingOf(pipeline: Pipeline, badgeId: BadgeId, earner: EarnerKey): Promise<Standing> {
  const [rules, person] = await Promise.all([pipeline.schemes.now(), readPerson(pipeline, earner)]);
  const judged = evaluateDuringRollout(rules, person.portfolio, person.touched, secondsOf(pipeline.clock));
  const verdict = judged.evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  // The address was linked to another since: the badge is the person's, and goes where that one is due it.
  if (person.earner !== earner) return { is: 'not-due', moved: true };
  const due = judged.due.find(({ award }) => award.badgeId === badgeId);
  if (due === undefined || isUnderWayElsewhere(person, badgeId)) return { is: 'not-due' };
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
