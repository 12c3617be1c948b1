import { markAssertion } from '../../earners/assertions.js';
import { journalEntry } from '../../earners/journal-entry.js';
import { earnerKeyOf, linkedRecords, readPerson } from '../../earners/person.js';
import type { BadgeId, EarnerKey, EventId } from '../../ids.js';
import { noteIn } from '../../issuing/send.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import { enqueue, enqueueEarners } from '../../queue/enqueue.js';
import { revokeJobId } from '../../queue/jobs.js';
import type { Award } from '../../rules/types.js';
import { decide, type Decision } from '../decide.js';
import type { Pipeline } from '../pipeline.js';

/**
 * What follows a revocation: of a partner's badge that an award was earned by (`on_loss`), or of an award by hand
 * (blocked, until ops lifts that).
 */

/** An award as it was given to one address. */
interface GivenAward {
  readonly badgeId: BadgeId;
  readonly earner: EarnerKey;
}

/** What follows when a held award's rule is not met any more by revocation, as its `on_loss` says. */
export async function handleLostAward(pipeline: Pipeline, decision: Decision, award: Award, cause: string) {
  const { badgeId, onLoss } = award;
  if (onLoss === 'keep') return;
  if (onLoss === 'flag') return addFlag(pipeline, decision, award, cause);
  // It is taken back under the address that it was given to.
  const { earner, records } = decision.person;
  const given = records.find((one) => one.badgeId === badgeId && 'event' in one.record)?.key ?? earner;
  await enqueueRevocation(pipeline, { badgeId, earner: given });
}

/** Has an award taken back that OBF shows at this address. */
export const enqueueRevocation = ({ queues: { awards } }: Pipeline, { badgeId, earner }: GivenAward) =>
  enqueue(awards, {
    id: revokeJobId(earner, badgeId),
    name: 'revoke',
    data: { kind: 'revoke', badgeId, earner },
  });

async function addFlag(
  { flags, clock, log }: Pipeline,
  { person: { earner }, evaluation }: Decision,
  { id: award, badgeId }: Award,
  cause: string,
): Promise<void> {
  const event = evaluation.awards.find((one) => one.award.badgeId === badgeId)?.heldBy?.eventId ?? null;
  const { version } = evaluation;
  const isNew = await flags.add({ earner, badgeId, atS: secondsOf(clock) }, (sinceS) =>
    journalEntry('flagged', sinceS, { earner, award, badgeId, version, cause, event }),
  );
  if (isNew) log.warn({ earner, award }, 'award flagged: a badge that earned it was revoked');
}

/**
 * Takes one award back through OBF, if it still is lost now, and was given by us. The ledger says so first: were we
 * stopped after OBF had done it, the revocation would look like a human's, and block the award. Until OBF has answered,
 * the award counts as held; so it is not given a second time.
 */
export const revokeAward: JobHandler<Pipeline, GivenAward> = async (pipeline, award, signal) => {
  const { badgeId, earner } = award;
  const event = await startRevoking(pipeline, award, signal);
  if (event !== null) {
    await takeBack(pipeline, award, event, signal);
    // The rule may have been met again meanwhile, while the award still counted as held.
    await enqueueEarners(pipeline.queues.earners, [earner], 'revocation');
  }
  return { did: 'revocation looked into', facts: { badge: badgeId, earner } };
};

/** Null: it is not to be taken back any more. */
async function startRevoking(pipeline: Pipeline, { badgeId, earner }: GivenAward, signal: AbortSignal) {
  const { ledger, regionAccount } = pipeline;
  const before = await ledger.read(earner, badgeId);
  if (before?.state === 'revoking') return before.event;
  // What a human gave is not ours to take; OBF keeps our note with what we gave.
  const given = before?.state === 'issued' ? await regionAccount.event(before.event, signal) : null;
  const isOurs = noteIn(given?.logEntry) !== null;
  const decision = await decide(pipeline, earner);
  const award = decision.lost.find((one) => one.badgeId === badgeId);
  if (award === undefined) return null;
  // `on_loss` may be another by now.
  if (award.onLoss !== 'revoke') await handleLostAward(pipeline, decision, award, 'revocation');
  else if (!isOurs) await addFlag(pipeline, decision, award, 'revocation');
  else {
    const record = await ledger.apply(earner, badgeId, { type: 'start-revoking' });
    return record.state === 'revoking' ? record.event : null;
  }
  return null;
}

/** OBF is asked who has it: the address is the one that was issued to, and once revoked is enough. */
async function takeBack(
  pipeline: Pipeline,
  { badgeId, earner }: GivenAward,
  event: EventId,
  signal: AbortSignal,
): Promise<void> {
  const { earners, regionAccount, ledger, clock, vault, log } = pipeline;
  const { recipients } = await regionAccount.recipientsOf(event, signal);
  // It may have gone to another address of the person than the one that it is recorded under.
  const keys = await linkedRecords(earners, [earner]);
  const theirs = recipients
    .map((recipient) => ({ ...recipient, key: earnerKeyOf(vault, recipient.email) }))
    .filter(({ key }) => keys.has(key));
  const valid = theirs.filter(({ revoked }) => !revoked).map(({ email }) => email);
  signal.throwIfAborted();
  if (valid.length > 0) await regionAccount.revoke(event, valid, signal);
  for (const { key, assertionId } of theirs) await markAssertion(earners, key, assertionId, 'revoked');
  const award = awardIdOf(pipeline, badgeId);
  await ledger.apply(earner, badgeId, { type: 'revoked-by-machine' }, () =>
    journalEntry('revoked', secondsOf(clock), { earner, award, badgeId, event }),
  );
  log.warn({ earner, badge: badgeId, event }, 'award revoked: its rule is no longer met');
}

const awardIdOf = ({ scheme }: Pipeline, badgeId: BadgeId) =>
  scheme.awards.find((one) => one.badgeId === badgeId)?.id ?? null;

/** Says once that a human revoked an award, and since when it is not given again. */
export async function recordBlocked(
  { ledger, log }: Pipeline,
  { person: { earner, portfolio, records }, evaluation: { awards, version } }: Decision,
  cause: string,
): Promise<void> {
  for (const { award, status } of awards) {
    const { id, badgeId } = award;
    const isKnown = records.some((one) => one.badgeId === badgeId && one.record.state === 'blocked');
    if (status !== 'blocked' || isKnown) continue;
    const event = portfolio.held.findLast((one) => one.badgeId === badgeId && one.revoked)?.eventId ?? null;
    const about = { earner, award: id, badgeId, version, cause, event };
    const blocked = await ledger.applyIfPossible(earner, badgeId, { type: 'revoked-by-human' }, ({ atS }) =>
      journalEntry('blocked', atS, about),
    );
    if (blocked !== null) log.warn({ earner, badge: badgeId }, 'award blocked: it was revoked by hand');
  }
}

/**
 * Lifts the block of an award that was revoked by hand: it is given again as soon as its rule is met.
 * @returns false when it was not blocked
 */
export async function unblockAward(pipeline: Pipeline, asked: EarnerKey, badgeId: BadgeId): Promise<boolean> {
  const { ledger, queues, clock, log } = pipeline;
  const { earner, records, portfolio } = await readPerson(pipeline, asked);
  if (!portfolio.blocked.includes(badgeId)) return false;
  const revoked = portfolio.held.filter((assertion) => assertion.badgeId === badgeId && assertion.revoked);
  const events = revoked.flatMap(({ eventId }) => eventId ?? []);
  const known = records.filter((one) => one.badgeId === badgeId && one.record.state === 'blocked');
  // A block that no evaluation has written down yet is written down, to be lifted.
  if (known.length === 0) await ledger.applyIfPossible(earner, badgeId, { type: 'revoked-by-human' });
  const award = awardIdOf(pipeline, badgeId);
  const lifted = known.length === 0 ? [earner] : known.map(({ key }) => key);
  for (const [nth, key] of lifted.entries())
    await ledger.apply(key, badgeId, { type: 'unblock', events }, () =>
      // It is told once of the person, under whichever address.
      nth > 0
        ? null
        : journalEntry('unblocked', secondsOf(clock), { earner: key, award, badgeId, cause: 'ops' }),
    );
  log.warn({ earner, badge: badgeId }, 'block lifted');
  await enqueueEarners(queues.earners, [earner], 'unblock');
  return true;
}
