import { markAssertion } from '../../earners/assertions.js';
import { journalEntry } from '../../earners/journal-entry.js';
import { earnerKeyOf, linkedRecords, readPerson } from '../../earners/person.js';
import type { BadgeId, EarnerKey, EventId } from '../../ids.js';
import { noteIn } from '../../issuing/send.js';
import { secondsOf } from '../../platform/clock.js';
import type { JobHandler } from '../../platform/job.js';
import { enqueueEarners, enqueueRevocation } from '../../queue/enqueue.js';
import type { Award } from '../../rules/types.js';
import { decide, type Decision } from '../decide.js';
import type { Pipeline } from '../pipeline.js';

/** Handles revocations: of a partner's badge that earned an award, and of an award itself, by a human. */

/** An award as it was issued to one address. */
interface IssuedAward {
  readonly badgeId: BadgeId;
  readonly earner: EarnerKey;
}

/** Keeps, flags or revokes an award that a revocation has lost, by its `on_loss`. Idempotent. */
export async function handleLostAward(pipeline: Pipeline, decision: Decision, award: Award, cause: string) {
  const { badgeId, onLoss } = award;
  if (onLoss === 'keep') return;
  if (onLoss === 'flag') return addFlag(pipeline, decision, award, cause);
  const { earner, records } = decision.person;
  const issued = records.find((one) => one.badgeId === badgeId && 'event' in one.record);
  const isBegun = issued?.record.state === 'revoking';
  await enqueueRevocation(pipeline.queues.awards, issued?.key ?? earner, badgeId, isBegun);
}

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
 * Revokes one award through OBF, if it is still lost and was issued by Palier. Idempotent.
 * The ledger records `revoking` before the call: without that, a stop would make the revocation look like a human's.
 * Until OBF answers, the award counts as held, so it is not issued a second time.
 */
export const revokeAward: JobHandler<Pipeline, IssuedAward> = async (pipeline, award, signal) => {
  const { badgeId, earner } = award;
  const event = await startRevoking(pipeline, award, signal);
  if (event !== null) {
    await revokeInObf(pipeline, award, event, signal);
    // The rule may have been met again while the award counted as held.
    await enqueueEarners(pipeline.queues.earners, [earner], 'revocation');
  }
  return { did: 'revocation looked into', facts: { badge: badgeId, earner } };
};

/** Records that an award is being revoked. @returns the event that issued it; null: it is not to be revoked now */
async function startRevoking(pipeline: Pipeline, { badgeId, earner }: IssuedAward, signal: AbortSignal) {
  const { ledger, regionAccount } = pipeline;
  const before = await ledger.read(earner, badgeId);
  if (before?.state === 'revoking') return before.event;
  // Palier does not revoke an award issued by hand. An event of ours has our note in its `log_entry`.
  const issuing = before?.state === 'issued' ? await regionAccount.event(before.event, signal) : null;
  const isOurs = noteIn(issuing?.logEntry) !== null;
  const decision = await decide(pipeline, earner);
  const award = decision.lost.find((one) => one.badgeId === badgeId);
  if (award?.onLoss === 'revoke' && isOurs) {
    // Not possible when another run was first: that one revokes it.
    const record = await ledger.applyIfPossible(earner, badgeId, { type: 'start-revoking' });
    return record?.state === 'revoking' ? record.event : null;
  }
  // `on_loss` may have changed since the job was enqueued.
  if (award?.onLoss === 'revoke') await addFlag(pipeline, decision, award, 'revocation');
  else if (award !== undefined) await handleLostAward(pipeline, decision, award, 'revocation');
  return null;
}

/** Revokes the award in OBF at the person's addresses that hold it. Reads OBF first: a repeated run revokes none. */
async function revokeInObf(
  pipeline: Pipeline,
  { badgeId, earner }: IssuedAward,
  event: EventId,
  signal: AbortSignal,
): Promise<void> {
  const { earners, regionAccount, ledger, clock, vault, log } = pipeline;
  const { recipients } = await regionAccount.recipientsOf(event, signal);
  // The award may have gone to another address of the person than the ledger's.
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

/** Records, once for each award, that a human revoked it and that it is blocked. */
export async function recordBlocked(
  { ledger, log }: Pipeline,
  { person: { earner, portfolio, records }, evaluation: { awards, version } }: Decision,
  cause: string,
): Promise<void> {
  for (const { award, status } of awards) {
    const { id, badgeId } = award;
    const isRecorded = records.some((one) => one.badgeId === badgeId && one.record.state === 'blocked');
    if (status !== 'blocked' || isRecorded) continue;
    const event = portfolio.held.findLast((one) => one.badgeId === badgeId && one.revoked)?.eventId ?? null;
    const entry = { earner, award: id, badgeId, version, cause, event };
    const blocked = await ledger.applyIfPossible(earner, badgeId, { type: 'revoked-by-human' }, ({ atS }) =>
      journalEntry('blocked', atS, entry),
    );
    if (blocked !== null) log.warn({ earner, badge: badgeId }, 'award blocked: it was revoked by hand');
  }
}

/**
 * Lifts the block of an award that was revoked by hand. It is issued again once its rule is met.
 * @param key of any address of the person
 * @returns false when it was not blocked
 */
export async function unblockAward(pipeline: Pipeline, key: EarnerKey, badgeId: BadgeId): Promise<boolean> {
  const { ledger, queues, clock, log } = pipeline;
  const { earner, records, portfolio } = await readPerson(pipeline, key);
  if (!portfolio.blocked.includes(badgeId)) return false;
  const revoked = portfolio.held.filter((assertion) => assertion.badgeId === badgeId && assertion.revoked);
  const events = revoked.flatMap(({ eventId }) => eventId ?? []);
  const recorded = records.filter((one) => one.badgeId === badgeId && one.record.state === 'blocked');
  // Only a recorded block can be lifted, and no evaluation may have recorded it yet.
  if (recorded.length === 0) await ledger.applyIfPossible(earner, badgeId, { type: 'revoked-by-human' });
  const award = awardIdOf(pipeline, badgeId);
  const blocked = recorded.length === 0 ? [earner] : recorded.map((one) => one.key);
  for (const [at, address] of blocked.entries())
    await ledger.apply(address, badgeId, { type: 'unblock', events }, () =>
      // One journal entry for the person, under the first address.
      at > 0
        ? null
        : journalEntry('unblocked', secondsOf(clock), { earner: address, award, badgeId, cause: 'ops' }),
    );
  log.warn({ earner, badge: badgeId }, 'block lifted');
  await enqueueEarners(queues.earners, [earner], 'unblock');
  return true;
}
