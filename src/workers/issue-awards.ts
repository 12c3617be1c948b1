import type { BadgeId, BatchId, EarnerKey } from '../ids.js';
import { issueBatch } from '../issuing/issue.js';
import type { Issuing, Standing } from '../issuing/types.js';
import { secondsOf } from '../platform/clock.js';
import { judgeUnder, type Rules } from '../rules/change.js';
import { entriesOf } from './account.js';
import { enqueueEarners } from './enqueue-earners.js';
import { enqueueBatch } from './gather-awards.js';
import { contactFor, isUnderWayElsewhere, readPerson, type Person } from './person.js';
import type { Pipeline } from './pipeline.js';

/** Issues one batch; whoever got an award is evaluated again, since it can complete another. */
export async function issueAwards(
  pipeline: Pipeline,
  badgeId: BadgeId,
  batchId: BatchId,
  signal: AbortSignal,
): Promise<void> {
  await issueBatch(issuingOf(pipeline, await pipeline.schemes.now()), badgeId, batchId, signal);
}

function issuingOf(pipeline: Pipeline, rules: Rules): Issuing {
  const { regionAccount, ledger, batches, memory, mirror, queues, quota, clock, pace, reached } = pipeline;
  return {
    account: regionAccount,
    ledger,
    batches,
    memory,
    clock,
    reached,
    sendWithinMs: pace.sendWithinMs,
    settleMs: pace.settleMs,
    standingOf: (badgeId, earner) => standingOf(pipeline, rules, badgeId, earner),
    evaluate: (earners) => enqueueEarners(queues.earners, earners, 'awards'),
    enqueueBatch: (badgeId, id) => enqueueBatch(pipeline, badgeId, id),
    requireQuota: (count, signal) => quota.require(count, signal),
    lookInObf: (signal, thorough) => mirror.refresh(signal, thorough),
    ...tellersOf(pipeline),
  };
}

/** What is told of a batch: in the log, and in the account. */
function tellersOf({ quota, audit, clock, log }: Pipeline): Pick<Issuing, 'issued' | 'refused'> {
  return {
    async issued(event, { id, badgeId, earners }, due) {
      await quota.spend(earners.length);
      // Without what it was for, it is entered when the Région's account is read: OBF keeps our note.
      if (due !== null) await audit.write(entriesOf('issued', secondsOf(clock), badgeId, due, { event }));
      log.info({ event, batch: id, badge: badgeId, earners: earners.length }, 'awards issued');
    },
    refused: ({ badgeId }, due, why) =>
      audit.write(entriesOf('refused', secondsOf(clock), badgeId, due, { detail: why })),
  };
}

/** Decided from the portfolio as it is at this instant: minutes or hours may have passed since it was due. */
async function standingOf(
  pipeline: Pipeline,
  rules: Rules,
  badgeId: BadgeId,
  earner: EarnerKey,
): Promise<Standing> {
  const person = await readPerson(pipeline, earner);
  const judged = judgeUnder(rules, person.portfolio, person.touched, secondsOf(pipeline.clock));
  const verdict = judged.evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  // The address was linked to another since: the badge is the person's, and goes where that one is due it.
  if (person.earner !== earner) return { is: 'not-due', moved: true };
  const due = judged.due.find(({ award }) => award.badgeId === badgeId);
  if (due === undefined || isUnderWayElsewhere(person, badgeId)) return { is: 'not-due' };
  const contact = await contactFor(pipeline.portfolios, person, due.earnedBy);
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
