import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import { issueBatch } from '../issuing/issue.js';
import type { Issuing, Standing } from '../issuing/types.js';
import { secondsOf } from '../platform/clock.js';
import { earnedThrough } from '../rules/earned.js';
import { evaluate } from '../rules/evaluate.js';
import { enqueueEarners } from './enqueue-earners.js';
import { enqueueBatch } from './gather-awards.js';
import type { Pipeline } from './pipeline.js';
import { readPortfolio } from './read-portfolio.js';

/** Issues one batch; whoever got an award is evaluated again, since it can complete another. */
export async function issueAwards(
  pipeline: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<void> {
  await issueBatch(issuingOf(pipeline), badgeId, batchId, signal);
}

function issuingOf(pipeline: Pipeline): Issuing {
  const { regionAccount, ledger, batches, memory, mirror, queues, quota, clock, log, pace, reached } =
    pipeline;
  return {
    account: regionAccount,
    ledger,
    batches,
    memory,
    clock,
    reached,
    sendWithinMs: pace.sendWithinMs,
    settleMs: pace.settleMs,
    standingOf: (badgeId, earner) => standingOf(pipeline, badgeId, earner),
    evaluate: (earners) => enqueueEarners(queues.earners, earners, 'awards'),
    enqueueBatch: (badgeId, id) => enqueueBatch(pipeline, badgeId, id),
    requireQuota: (count, signal) => quota.require(count, signal),
    lookInObf: (signal, thorough) => mirror.refresh(signal, thorough),
    async issued(event, { id, badgeId, earners }) {
      await quota.spend(earners.length);
      log.info({ event, batch: id, badge: badgeId, earners: earners.length }, 'awards issued');
    },
  };
}

/** Decided from the portfolio as it is at this instant: minutes or hours may have passed since it was due. */
async function standingOf(pipeline: Pipeline, badgeId: BadgeId, earner: EarnerKey): Promise<Standing> {
  const [portfolio, contact] = await Promise.all([
    readPortfolio(pipeline, earner),
    pipeline.portfolios.contactOf(earner),
  ]);
  const evaluation = evaluate(pipeline.scheme, portfolio, secondsOf(pipeline.clock));
  const verdict = evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  if (verdict?.status !== 'due' || contact === null) return { is: 'not-due' };
  const earnedBy = earnedThrough(evaluation, verdict.award.id).map(({ id }) => id);
  return { is: 'due', award: { award: verdict.award.id, version: evaluation.version, earnedBy, contact } };
}
