import { readPerson, type Person } from '../earners/person.js';
import { enqueueAward } from '../issuing/ledger.js';
import { enqueue } from '../queue/enqueue.js';
import { laterJobId, type EarnerJob } from '../queue/jobs.js';
import type { JobHandler } from '../platform/job.js';
import { AHEAD_S } from '../rules/countable.js';
import { decide, type Decision } from './decide.js';
import { gatherSoon } from './issue/gather-awards.js';
import { REGION_READ } from '../issuing/region-account-sync.js';
import type { Pipeline } from './pipeline.js';
import { handleLostAward, recordBlocked } from './issue/revocation.js';

/** Decides one earner's awards anew from the whole portfolio, and puts what is due into the outbox. */
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
  // A badge that the Région gave by hand may complete a rule. Where an award is due, OBF is looked at before it leaves.
  if (gathering.length === 0 && cause !== REGION_READ)
    await regionSync.syncIfStale(pace.mirrorMaxAgeMs, signal);
  const { person, due, waiting } = decision;
  const outcome = due.length > 0 ? 'due' : waiting.size > 0 ? 'waiting' : 'nothing';
  meter.count('palier_evaluations_total', { outcome });
  const facts = { earner: person.earner, cause, due: due.map(({ award }) => award.id) };
  // `waiting`: due by changed rules that are not in force yet.
  return { did: 'earner evaluated', facts: waiting.size === 0 ? facts : { ...facts, waiting: [...waiting] } };
};

/**
 * A server that takes over may know of a claim and not of the batch that made it (decision 10): nobody would ever send
 * it. The whole of the Région's account is read: what the batch had sent all the same is held then, and written down as
 * issued; the other awards are due again.
 * @returns whether there were any: the person is to be decided anew
 */
async function releaseOrphanedClaims(pipeline: Pipeline, { earner, records }: Person, signal: AbortSignal) {
  const { batches, ledger, regionSync, log } = pipeline;
  const claims = records.flatMap(({ key, badgeId, record }) =>
    record.state === 'claimed' || record.state === 'unknown' ? [{ key, badgeId, batch: record.batch }] : [],
  );
  const known = await Promise.all(claims.map(({ badgeId, batch }) => batches.find(badgeId, batch)));
  const orphans = claims.filter((_, at) => known[at] === null);
  if (orphans.length === 0) return false;
  const missed = orphans.map(({ batch }) => batch);
  await regionSync.syncAfterLoss(missed, signal);
  const { portfolio } = await readPerson(pipeline, earner);
  for (const { key, badgeId, batch } of orphans) {
    const event = portfolio.held.find((one) => one.badgeId === badgeId && !one.revoked)?.eventId ?? null;
    const about = { earner: key, badge: badgeId, batch, event };
    log.warn(about, 'a batch is gone with a lost Redis: its award is due again, or was given');
    // Not if its batch was ended properly since the record was read.
    const end = event === null ? ({ type: 'release', batch } as const) : ({ type: 'record', event } as const);
    await ledger.applyIfPossible(key, badgeId, end);
  }
  return true;
}

/** Of the awards whose rules are met again, or that are held no more. */
async function clearReviewFlags({ flags }: Pipeline, { person, evaluation, lost }: Decision): Promise<void> {
  const stillLost = new Set(lost.map(({ badgeId }) => badgeId));
  const well = evaluation.awards.map(({ award }) => award.badgeId).filter((id) => !stillLost.has(id));
  for (const { key, record } of person.addresses) {
    const flagged = well.filter((id) => record.flags.has(id));
    if (flagged.length > 0) await flags.remove(key, flagged);
  }
}

/**
 * Has a person evaluated again when time alone may have met a rule. The job waits a day at most, and is the next
 * one's cause: a date that lies further ahead then cannot pass before it.
 */
async function evaluateLater(
  { queues }: Pipeline,
  { person: { earner }, evaluation: { nowS, evaluateAgainAtS } }: Decision,
  cause: string,
): Promise<void> {
  if (evaluateAgainAtS === null) return;
  const waitS = Math.min(AHEAD_S, evaluateAgainAtS - nowS);
  const data = { earner, cause };
  await enqueue(queues.earners, { id: laterJobId(earner), name: 'evaluate', data, delayMs: waitS * 1000 });
}
