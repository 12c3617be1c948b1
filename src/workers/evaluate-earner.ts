import type { AwardRecord } from '../earners/record.js';
import type { BadgeId, EarnerKey } from '../ids.js';
import { applyIfPossible } from '../issuing/ledger.js';
import { enqueue } from '../queue/enqueue.js';
import { gatherJobId, laterJobId, type EarnerJob } from '../queue/jobs.js';
import { AHEAD_S } from '../rules/countable.js';
import { entryOf } from './account.js';
import { decide, type Decision } from './decide.js';
import type { Done } from './done.js';
import { freeOrphans, recordHeld } from './free-orphans.js';
import { enqueueGather } from './gather-awards.js';
import { followLoss } from './lose-award.js';
import { journalOf } from '../earners/person.js';
import { REGION_READ } from '../issuing/mirror.js';
import type { Pipeline } from './pipeline.js';
import { putIntoOutbox } from '../issuing/put-into-outbox.js';

/** Decides one earner's awards anew from the whole portfolio, and puts what is due into the outbox. */
export async function evaluateEarner(pipeline: Pipeline, job: EarnerJob, signal: AbortSignal): Promise<Done> {
  const startedMs = performance.now();
  const decision = await decideAll(pipeline, job.earner, signal);
  pipeline.meter.time('palier_evaluation_duration_seconds', {}, performance.now() - startedMs);
  signal.throwIfAborted();
  await lowerFlags(pipeline, decision);
  for (const award of decision.lost) await followLoss(pipeline, decision, award, job.cause);
  await recordBlocked(pipeline, decision, job.cause);
  const waiting = await putIntoOutbox(pipeline, decision, { cause: job.cause, quiet: job.quiet ?? false });
  for (const [badgeId, count] of waiting) await gatherSoon(pipeline, badgeId, count);
  await evaluateLater(pipeline, decision, job.cause);
  if (waiting.size === 0 && job.cause !== REGION_READ) await lookForAwardsByHand(pipeline, signal);
  pipeline.meter.count('palier_evaluations_total', { outcome: outcomeOf(decision) });
  return { did: 'earner evaluated', facts: toldOf(decision, job.cause) };
}

/** Nothing of a person's is left with a batch that is gone. */
async function decideAll(pipeline: Pipeline, earner: EarnerKey, signal: AbortSignal): Promise<Decision> {
  const decision = await decide(pipeline, earner);
  if (!(await freeOrphans(pipeline, decision.person, signal))) return decision;
  const anew = await decide(pipeline, earner);
  await recordHeld(pipeline, anew.person);
  return anew;
}

/**
 * Has a person evaluated again when a badge that is dated in the future begins to count. The job waits a
 * day at most, and is the next one's cause: a date that lies further ahead then cannot pass before it.
 */
async function evaluateLater(
  { queues }: Pipeline,
  { person, evaluation }: Decision,
  cause: string,
): Promise<void> {
  const dates = evaluation.excluded.flatMap(({ assertion, reason }) =>
    reason.why === 'future' ? [assertion.issuedOnS] : [],
  );
  if (dates.length === 0) return;
  const waitS = Math.min(AHEAD_S, Math.min(...dates) - AHEAD_S - evaluation.nowS);
  const { earner } = person;
  const data = { earner, cause };
  await enqueue(queues.earners, { id: laterJobId(earner), name: 'evaluate', data, delayMs: waitS * 1000 });
}

/**
 * A badge that the Région gave by hand may complete a rule: whoever has it is evaluated again. Where an award is due, OBF
 * is looked at before it is issued; after a reading of the account there is nothing new.
 */
const lookForAwardsByHand = ({ mirror, pace }: Pipeline, signal: AbortSignal): Promise<void> =>
  mirror.refreshIfOlder(pace.mirrorMaxAgeMs, signal);

function outcomeOf({ due, waiting }: Decision): 'due' | 'waiting' | 'nothing' {
  if (due.length > 0) return 'due';
  return waiting.size > 0 ? 'waiting' : 'nothing';
}

/** `waiting`: due by changed rules that are not in force yet. */
function toldOf({ person: { earner }, due, waiting }: Decision, cause: string): Record<string, unknown> {
  const told = { earner, cause, due: due.map(({ award }) => award.id) };
  return waiting.size === 0 ? told : { ...told, waiting: [...waiting] };
}

/** Looks for more after a short quiet; a full batch leaves at once. */
async function gatherSoon(pipeline: Pipeline, badgeId: BadgeId, waiting: number): Promise<void> {
  const { queues, pace } = pipeline;
  const full = waiting >= pace.batchMax;
  await enqueueGather(pipeline, badgeId, full ? 0 : pace.quietMs);
  if (!full) return;
  const job = await queues.awards.getJob(gatherJobId(badgeId));
  if (job !== undefined && (await job.isDelayed())) await job.promote();
}

/** Of the awards whose rules are met again, or that are held no more. */
async function lowerFlags({ flags }: Pipeline, { person, evaluation, lost }: Decision): Promise<void> {
  const stillLost = new Set(lost.map(({ badgeId }) => badgeId));
  const well = evaluation.awards.map(({ award }) => award.badgeId).filter((id) => !stillLost.has(id));
  for (const { key, record } of person.addresses) {
    const raised = well.filter((id) => record.flags.has(id));
    if (raised.length > 0) await flags.lower(key, raised);
  }
}

/** Says once that a human revoked an award, and since when it is not given again. */
async function recordBlocked(
  { ledger, journal, log }: Pipeline,
  { person, evaluation }: Decision,
  cause: string,
): Promise<void> {
  const { earner, portfolio, records } = person;
  for (const { award, status } of evaluation.awards) {
    if (status !== 'blocked') continue;
    const { id, badgeId } = award;
    const event = portfolio.held.findLast((one) => one.badgeId === badgeId && one.revoked)?.eventId ?? null;
    const { version } = evaluation;
    const tell = ({ atS }: AwardRecord) =>
      entryOf('blocked', atS, { earner, award: id, badgeId, version, cause, event });
    const known = records.find((one) => one.badgeId === badgeId && one.record.state === 'blocked');
    if (known === undefined) {
      const blocked = await applyIfPossible(ledger, earner, badgeId, { type: 'revoked-by-human' }, tell);
      if (blocked !== null) log.warn({ earner, badge: badgeId }, 'award blocked: it was revoked by hand');
    } else if (!journalOf(person).some((one) => one.kind === 'blocked' && one.badgeId === badgeId))
      await journal.write([tell(known.record)]);
  }
}
