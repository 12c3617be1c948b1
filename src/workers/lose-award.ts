import { z } from 'zod';
import type { BadgeId, EarnerKey, EventId } from '../ids.js';
import { earnerKeyOf } from '../portfolio/earner-key.js';
import { secondsOf } from '../platform/clock.js';
import { enqueue } from '../queue/enqueue.js';
import { revokeJobId } from '../queue/job-ids.js';
import { evaluate } from '../rules/evaluate.js';
import { lostByRevocation } from '../rules/loss.js';
import type { Award } from '../rules/types.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';
import { readPortfolio } from './read-portfolio.js';

/** What follows when a held award's rule is not met any more by revocation, as its `on_loss` says. */
export async function followLoss(pipeline: Pipeline, earner: EarnerKey, award: Award): Promise<void> {
  const { badgeId, onLoss } = award;
  if (onLoss === 'keep') return;
  if (onLoss === 'flag') return raiseFlag(pipeline, earner, award);
  const data = { kind: 'revoke', badgeId, earner };
  await enqueue(pipeline.queues.awards, { id: revokeJobId(earner, badgeId), name: 'revoke', data });
}

async function raiseFlag(pipeline: Pipeline, earner: EarnerKey, { id, badgeId }: Award): Promise<void> {
  const isNew = await pipeline.flags.raise({ earner, badgeId, atS: secondsOf(pipeline.clock) });
  if (isNew) pipeline.log.warn({ earner, award: id }, 'award flagged: a badge that earned it was revoked');
}

/**
 * Takes one award back through OBF, if at this instant it still is lost, and was given by us. The ledger
 * says so first: were we stopped after OBF had done it, the revocation would look like a human's, and
 * block the award. Until OBF has answered, the award counts as held; so it is not given a second time.
 */
export async function revokeAward(
  pipeline: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, queues } = pipeline;
  let record = await ledger.read(earner, badgeId);
  if (record?.state !== 'revoking') {
    const event = record?.state === 'issued' ? record.event : null;
    const mine = event !== null && (await isOurs(pipeline, event, signal));
    const award = await lostAward(pipeline, badgeId, earner);
    if (award === null) return;
    if (!mine) return raiseFlag(pipeline, earner, award);
    record = await ledger.apply(earner, badgeId, { type: 'start-revoking' });
  }
  if (record.state === 'revoking') await takeBack(pipeline, badgeId, earner, record.event, signal);
  // The rule may have been met again meanwhile, while the award still counted as held.
  await enqueueEarners(queues.earners, [earner], 'revocation');
}

/** OBF is asked who has it: the address is the one that was issued to, and once revoked is enough. */
async function takeBack(
  { portfolios, regionAccount, ledger, vault, log }: Pipeline,
  badgeId: BadgeId,
  earner: EarnerKey,
  event: EventId,
  signal: AbortSignal,
): Promise<void> {
  const recipients = await regionAccount.recipientsOf(event, signal);
  const theirs = recipients.filter(({ email }) => earnerKeyOf(vault, email) === earner);
  const valid = theirs.filter(({ revoked }) => !revoked).map(({ email }) => email);
  signal.throwIfAborted();
  if (valid.length > 0) await regionAccount.revoke(event, valid, signal);
  await ledger.apply(earner, badgeId, { type: 'revoked-by-machine' });
  for (const { assertionId } of theirs) await portfolios.markRevoked(earner, assertionId);
  log.warn({ earner, badge: badgeId, event }, 'award revoked: its rule is no longer met');
}

const ours = z.object({ by: z.literal('palier') });

/** What a human gave is not ours to take; OBF keeps our note with what we gave. */
async function isOurs({ regionAccount }: Pipeline, event: EventId, signal: AbortSignal): Promise<boolean> {
  return ours.safeParse((await regionAccount.event(event, signal)).logEntry).success;
}

async function lostAward(pipeline: Pipeline, badgeId: BadgeId, earner: EarnerKey): Promise<Award | null> {
  const { scheme, clock } = pipeline;
  const portfolio = await readPortfolio(pipeline, earner);
  const evaluation = evaluate(scheme, portfolio, secondsOf(clock));
  const lost = lostByRevocation(scheme, portfolio, evaluation);
  return scheme.awards.find((award) => award.badgeId === badgeId && lost.has(award.id)) ?? null;
}
