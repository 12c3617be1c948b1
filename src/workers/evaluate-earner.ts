import { readPerson, type Person } from '../earners/person.js';
import { enqueueAward } from '../issuing/ledger.js';
import { enqueue } from '../queue/enqueue.js';
import { scheduledEarnerJobId, type EarnerJob } from '../queue/jobs.js';
import type { JobHandler } from '../platform/job.js';
import { MAX_FUTURE_S } from '../rules/countable.js';
import { decide, type Decision } from './decide.js';
import { gatherSoon } from './issue/gather-awards.js';
import { REGION_READ } from '../issuing/region-account-sync.js';
import type { Pipeline } from './pipeline.js';
import { handleLostAward, recordBlocked } from './issue/revocation.js';

/** Decides one earner's awards anew from the whole portfolio, and enqueues the due awards. Idempotent. */
export const evaluateEarner: JobHandler<Pipeline, EarnerJob> = async (pipeline, job, signal) => {
  const { meter, regionSync, pace } = pipeline;
  const { cause, suppressEmail = false } = job;
  const startedMs = performance.now();
  let decision = await decide(pipeline, job.earner);
  if (await releaseOrphanedClaims(pipeline, decision.person, signal))
    decision = await decide(pipeline, job.earner);
  meter.time('palier_evaluation_duration_seconds', {}, performance.now() - startedMs);
  signal.throwIfAborted();
  await clearReviewFlags(pipeline, decision);
  for (const award of decision.lost) await handleLostAward(pipeline, decision, award, cause);
  await recordBlocked(pipeline, decision, cause);
  const gathering = await enqueueAward(pipeline, decision, { cause, suppressEmail });
  for (const badgeId of gathering) await gatherSoon(pipeline, badgeId);
  await evaluateLater(pipeline, decision, cause);
  // A badge issued by hand may complete a rule. A due award needs no sync here: its batch reads OBF before it is sent.
  if (gathering.length === 0 && cause !== REGION_READ)
    await regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal);
  const { person, due, waiting } = decision;
  const outcome = due.length > 0 ? 'due' : waiting.size > 0 ? 'waiting' : 'nothing';
  meter.count('palier_evaluations_total', { outcome });
  const facts = { earner: person.earner, cause, due: due.map(({ award }) => award.id) };
  // `waiting`: awards due by changed rules that are not in force yet.
  return { did: 'earner evaluated', facts: waiting.size === 0 ? facts : { ...facts, waiting: [...waiting] } };
};

/**
 * Ends the claims of lost batches, since nobody would ever send them. After a fail-over, Redis may have a claim without
 * its batch (decision 10). Reads the Région's whole account: awards found there become issued, the others due again.
 * @returns whether there were any such claims; then the person must be decided anew
 */
async function releaseOrphanedClaims(pipeline: Pipeline, { earner, records }: Person, signal: AbortSignal) {
  const { batches, ledger, regionSync, log } = pipeline;
  const claims = records.flatMap(({ key, badgeId, record }) =>
    record.state === 'claimed' || record.state === 'unknown' ? [{ key, badgeId, batch: record.batch }] : [],
  );
  const found = await Promise.all(claims.map(({ badgeId, batch }) => batches.find(badgeId, batch)));
  const orphans = claims.filter((_, at) => found[at] === null);
  if (orphans.length === 0) return false;
  const lostBatches = orphans.map(({ batch }) => batch);
  await regionSync.syncAfterLoss(lostBatches, signal);
  const { portfolio } = await readPerson(pipeline, earner);
  for (const { key, badgeId, batch } of orphans) {
    const event = portfolio.held.find((one) => one.badgeId === badgeId && !one.revoked)?.eventId ?? null;
    const fields = { earner: key, badge: badgeId, batch, event };
    log.warn(fields, 'a batch is gone with a lost Redis: its award is due again, or was given');
    // Changes nothing if the batch ended properly since the record was read.
    const end = event === null ? ({ type: 'release', batch } as const) : ({ type: 'record', event } as const);
    await ledger.applyIfPossible(key, badgeId, end);
  }
  return true;
}

/** Removes the review flags of awards that are no longer lost. */
async function clearReviewFlags({ flags }: Pipeline, { person, evaluation, lost }: Decision): Promise<void> {
  const stillLost = new Set(lost.map(({ badgeId }) => badgeId));
  const notLost = evaluation.awards.map(({ award }) => award.badgeId).filter((id) => !stillLost.has(id));
  for (const { key, record } of person.addresses) {
    const flagged = notLost.filter((id) => record.flags.has(id));
    if (flagged.length > 0) await flags.remove(key, flagged);
  }
}

/**
 * Enqueues the next evaluation for when time alone may meet a rule, at most a day ahead. That evaluation enqueues
 * another one, so a date further ahead is not missed.
 */
async function evaluateLater(
  { queues }: Pipeline,
  { person: { earner }, evaluation: { nowS, evaluateAgainAtS } }: Decision,
  cause: string,
): Promise<void> {
  if (evaluateAgainAtS === null) return;
  const waitS = Math.min(MAX_FUTURE_S, evaluateAgainAtS - nowS);
  const data = { earner, cause };
  await enqueue(queues.earners, {
    id: scheduledEarnerJobId(earner),
    name: 'evaluate',
    data,
    delayMs: waitS * 1000,
  });
}
