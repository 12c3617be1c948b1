import type { Queue } from 'bullmq';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import { applyIfPossible } from '../issuing/ledger.js';
import { gatherJobId } from '../queue/job-ids.js';
import type { EarnerJob } from '../queue/jobs.js';
import { secondsOf } from '../platform/clock.js';
import { evaluate } from '../rules/evaluate.js';
import { lostByRevocation } from '../rules/loss.js';
import type { AwardVerdict } from '../rules/verdict.js';
import type { Portfolio } from '../portfolio/portfolio.js';
import { enqueueGather } from './gather-awards.js';
import { followLoss } from './lose-award.js';
import type { Pipeline } from './pipeline.js';
import { readPortfolio } from './read-portfolio.js';

/** Decides one earner's awards anew from the whole portfolio, and puts what is due into the outbox. */
export async function evaluateEarner(pipeline: Pipeline, job: EarnerJob, signal: AbortSignal): Promise<void> {
  const { earner, cause } = job;
  await lookForAwardsByHand(pipeline, signal);
  const portfolio = await readPortfolio(pipeline, earner);
  const evaluation = evaluate(pipeline.scheme, portfolio, secondsOf(pipeline.clock));
  signal.throwIfAborted();
  const lost = lostByRevocation(pipeline.scheme, portfolio, evaluation);
  const well = evaluation.awards.map(({ award }) => award).filter(({ id }) => !lost.has(id));
  await pipeline.flags.lower(
    earner,
    well.map(({ badgeId }) => badgeId),
  );
  for (const verdict of evaluation.awards) {
    if (lost.has(verdict.award.id)) await followLoss(pipeline, earner, verdict.award);
    else await followUp(pipeline, earner, portfolio, verdict);
  }
  const due = evaluation.awards.filter(({ status }) => status === 'due').map(({ award }) => award.id);
  pipeline.log.info({ earner, cause, due }, 'earner evaluated');
}

/**
 * A badge that the Région gave by hand counts like ours, and may complete a rule. Not knowing of it yet
 * only delays: its own event brings the earner back here. So a fault of OBF does not stop deciding.
 */
async function lookForAwardsByHand({ mirror, pace, log }: Pipeline, signal: AbortSignal): Promise<void> {
  try {
    await mirror.refreshIfOlder(pace.mirrorMaxAgeMs, signal);
  } catch (err) {
    log.warn({ err }, "the Région's account cannot be read now; deciding on what is known");
  }
}

async function followUp(
  pipeline: Pipeline,
  earner: EarnerKey,
  { held }: Portfolio,
  { award: { badgeId }, status }: AwardVerdict,
): Promise<void> {
  if (status === 'blocked') await recordBlocked(pipeline, earner, badgeId);
  if (status !== 'due') return;
  const over = held
    .filter((assertion) => assertion.badgeId === badgeId)
    .flatMap(({ eventId }) => eventId ?? []);
  await putIntoOutbox(pipeline, earner, badgeId, over);
}

async function recordBlocked({ ledger, log }: Pipeline, earner: EarnerKey, badgeId: BadgeId): Promise<void> {
  const blocked = await applyIfPossible(ledger, earner, badgeId, { type: 'revoked-by-human' });
  if (blocked !== null) log.warn({ earner, badge: badgeId }, 'award blocked: it was revoked by hand');
}

/** An award that is already on its way in a batch stays there, and one that was issued meanwhile stays issued. */
async function putIntoOutbox(
  pipeline: Pipeline,
  earner: EarnerKey,
  badgeId: BadgeId,
  over: readonly EventId[],
): Promise<void> {
  const { ledger, outbox, queues, pace } = pipeline;
  const due = await applyIfPossible(ledger, earner, badgeId, { type: 'comes-due', over });
  if (due === null) return;
  const waiting = await outbox.put(badgeId, earner);
  const full = waiting >= pace.batchMax;
  await enqueueGather(pipeline, badgeId, full ? 0 : pace.gatherMs);
  if (full) await hurry(queues.awards, gatherJobId(badgeId));
}

/** A full batch leaves at once. */
async function hurry(awards: Queue, id: string): Promise<void> {
  const job = await awards.getJob(id);
  if (job !== undefined && (await job.isDelayed())) await job.promote();
}
