import type { BadgeId, EarnerKey, EventId } from '../../ids.js';
import { markAssertion } from '../../earners/assertions.js';
import { earnerKeyOf } from '../../earners/earner-key.js';
import { secondsOf } from '../../platform/clock.js';
import { enqueue, enqueueEarners } from '../../queue/enqueue.js';
import { revokeJobId } from '../../queue/jobs.js';
import type { Award } from '../../rules/types.js';
import { journalEntry } from '../../earners/journal-entry.js';
import { noteIn } from '../../issuing/log-entry.js';
import { decide, type Decision } from '../decide.js';
import type { JobResult } from '../../platform/logger.js';
import type { Pipeline } from '../pipeline.js';
import { linkedRecords } from '../../earners/person.js';

/** What follows when a held award's rule is not met any more by revocation, as its `on_loss` says. */
export async function handleLostAward(
  pipeline: Pipeline,
  decision: Decision,
  award: Award,
  cause: string,
): Promise<void> {
  const { badgeId, onLoss } = award;
  if (onLoss === 'keep') return;
  if (onLoss === 'flag') return addFlag(pipeline, decision, award, cause);
  // It is taken back under the address that it was given to.
  const { earner, records } = decision.person;
  const given = records.find((one) => one.badgeId === badgeId && 'event' in one.record)?.key ?? earner;
  const data = { kind: 'revoke', badgeId, earner: given };
  await enqueue(pipeline.queues.awards, { id: revokeJobId(given, badgeId), name: 'revoke', data });
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
 * Takes one award back through OBF, if it still is lost now, and was given by us. The ledger says so first: were we
 * stopped after OBF had done it, the revocation would look like a human's, and block the award. Until OBF has answered,
 * the award counts as held; so it is not given a second time.
 */
export async function revokeAward(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  signal: AbortSignal,
): Promise<JobResult> {
  const event = await startRevoking(pipeline, badgeId, earner, signal);
  if (event !== null) {
    await takeBack(pipeline, badgeId, earner, event, signal);
    // The rule may have been met again meanwhile, while the award still counted as held.
    await enqueueEarners(pipeline.queues.earners, [earner], 'revocation');
  }
  return { did: 'revocation looked into', facts: { badge: badgeId, earner } };
}

/** Null: it is not to be taken back any more. */
async function startRevoking(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  signal: AbortSignal,
): Promise<EventId | null> {
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
  badgeId: BadgeId,
  earner: EarnerKey,
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
  const award = pipeline.scheme.awards.find((one) => one.badgeId === badgeId)?.id ?? null;
  for (const { key, assertionId } of theirs) await markAssertion(earners, key, assertionId, 'revoked');
  await ledger.apply(earner, badgeId, { type: 'revoked-by-machine' }, () =>
    journalEntry('revoked', secondsOf(clock), { earner, award, badgeId, event }),
  );
  log.warn({ earner, badge: badgeId, event }, 'award revoked: its rule is no longer met');
}
